"""Factor labels: full grids, and columns of anything (numbers or words) made into classes with their values kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tcvae_cli.errors import printable
from tcvae_cli.files.data_set_writer import Source
from tcvae_cli.files.data_sets import Description

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Factor:
    """One column of labels."""

    name: str
    classes: Array  # (rows,) int64 in 0 .. size - 1
    values: Array  # (rows,) float64
    size: int
    class_names: tuple[str, ...] = ()  # where the labels are words


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
    """A factor from one label a row: numbers by size (also when written as words), other words by alphabet.

    `factor_of("side", ["left", "right", "left"])` has classes 0, 1, 0 and class names left and right.
    """
    words = np.asarray(column)
    if words.dtype.kind in "OSU":
        words = np.array([w.decode("utf-8", "replace") if isinstance(w, bytes) else str(w) for w in words])
    name = printable(name)
    try:
        numbers = words.astype(np.float64)
        numeric = bool(np.isfinite(numbers).all())
    except ValueError:
        numeric = False
    if numeric:
        levels, classes = np.unique(numbers, return_inverse=True)
        return Factor(name, classes.astype(np.int64), numbers, len(levels))
    levels, classes = np.unique(words, return_inverse=True)
    return Factor(
        name, classes.astype(np.int64), classes.astype(np.float64), len(levels), tuple(map(printable, levels))
    )


def grid_factors(values: dict[str, Array]) -> list[Factor]:
    """The factors of a full grid of these levels, the last factor fastest."""
    sizes = [len(levels) for levels in values.values()]
    classes = np.indices(sizes).reshape(len(sizes), -1)
    return [
        Factor(name, column, np.asarray(levels, dtype=np.float64)[column], len(levels))
        for (name, levels), column in zip(values.items(), classes, strict=True)
    ]


def labelled(
    pictures: Pictures, factors: Sequence[Factor], scored: Sequence[str] | None = None, **more: Sequence[Any]
) -> Source:
    """A source of these images with these labels; MORE is `dropped` and `notes`.

    SCORED: the factors that MIG is the mean over, by default all that vary.
    """
    factors = [replace(factor, name=printable(factor.name)) for factor in factors]
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
        **more,  # type: ignore[arg-type]  # dropped and notes
    )
