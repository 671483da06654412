"""Rows of an HDF5 array by number, slice, list or mask, as NumPy takes them; h5py knows only ascending ones."""

import math
import operator
from collections.abc import Iterator, Sequence

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.budget import HELD
from tcvae_cli.files.inflating import read_part

Index = int | slice | Sequence[int] | Sequence[bool] | Array
ROWS_AT_ONCE = 256  # of an array that is not stored in chunks
CURE = "give a row number, a slice, a list of row numbers, or a mask of all rows"


def chosen(index: Index, rows: int) -> int | slice | Array:
    """Return which of ROWS are meant: a number, a slice (start, stop), or numbers (count,) int64, all from 0 on.

    ArgumentError for an index of another type, or out of range.
    """
    if isinstance(index, slice):
        return chosen_slice(index, rows)
    if not isinstance(index, bool):
        try:
            return int(within(np.array([operator.index(index)]), rows)[0])  # type: ignore[arg-type]
        except TypeError:
            pass  # not one number
    try:
        numbers = np.asarray(index)
    except (TypeError, ValueError):
        raise unknown(index) from None
    if numbers.ndim == 1 and not numbers.size:
        return numbers.astype(np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iub":
        raise unknown(index)
    if numbers.dtype.kind == "b":
        if len(numbers) != rows:
            raise ArgumentError("rows", f"is a mask of {len(numbers):,} rows, and there are {rows:,}", CURE)
        return np.flatnonzero(numbers)
    return within(numbers, rows)


def chosen_slice(index: slice, rows: int) -> slice | Array:
    """Return a slice with start and stop in range, or the numbers of one that goes in other steps than 1."""
    try:
        start, stop, step = index.indices(rows)
    except (TypeError, ValueError):
        raise ArgumentError("rows", f"is {index}", "give whole numbers, and steps that are not 0") from None
    return slice(start, max(start, stop)) if step == 1 else np.arange(start, stop, step)


def within(numbers: Array, rows: int) -> Array:
    """Return row numbers (count,), those below 0 counted from the end. ArgumentError for one that is not there."""
    outside = (numbers < -rows) | (numbers >= rows)
    if outside.any():
        fault = f"there is no row {numbers[outside][0]}"
        raise ArgumentError("rows", fault, f"choose from 0 to {rows - 1}, or from -1 to {-rows}, counted from the end")
    whole = numbers.astype(np.int64)
    return np.where(whole < 0, whole + rows, whole)


def unknown(index: object) -> ArgumentError:
    """Return the error of an index that tells no rows."""
    shape = getattr(index, "shape", ())
    said = f"is an array of {getattr(index, 'dtype', '')} {list(shape)}" if shape else f"is {index!r:.40}"
    return ArgumentError("rows", said, CURE)


def read_rows(images: h5py.Dataset, wanted: int | slice | Array) -> Array:
    """Return the rows that `chosen` has returned, in its order."""
    if isinstance(wanted, int):
        row: Array = read_part(images, slice(wanted, wanted + 1))[0]
        return row
    if isinstance(wanted, slice):
        return read_part(images, wanted)
    found: Array = np.empty((len(wanted), *images.shape[1:]), images.dtype)
    for places, rows in by_chunk(images, wanted):
        found[places] = rows
    return found


def by_chunk(images: h5py.Dataset, wanted: Array) -> Iterator[tuple[Array, Array]]:
    """Yield all rows of some numbers (count,), those of each chunk together: their places among WANTED, and the rows.

    So each chunk is inflated once, and memory holds one.
    """
    order = np.argsort(wanted, kind="stable")
    ascending = wanted[order]
    at_once = min(images.chunks[0] if images.chunks else ROWS_AT_ONCE, most_rows(images))
    begins = np.flatnonzero(np.diff(ascending // at_once, prepend=-1))  # where the next chunk begins
    for places, rows in zip(np.split(order, begins[1:]), np.split(ascending, begins[1:]), strict=True):
        if len(rows):
            yield places, read_part(images, slice(int(rows[0]), int(rows[-1]) + 1))[rows - rows[0]]


def most_rows(array: h5py.Dataset) -> int:
    """Return how many rows of an array may be held at once."""
    row_bytes: int = array.dtype.itemsize * math.prod(array.shape[1:])
    return max(1, 2 * HELD // max(1, row_bytes))  # h5py makes chunks of 15,000 images of 3D Shapes, 184 MB in all


def rows_at_once(array: h5py.Dataset, rows: int) -> int:
    """Return about ROWS, but whole chunks of an array, so that each is inflated once, as far as memory holds them."""
    chunk = array.chunks[0] if array.chunks else 1
    return min(max(1, rows // chunk) * chunk, most_rows(array))
