"""Rows of a compressed HDF5 array, its chunks inflated here: HDF5 does it in one thread, and as far as a chunk goes on.

HDF5 inflates what a chunk holds to its end, gigabytes where a file is made for that, before it looks at the size.
"""

import itertools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h5py
import numpy as np
from h5py.h5z import FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_SHUFFLE

from tcvae_cli import machine
from tcvae_cli.arrays import Array
from tcvae_cli.files.budget import HELD
from tcvae_cli.files.streams import UnreadableError

try:  # the same functions, which inflate the images of dSprites twenty times as fast
    from zlib_ng import zlib_ng as zlib
except ImportError:
    import zlib

MOST_THREADS = 4
SLACK = 1 << 12  # bytes that other filters may add to a chunk before it is deflated
OURS = ((FILTER_DEFLATE,), (FILTER_SHUFFLE, FILTER_DEFLATE))


def read_part(array: h5py.Dataset, part: slice) -> Array:
    """Return rows PART of an array, which has a start and a stop. Raises UnreadableError for a chunk that lies."""
    found = inflate_rows(array, part)
    if found is None:
        check_chunks(array, part)
        found = np.asarray(array[part])
    return found


def inflate_rows(array: h5py.Dataset, part: slice) -> Array | None:
    """Return rows PART of an array of numbers.

    None where HDF5 has to read it: other filters than deflate, also behind shuffle, and whatever is not stored or is
    damaged, of which HDF5 then says what it says.
    """
    if filters_of(array) not in OURS or not array.id.get_type().equal(h5py.h5t.py_create(array.dtype)):
        return None
    size = math.prod(array.chunks) * array.dtype.itemsize
    rows: Array = np.empty((max(0, part.stop - part.start), *array.shape[1:]), array.dtype)

    def place(start: tuple[int, ...], stored: bytes) -> bool:
        content = inflated(stored, size)
        if content is None or len(content) != size:
            return False
        chunk = unshuffled(content, array)
        here = [slice(a, min(a + c, n)) for a, c, n in zip(start, array.chunks, array.shape, strict=True)]
        here[0] = slice(max(start[0], part.start), min(start[0] + array.chunks[0], part.stop))
        there = tuple(slice(s.start - a, s.stop - a) for s, a in zip(here, start, strict=True))
        rows[(slice(here[0].start - part.start, here[0].stop - part.start), *here[1:])] = chunk[there]
        return True

    try:
        with ThreadPoolExecutor(max(1, min(MOST_THREADS, machine.threads(), HELD // size))) as pool:
            placing = []
            for start in chunks_of(array, part):  # HDF5 reads in this thread: it knows no other way
                mask, stored = array.id.read_direct_chunk(start)
                if mask:
                    return None
                placing.append(pool.submit(place, start, stored))
            return rows if all(one.result() for one in placing) else None
    except (zlib.error, OSError, RuntimeError, ValueError, MemoryError):  # the last for a chunk that is not stored
        return None


def unshuffled(content: bytes, array: h5py.Dataset) -> Array:
    """Return what a chunk inflates to as an array. The filter shuffle puts the first bytes of all numbers first."""
    item = array.dtype.itemsize
    if item > 1 and filters_of(array)[0] == FILTER_SHUFFLE:
        content = np.frombuffer(content, np.uint8).reshape(item, -1).T.tobytes()
    chunk: Array = np.frombuffer(content, array.dtype).reshape(array.chunks)
    return chunk


def check_chunks(array: h5py.Dataset, part: slice) -> None:
    """Refuse chunks of rows PART that inflate to more than a chunk holds, before HDF5 inflates them."""
    filters = filters_of(array)
    if FILTER_DEFLATE not in filters:
        return
    size = math.prod(array.chunks) * array.dtype.itemsize + SLACK
    for start in chunks_of(array, part):
        try:
            _, stored = array.id.read_direct_chunk(start)
            content = inflated(stored[: -4 if filters[-1] == FILTER_FLETCHER32 else None], size)
        except (zlib.error, OSError, RuntimeError, ValueError, MemoryError):  # HDF5 says what is wrong with it
            continue
        if content is None:
            raise UnreadableError(
                f"`{array.name[1:]}` has a chunk that inflates to more than it holds", "write it again"
            )


def inflated(stored: bytes, size: int) -> bytes | None:
    """Return what a deflated chunk holds, None if that is more than SIZE bytes or is not all. Raises zlib.error."""
    inflater = zlib.decompressobj()
    content = inflater.decompress(stored, size + 1)
    return content if len(content) <= size and inflater.eof else None


def chunks_of(array: h5py.Dataset, part: slice) -> Iterator[tuple[int, ...]]:
    """Yield where each chunk that holds any of rows PART begins."""
    first = part.start // array.chunks[0] * array.chunks[0]
    others = (range(0, n, c) for n, c in zip(array.shape[1:], array.chunks[1:], strict=True))
    return itertools.product(range(first, part.stop, array.chunks[0]), *others)


def unpacked_size(array: h5py.Dataset, part: slice) -> int:
    """Return how many bytes are unpacked to read rows PART of an array: whole chunks, if it has some."""
    counts = [part.stop - part.start, *array.shape[1:]]
    if array.chunks:
        counts = [-(-n // c) * c for n, c in zip(counts, array.chunks, strict=True)]
        counts[0] = -(-part.stop // array.chunks[0]) * array.chunks[0] - part.start // array.chunks[0] * array.chunks[0]
    size: int = math.prod(counts) * array.dtype.itemsize
    return size


def filters_of(array: h5py.Dataset) -> tuple[Any, ...]:
    """Return the numbers of the filters that chunks went through, in order."""
    filters = array.id.get_create_plist()
    return tuple(filters.get_filter(k)[0] for k in range(filters.get_nfilters())) if array.chunks else ()
