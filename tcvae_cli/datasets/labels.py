"""Factor labels: full grids, and columns of anything (numbers or words) made into classes with their values kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source

EXACT = 2**53  # float64 lacks some of the whole numbers beyond


@dataclass(frozen=True)
class Factor:
    """One column of labels."""

    name: str
    classes: Array  # (rows,) int64 in 0 .. size - 1, or -1 where it is not known
    values: Array  # (rows,) float64, NaN where it is not known
    size: int
    class_names: tuple[str, ...] = ()  # where the labels are words, or numbers that float64 does not tell apart


@dataclass(frozen=True)
class Pictures:
    """The images to be labelled: what they are, and the images themselves."""

    name: str
    rows: int
    shape: tuple[int, ...]  # (H, W) or (H, W, 3)
    kind: Literal["binary", "grey", "rgb"]
    provenance: str
    blocks: Iterator[Array]


def factor_of(name: str, column: Sequence[Any] | Array) -> Factor:
    """Return a factor from one label per row: numbers by size (also when written as words), other words by alphabet.

    An empty word and NaN are labels that are not known. `factor_of("side", ["left", "right", ""])` has classes 0, 1, -1
    and class names left and right.
    """
    words = np.array(column, dtype=object if any(isinstance(label, str) for label in column) else None)
    if words.dtype.kind in "OSU":  # as objects: in an array of text each word has the room of the longest
        texts = [w.decode("utf-8", "replace") if isinstance(w, bytes) else str(w) for w in words]
        words = np.array(texts, dtype=object)
    known = words != "" if words.dtype.kind == "O" else ~np.isnan(words.astype(np.float64))
    levels, numbers, called = levels_of(words[known])
    classes, values = np.full(len(words), MISSING), np.full(len(words), np.nan)
    classes[known], values[known] = levels, numbers
    return Factor(printable(name), classes, values, int(classes.max(initial=0)) + 1, called)


def levels_of(labels: Array) -> tuple[Array, Array, tuple[str, ...]]:
    """Return class and value of each of some labels, and the names of the classes where no value tells them.

    Different numbers are different classes, whatever their size. 9007199254740992 and 9007199254740993 have one value
    in float64: these two classes are called by their numbers.
    """
    numbers = numbers_in(labels) if labels.dtype.kind == "O" else labels
    if numbers is None:
        words, classes = np.unique(labels, return_inverse=True)
        return classes, classes.astype(np.float64), tuple(map(printable, words))
    levels, classes = np.unique(numbers, return_inverse=True)
    values = levels.astype(np.float64)
    large = np.abs(values) >= EXACT
    rounded = any(int(value) != level for value, level in zip(values[large], levels[large].tolist(), strict=True))
    return classes, values[classes], tuple(map(str, levels)) if rounded or (np.diff(values) == 0).any() else ()


def numbers_in(words: Array) -> Array | None:
    """Return the numbers that words stand for, None where any is no number.

    They are float64, or Decimal where float64 might not tell two of them apart.
    """
    try:
        values = words.astype(np.float64)
        if not np.isfinite(values).all():
            return None
        different = set(words)
        if np.abs(values).max(initial=0) < EXACT and len(np.unique(values)) == len(different):
            return values
        exact = {word: Decimal(word) for word in different}
    except (ValueError, ArithmeticError):
        return None
    return np.array([exact[word] for word in words], dtype=object)


def grid_factors(values: dict[str, Array]) -> list[Factor]:
    """Return the factors of a full grid of these levels, the last factor fastest."""
    sizes = [len(levels) for levels in values.values()]
    classes = np.indices(sizes).reshape(len(sizes), -1)
    return [
        Factor(name, column, np.asarray(levels, dtype=np.float64)[column], len(levels))
        for (name, levels), column in zip(values.items(), classes, strict=True)
    ]


def labelled(
    pictures: Pictures,
    factors: Sequence[Factor],
    scored: Sequence[str] | None = None,
    dropped: Sequence[int] = (),
    notes: list[str] | None = None,
) -> Source:
    """Return a source of these images with these labels. Labels that are missing are added to NOTES.

    SCORED: the factors that MIG is the mean over, by default all that vary. Errors: TcvaeError for factors that share a
    name.
    """
    factors = [replace(factor, name=printable(factor.name)) for factor in factors]
    names = [factor.name for factor in factors]
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise TcvaeError(pictures.name, f"has several factors called {twice}", "give each a name of its own")
    notes = [] if notes is None else notes
    for factor in factors:
        if unknown := int((factor.classes == MISSING).sum()):
            notes.append(f"factor {factor.name} lacks the labels of {unknown:,} of {pictures.rows:,} images")
    varying = [factor.name for factor in factors if factor.size > 1]
    description = Description(
        name=printable(pictures.name),
        rows=pictures.rows,
        image_shape=pictures.shape,
        pixel_kind=pictures.kind,
        factor_names=tuple(factor.name for factor in factors),
        factor_sizes=tuple(factor.size for factor in factors),
        scored_factors=tuple(name for name in varying if scored is None or name in scored),
        provenance=pictures.provenance,
    )
    return Source(
        description,
        pictures.blocks,
        classes=np.stack([factor.classes for factor in factors], axis=1) if factors else None,
        values=np.stack([factor.values for factor in factors], axis=1) if factors else None,
        class_names={factor.name: factor.class_names for factor in factors if factor.class_names},
        dropped=dropped,
        notes=notes,
    )
