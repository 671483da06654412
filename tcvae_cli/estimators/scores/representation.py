"""What the older measures look at: the means of the active latents, and fair draws of images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.arrays import FEW_IMAGES, MISSING, Array
from tcvae_cli.estimators.activity import active_latents


@dataclass(frozen=True)
class Representation:
    """Standardised means of active latents (data, active), classes from 0 (data, factor), -1 if missing, and p(n)."""

    means: Array
    classes: Array
    probability: Array
    active: Array  # which of the latents these are: (active,)
    numbers: Array  # standardised values, else classes as numbers: (data, factor) float64; NaN if missing
    real: Array  # whether a factor has values, and classes of so few images that these tell nothing: (factor,)


@dataclass(frozen=True)
class Plan:
    """How much to draw. Every measure starts its own generator from the seed, so they do not depend on each other."""

    per_vote: int = 64  # L: images, or pairs of images, that make one vote
    train: int = 10_000  # votes or images to learn from
    test: int = 5_000  # votes or images to score on
    bins: int = 20
    seed: int = 0

    def generator(self) -> np.random.Generator:
        """Return a fresh generator."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Score:
    """The number a measure is known by, and what else it says by name."""

    score: float
    parts: dict[str, Any]


def represent(
    mean: Array,
    log_std: Array,
    classes: Array,
    probability: Array,
    share: float = ACTIVE_SHARE,
    values: Array | None = None,
) -> Representation:
    """Keep the means of the latents that are active by SHARE, and standardise them.

    Rows that are never drawn (p(n) = 0) are dropped. VALUES of the factors (data, factor) are NaN throughout for those
    that have classes only.
    """
    drawn = probability > 0
    values = np.full(classes.shape, np.nan)[drawn] if values is None else values[drawn]
    mean, log_std, classes, probability = (a[drawn] for a in (mean, log_std, classes, probability))
    probability = probability / probability.sum()
    centred = mean.astype(float) - probability @ mean.astype(float)
    spread = probability @ centred**2
    weight = torch.from_numpy(probability)
    active = (
        active_latents(torch.from_numpy(mean), torch.from_numpy(log_std), weight, share).nonzero().squeeze(1).numpy()
    )
    numbered = np.stack([number(column) for column in classes.T], axis=1)
    numbers, valued = np.where(numbered == MISSING, np.nan, numbered), ~np.isnan(values).all(0)
    for k in np.flatnonzero(valued):
        numbers[:, k] = standardised(values[:, k], probability)
    few = (numbered != MISSING).sum(0) < FEW_IMAGES * (numbered.max(0) + 1)
    return Representation(
        centred[:, active] / np.sqrt(spread[active]), numbered, probability, active, numbers, valued & few
    )


def standardised(values: Array, probability: Array) -> Array:
    """Return VALUES, which are NaN where one is missing, of mean 0 and variance 1 by p(n); exact for any unit."""
    known = ~np.isnan(values)
    weight = probability[known] / probability[known].sum()
    exponent = int(np.frexp(np.abs(values[known]).max())[1])
    found = np.full(values.shape, np.nan)
    centred = np.ldexp(values[known], -exponent)  # squares of the largest and the least numbers are none in float64
    centred -= weight @ centred
    found[known] = centred / (np.sqrt(weight @ centred**2) or 1.0)
    return found


def number(column: Array) -> Array:
    """Return the classes as 0, 1, ... in their order; -1, a missing label, stays."""
    known, numbered = column != MISSING, np.full(column.shape, MISSING, dtype=np.int64)
    numbered[known] = np.unique(column[known], return_inverse=True)[1]
    return numbered


def split(given: Representation, factor: int, plan: Plan) -> tuple[Array, Array]:
    """Return the rows to learn from and rows to test on, disjoint, of those whose class of FACTOR is known.

    Without replacement where p(n) is uniform, else drawn by it. Few images are shared out in the plan's proportion.
    """
    generator = plan.generator()
    train, test = pools(given, factor, plan, generator)
    if is_uniform(given):
        return train[: plan.train], test[: plan.test]
    drawn = (
        generator.choice(pool, size=size, p=given.probability[pool] / given.probability[pool].sum())
        for pool, size in ((train, plan.train), (test, plan.test))
    )
    return next(drawn), next(drawn)


def learnt_once(given: Representation, factor: int, plan: Plan) -> Array:
    """Return rows to learn from as split does, but none twice: where p(n) is not uniform, kept in proportion to it."""
    generator = plan.generator()
    rows, _ = pools(given, factor, plan, generator)
    chance = given.probability[rows]
    kept: Array = rows[generator.random(len(rows)) * chance.max() < chance]
    return kept[: plan.train]


def is_uniform(given: Representation) -> bool:
    """Tell whether each image is as likely as any other."""
    return bool(given.probability.min() == given.probability.max())


def pools(given: Representation, factor: int, plan: Plan, generator: np.random.Generator) -> tuple[Array, Array]:
    """Return, in random order, the rows from which those to learn from and those to test on are taken."""
    rows = generator.permutation(np.flatnonzero(given.classes[:, factor] >= 0))
    wanted = plan.train + plan.test
    enough = is_uniform(given) and len(rows) >= wanted
    first = plan.train if enough else round(len(rows) * plan.train / wanted)
    train, test = np.split(rows, [min(max(first, 1), len(rows) - 1)])
    return train, test


def majority(answers: Array) -> int:
    """Return the commonest class, the smallest of equals."""
    return int(np.bincount(answers).argmax())


def accuracy(model: Any, train: tuple[Array, Array], test: tuple[Array, Array]) -> float:
    """Return the share of right answers on TEST of a classifier trained on TRAIN; both are (features, classes).

    Where there is nothing to learn from, no feature or one class, the answer is the commonest class.
    """
    if train[0].shape[1] == 0 or len(np.unique(train[1])) < 2:
        return float((test[1] == majority(train[1])).mean())
    return float(model.fit(*train).score(*test))


def r2(wanted: Array, answers: Array) -> float:
    """Return the share of the variance of what is WANTED (test,) that some ANSWERS explain, not below 0."""
    spread = ((wanted - wanted.mean()) ** 2).sum()
    error = ((answers - wanted) ** 2).sum()
    return max(0.0, 1 - float(error / spread)) if spread > 0 else 0.0
