"""How criteria order the same runs, what order they have in common, and how far each agrees with a measure of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.results.estimates import FISHER, LEAST_RUNS, Estimate, estimate
from tcvae_cli.results.ranks import middle_ranks
from tcvae_cli.results.statistics import spearman


@dataclass(frozen=True)
class Criterion:
    """A number by which runs can be chosen without labels: docs/measures.md says why it may point that way."""

    name: str
    estimator: str  # its id
    higher: bool | None  # whether the higher number is the better one; None where the literature does not say


CRITERIA = (
    Criterion("udr", "spearman", True),  # Duan et al. 2020
    Criterion("total_correlation", "exact", False),  # Chen et al. 2018, figure 4
    Criterion("elbo", "one-sample", True),  # against latents that give up: these have no TC, and agree
    Criterion("active_latents", "variance-share", None),
    Criterion("effective_latents", "kl-perplexity", None),
)


def preferred(values: Sequence[float] | Array, higher: bool | None) -> Array:
    """Return values of which a higher one is preferred; where nobody says which is better, as they are."""
    given = np.asarray(values, dtype=np.float64)
    return -given if higher is False else given


def ranks_of(values: Sequence[float] | Array, higher: bool) -> Array:
    """Return the rank of each value, 1 the best; equal ones share the middle of theirs: 5, 9, 5 have 2.5, 1, 2.5."""
    return middle_ranks(-preferred(values, higher))


def mean_ranks(columns: Mapping[str, Sequence[float]]) -> tuple[dict[str, Array], Array]:
    """Return the ranks by each criterion (run,), of those named by COLUMNS, and the mean of these ranks (run,)."""
    ways = {criterion.name: criterion.higher for criterion in CRITERIA if criterion.higher is not None}
    ranks = {name: ranks_of(values, ways[name]) for name, values in columns.items()}
    return ranks, np.mean(list(ranks.values()), axis=0)


def agreement(values: Array, others: Sequence[float], repetitions: Sequence[object]) -> Estimate | None:
    """Return Spearman's correlation of two numbers over runs, None of fewer than LEAST_RUNS.

    REPETITIONS name what each run belongs to that is independent of the rest, such as its seed: runs of one seed start
    from the same weights and see the same images. The interval leaves out one of these after the other, and needs
    LEAST_RUNS of them.
    """
    if len(values) < LEAST_RUNS:
        return None
    known = list(dict.fromkeys(repetitions))
    own, measured = np.array([known.index(one) for one in repetitions]), np.asarray(others)

    def correlation(groups: list[Array]) -> float:
        kept = np.isin(own, groups[0])
        return spearman(values[kept], measured[kept])

    return estimate(correlation, [list(range(len(known)))], scale=FISHER)
