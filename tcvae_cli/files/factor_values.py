"""The values of factors beside their classes: both have to tell the same, and values may tell more."""

from collections.abc import Collection, Sequence

import numpy as np

from tcvae_cli.arrays import FEW_IMAGES, MISSING, Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.text import listed

CLASSES_BESIDE = {"values": "factors", "factor_values": "factor_classes"}  # in Codes.of, and in codes
UNEVEN = 1e-4  # of the mean step between values: what float32 leaves of even steps is less


def finite_values(name: str, values: Array, classes: Array | None, factors: Sequence[str], where: str) -> Array:
    """Return the VALUES called NAME (images, factors) as float64, NaN where the class is -1.

    A factor that is NaN throughout has classes only; CLASSES are None where values stand alone. TcvaeError for any
    other NaN, and for infinity.
    """
    found = values.astype(np.float64)
    for k, factor in enumerate(factors):
        known = np.ones(len(found), bool) if classes is None else classes[:, k] != MISSING
        found[~known, k] = np.nan
        bad = np.flatnonzero(known & ~np.isfinite(found[:, k]))
        without = classes is not None and len(bad) == known.sum() and np.isnan(found[bad, k]).all()
        if len(bad) and not without:
            fault = f"`{name}` of factor {factor} holds NaN or infinity in {len(bad):,} of {len(found):,} images"
            cure = "give labels not known the class -1"
            if classes is None:
                cure = f"add `{CLASSES_BESIDE.get(name, 'latents/classes')}`, with -1 there"
            raise TcvaeError(where, f"{fault}, first in image {bad[0]}", cure)
    return found


def refuse_disagreement(values: Array, classes: Array, factors: Sequence[str], where: str) -> None:
    """Raise TcvaeError unless each class of each factor has one value and each value one class, where there are values.

    VALUES and CLASSES are (images, factors).
    """
    cure = "give each value one class, and each class one value"
    for k, factor in enumerate(factors):
        known = ~np.isnan(values[:, k])
        found, numbers = values[known, k], classes[known, k]
        levels, places = levels_of(numbers)
        of_class = np.empty(len(levels))
        of_class[places] = found
        if len(odd := np.flatnonzero(found != of_class[places])):
            both = listed([f"{value:.17g}" for value in sorted((found[odd[0]], of_class[places[odd[0]]]))])
            raise TcvaeError(where, f"factor {factor} has the values {both} in one class, {numbers[odd[0]]}", cure)
        order = np.argsort(of_class, kind="stable")
        if len(same := np.flatnonzero(np.diff(of_class[order]) == 0)):
            both = listed([str(level) for level in levels[order[same[0] : same[0] + 2]]])
            fault = f"factor {factor} has one value, {of_class[order[same[0]]]:.17g}, in classes {both}"
            raise TcvaeError(where, fault, cure)


def levels_of(classes: Array) -> tuple[Array, Array]:
    """Return the distinct ones of some CLASSES from 0 on, ascending, and the place of each among them; small fast."""
    if len(classes) and classes.max() < len(classes):
        there = np.bincount(classes) > 0
        return np.flatnonzero(there), (np.cumsum(there) - 1)[classes]
    return np.unique(classes, return_inverse=True)


def ranks(values: Array) -> Array:
    """Return classes (images, factors) int64 for VALUES, by size from 0 on; -1 for NaN."""
    classes = np.full(values.shape, MISSING, dtype=np.int64)
    for k, column in enumerate(values.T):
        known = ~np.isnan(column)
        classes[known, k] = np.unique(column[known], return_inverse=True)[1]
    return classes


def telling(values: Array, classes: Array, factors: Sequence[str], named: Collection[str]) -> Array | None:
    """Return what VALUES (images, factors) tell beside CLASSES, NaN for factors whose classes are NAMED.

    None if all of them go in even steps through classes of several images, as those of a grid do: then a class and its
    value are one number in two units.
    """
    kept = np.where([name in named for name in factors], np.nan, values)
    return kept if any(map(tells_more, kept.T, classes.T)) else None


def tells_more(values: Array, classes: Array) -> bool:
    """Return whether the values of a factor (images,) lie unevenly, or hardly two images share a class."""
    known = ~np.isnan(values)
    found, (levels, places) = values[known], levels_of(classes[known])
    if len(levels) < 2:
        return False
    of_class = np.empty(len(levels))
    of_class[places] = found
    steps = np.diff(np.sort(of_class / 4))  # the largest may lie further apart than float64 goes
    return len(found) < FEW_IMAGES * len(levels) or bool(np.ptp(steps) > UNEVEN * steps.mean())
