"""Virtual data sets of HDF5, whose rows lie in other files: read if those are in the same folder.

HDF5's own reader opens whatever files their names lead to, and makes zeros of those that are missing.
"""

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.budget import RATIO, Budget
from tcvae_cli.files.hdf5 import is_hdf5, open_hdf5
from tcvae_cli.files.hdf5_arrays import SLACK, array_in
from tcvae_cli.files.inflating import check_chunks, unpacked_size
from tcvae_cli.files.streams import UnreadableError, binary_input, display_name, reading

MOST_PIECES = 100_000
MOST_OPEN = 16  # files
CURE = "store the numbers in one array"


@dataclass(frozen=True)
class Piece:
    """Some rows of a virtual data set, and where they are stored."""

    rows: range
    columns: tuple[slice, ...]  # of the other axes
    path: str  # of the file; empty for the file of the data set itself
    array: str
    space: h5py.h5s.SpaceID  # what of the array

    def source_rows(self, array: h5py.Dataset, first: int, last: int, budget: Budget) -> Array | None:
        """Return what belongs to the rows of this piece from number FIRST up to LAST, None if that is no simple box."""
        box = box_of(self.space, array.shape)
        width = math.prod(len(range(1 << 62)[part]) for part in self.columns)
        if box is None or math.prod(map(len, box)) != len(self.rows) * width:
            return None
        if len(self.rows) > 1:
            if len(box[0]) != len(self.rows):
                return None
            box = (box[0][first:last], *box[1:])
        part = slice(box[0].start, box[0].stop)
        budget.take(unpacked_size(array, part))
        check_chunks(array, part)
        found = np.asarray(array[tuple(map(slice_of, box))])
        return found.reshape(last - first, *(len(range(1 << 62)[part]) for part in self.columns))


@dataclass
class Sources:
    """The files that hold the numbers, a few of them open at once."""

    own: h5py.File
    opened: dict[str, h5py.File] = field(default_factory=dict)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def array(self, piece: Piece, dtype: np.dtype[np.generic]) -> h5py.Dataset:
        """Return the array that a piece is stored in. Errors: TcvaeError naming its file, or UnreadableError."""
        if not piece.path:
            found = array_in(self.own, piece.array)
        else:
            with reading(piece.path, "make it again"):
                found = array_in(self.file(piece.path), piece.array)
        if found is None or found.shape is None or not np.can_cast(found.dtype, dtype, "safe"):
            where = display_name(piece.path) if piece.path else "the file itself"
            raise UnreadableError(f"holds a virtual data set, and {where} has no {dtype} array {piece.array:.80}", CURE)
        return found

    def file(self, path: str) -> h5py.File:
        """Return an open file."""
        if path not in self.opened:
            if len(self.opened) == MOST_OPEN:
                self.stack.close()
                self.opened.clear()
            stream = self.stack.enter_context(binary_input(path, "HDF5"))
            if not is_hdf5(stream):
                raise TcvaeError(path, "is not an HDF5 file", "make it again")
            self.opened[path] = self.stack.enter_context(open_hdf5(stream))
        return self.opened[path]


def virtual_blocks(dataset: h5py.Dataset, path: str, rows: int) -> Callable[[], Iterator[Array]]:
    """Return how to read a virtual data set of the file PATH in order, ROWS at once; what is mapped to no file is fill.

    Raises UnreadableError where its sources are not in the folder of the file, or not mapped in simple boxes.
    """
    pieces = [piece_of(mapped, dataset.shape, path) for mapped in dataset.virtual_sources()[: MOST_PIECES + 1]]
    stored = sum(os.path.getsize(source or path) for source in {piece.path for piece in pieces})
    if len(pieces) > MOST_PIECES or dataset.nbytes > stored * RATIO + SLACK or dataset.dtype.hasobject:
        raise UnreadableError("holds a virtual data set that claims more than its sources can hold", CURE)
    pieces.sort(key=lambda piece: piece.rows.start)

    def blocks() -> Iterator[Array]:
        sources, budget = Sources(dataset.file), Budget(path, stored)
        with sources.stack:
            for start in range(0, len(dataset), rows):
                stop = min(start + rows, len(dataset))
                block = np.full((stop - start, *dataset.shape[1:]), dataset.fillvalue, dataset.dtype)
                for piece in pieces:
                    first, last = (len(range(piece.rows.start, edge, piece.rows.step)) for edge in (start, stop))
                    first, last = min(first, len(piece.rows)), min(last, len(piece.rows))
                    if first < last:
                        found = piece.source_rows(sources.array(piece, dataset.dtype), first, last, budget)
                        if found is None:
                            raise UnreadableError(
                                "holds a virtual data set whose sources do not fit into it as boxes", CURE
                            )
                        there = piece.rows[first:last]
                        block[(slice(there.start - start, there.stop - start, there.step), *piece.columns)] = found
                yield block

    return blocks


def piece_of(mapped: Any, shape: tuple[int, ...], path: str) -> Piece:
    """Return one mapping of a virtual data set as a piece."""
    box = box_of(mapped.vspace, shape)
    if box is None or any(r.stop > n + r.step - 1 for r, n in zip(box, shape, strict=True)):
        raise UnreadableError("holds a virtual data set that is not made of boxes of fixed sizes", CURE)
    own = mapped.file_name in (".", "")
    source = "" if own else beside(path, mapped.file_name)
    return Piece(box[0], tuple(map(slice_of, box[1:])), source, mapped.dset_name, mapped.src_space)


def beside(path: str, name: str) -> str:
    """Return the path of the source NAME of the file PATH: one in its folder or below it. Others are refused.

    Of an absolute path the last part counts, as HDF5 too looks for it beside the file.
    """
    if path == "-":
        raise UnreadableError("holds a virtual data set, whose sources are not beside stdin", "name the file")
    folder = os.path.dirname(os.path.realpath(path))
    found = os.path.realpath(os.path.join(folder, os.path.basename(name) if os.path.isabs(name) else name))
    if not is_below(folder, found):
        raise UnreadableError(f"holds a virtual data set with a source outside of its folder ({name:.80})", CURE)
    if not os.path.isfile(found):
        raise UnreadableError(f"holds a virtual data set, and its source {name:.80} is not beside it", "put it there")
    return found


def is_below(folder: str, path: str) -> bool:
    """Tell whether a path leads into a folder, both of them in full."""
    try:
        return os.path.commonpath([folder, path]) == folder
    except ValueError:  # of another drive
        return False


def box_of(space: h5py.h5s.SpaceID, shape: tuple[int, ...]) -> tuple[range, ...] | None:
    """Return what a selection of an array of SHAPE takes of each axis, None if that is no box of a fixed size."""
    kind = space.get_select_type()
    if kind == h5py.h5s.SEL_ALL:
        return tuple(map(range, shape))
    if kind != h5py.h5s.SEL_HYPERSLABS or not space.is_regular_hyperslab():
        return None
    box = []
    for start, stride, count, block in zip(*space.get_regular_hyperslab(), strict=True):
        if not 0 < count * block < 1 << 62 or (count > 1 and block not in (1, stride)):
            return None
        step = stride if block == 1 and count > 1 else 1
        box.append(range(start, start + count * block * step, step))
    return tuple(box) if len(box) == len(shape) else None


def slice_of(numbers: range) -> slice:
    """Return ascending numbers as a slice."""
    return slice(numbers.start, numbers.stop, numbers.step)
