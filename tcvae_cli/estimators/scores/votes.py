"""Votes: images that share the value of one factor, as the measures of Higgins et al. and Kim & Mnih draw them."""

from collections.abc import Callable, Iterator

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation

BLOCK_ROWS = 1 << 18  # images looked up at once


def draw_votes(
    given: Representation, plan: Plan, count: int, generator: np.random.Generator, pairs: bool
) -> Iterator[tuple[int, Array, Array]]:
    """Draw COUNT votes: for each factor its index and the rows of two images for every vote and draw, (votes, L) each.

    Factors are equally likely. The images of a draw share the factor's value, which is that of an image drawn by p(n).
    With PAIRS each draw has a value of its own (Higgins), else all images of a vote share one (Kim & Mnih) and the
    second array repeats the first.
    """
    chosen = generator.integers(given.classes.shape[1], size=count)
    for factor in range(given.classes.shape[1]):
        draw = same_value(given, factor)
        votes = int((chosen == factor).sum())
        step = max(1, BLOCK_ROWS // plan.per_vote)
        for start in range(0, votes, step):
            shape = (min(step, votes - start), plan.per_vote)
            value = generator.random((shape[0], shape[1] if pairs else 1))
            first = draw(value, generator.random(shape))
            yield factor, first, draw(value, generator.random(shape)) if pairs else first


def same_value(given: Representation, factor: int) -> Callable[[Array, Array], Array]:
    """Return a function of two arrays of uniform numbers, which choose a value by its frequency, and an image."""
    labelled = np.flatnonzero(given.classes[:, factor] >= 0)
    rows = labelled[np.argsort(given.classes[labelled, factor], kind="stable")]
    cumulative = np.cumsum(given.probability[rows])
    _, sizes = np.unique(given.classes[rows, factor], return_counts=True)
    last = np.cumsum(sizes) - 1  # place of each value's last row
    edges = np.concatenate([[0.0], cumulative[last]])

    def draw(value: Array, image: Array) -> Array:
        group = np.minimum(np.searchsorted(edges[1:], value * edges[-1], side="right"), len(sizes) - 1)
        mass = edges[group] + image * (edges[group + 1] - edges[group])
        place = np.searchsorted(cumulative, mass, side="right")
        chosen: Array = rows[np.clip(place, last[group] - sizes[group] + 1, last[group])]
        return chosen

    return draw
