"""Factors of real values cut into bins, for measures that need several images of each class."""

import numpy as np

from tcvae_cli.arrays import MISSING, Array


def binned(classes: Array, bins: int, probability: Array | None = None) -> Array:
    """Return the classes (N, K) int64 of factors, those of more than BINS cut into bins of equal count, in order.

    Only the order of classes counts, so that values and their ranks are cut alike. A class lies in one bin, that of its
    middle. PROBABILITY is p(n), 1/N for all if None; images without a label stay so. Of five images, whose classes are

    >>> binned(np.array([[7], [1], [-1], [3], [9]]), 2).ravel().tolist()
    [1, 0, -1, 0, 1]
    """
    return np.stack([binned_column(column, bins, probability) for column in classes.T], axis=1)


def binned_column(column: Array, bins: int, probability: Array | None) -> Array:
    """Return the bin of each class of one factor (N,), or the classes where they are no more than BINS."""
    known = column != MISSING
    counted = known if probability is None else known & (probability > 0)
    levels, places = np.unique(column[counted], return_inverse=True)
    if len(levels) <= bins:
        return column
    # Whole numbers where p(n) is uniform: the middle of a class may lie on the edge of two bins.
    share = None if probability is None else probability[counted].astype(np.float64)
    weight = np.bincount(places, share)
    twice_middle = 2 * np.cumsum(weight) - weight
    of_level = np.minimum(bins * twice_middle // (2 * weight.sum()), bins - 1).astype(np.int64)
    found = np.full(len(column), MISSING, dtype=np.int64)
    found[known] = of_level[np.searchsorted(levels, column[known]).clip(max=len(levels) - 1)]
    return found
