"""Arrays out of an npz or npy file as a stream: nothing is unpickled, and memory holds one block."""

import contextlib
import math
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.bounded import PIECE, Readable, exactly, open_zip
from tcvae_cli.files.budget import check_unpacked
from tcvae_cli.files.streams import writing

HEADER = 1 << 16  # bytes, of an npy file


@dataclass(frozen=True)
class Layout:
    """What the header of an npy file says."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    columns_first: bool


class Header:
    """The start of an npy file, which cannot make NumPy read gigabytes by saying that it is so long."""

    def __init__(self, member: Readable) -> None:
        self.member = member

    def read(self, size: int = -1, /) -> bytes:
        """Return the next SIZE bytes. Raises ValueError where no header is so long."""
        if not 0 <= size <= HEADER:
            raise ValueError("a header that long")
        return self.member.read(size)


def members(stream: BinaryIO, path: str) -> tuple[zipfile.ZipFile, list[str]]:
    """Return an npz and the names of its arrays. Raises what `open_zip` raises."""
    archive = open_zip(stream, path)
    return archive, [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def read_layout(member: Readable) -> Layout:
    """Return the header at the start of an npy file, which is left behind it. Raises ValueError where it is none."""
    start = Header(member)
    old = np.lib.format.read_magic(start) == (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 2 wrote shapes as (737280L, 64L, 64L)
        read_header = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, columns_first, dtype = read_header(start)
    if min(shape, default=0) < 0:
        raise ValueError("a negative length")
    return Layout(tuple(shape), dtype, bool(columns_first) and len(shape) > 1)


def read_blocks(member: Readable, layout: Layout, rows: int, last: bool = True) -> Iterator[Array]:
    """Yield the array behind a header, ROWS rows at a time.

    Raises ValueError where the file is shorter, or longer although the array is its LAST.

    Reading past the end also checks a zip's checksum. An array stored by columns (Fortran order) goes through a
    temporary file, since each of its rows lies all over it.
    """
    if layout.columns_first:
        yield from read_by_columns(member, layout, rows)
        return
    row_bytes = layout.dtype.itemsize * int(np.prod(layout.shape[1:], dtype=np.int64))
    for start in range(0, layout.shape[0], rows):
        count = min(rows, layout.shape[0] - start)
        content = exactly(member, count * row_bytes)
        if last and start + count == layout.shape[0] and member.read(1):
            raise ValueError("longer than its header says")
        yield np.frombuffer(content, layout.dtype).reshape(count, *layout.shape[1:])


def read_by_columns(member: Readable, layout: Layout, rows: int) -> Iterator[Array]:
    """Do what `read_blocks` does, of an array whose first axis is the fastest."""
    size = layout.dtype.itemsize * int(np.prod(layout.shape, dtype=np.int64))
    folder = tempfile.gettempdir()
    with tempfile.TemporaryFile() as spool:
        left = size
        while left and (piece := member.read(min(PIECE, left))):
            with writing(folder):
                spool.write(piece)
            left -= len(piece)
        if left or member.read(1):
            raise ValueError("another length than its header says")
        with writing(folder):
            spool.flush()
        stored = np.memmap(spool, layout.dtype, "r", shape=layout.shape, order="F")
        for start in range(0, layout.shape[0], rows):
            yield np.ascontiguousarray(stored[start : start + rows])


def read_whole(member: Readable, layout: Layout, most: int) -> Array:
    """Return an array of up to MOST bytes. Raises ValueError beyond."""
    if layout.dtype.itemsize * int(np.prod(layout.shape, dtype=np.int64)) > most:
        raise ValueError("too large for what it is")
    return np.concatenate([np.empty((0, *layout.shape[1:]), layout.dtype), *read_blocks(member, layout, PIECE)])


@contextlib.contextmanager
def npy_of(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[Readable, Layout]]:
    """Open an array of an npz, and read its header."""
    with archive.open(f"{name}.npy") as member:
        layout = read_layout(member)
        check_unpacked(name, layout.dtype.itemsize * math.prod(layout.shape), archive.start_dir)  # where its files end
        yield member, layout
