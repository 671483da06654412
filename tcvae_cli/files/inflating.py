"""Rows of a compressed HDF5 array, its chunks inflated by several threads: HDF5 itself inflates with one."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np

from tcvae_cli import machine
from tcvae_cli.arrays import Array

MOST_THREADS = 4


def inflate_rows(array: h5py.Dataset, part: slice) -> Array | None:
    """Return rows PART of an array of bytes.

    None where HDF5 has to read it: other filters than deflate alone, chunks that are no whole rows, one chunk only, and
    whatever is not stored or is damaged, of which HDF5 then says what it says.
    """
    if None in (part.start, part.stop) or part.step is not None or not is_deflated_by_rows(array):
        return None
    each = array.chunks[0]
    first = part.start // each * each
    starts = range(first, part.stop, each)
    threads = min(MOST_THREADS, len(starts), machine.threads())
    if threads < 2:
        return None
    shape = (each, *array.shape[1:])
    size = int(np.prod(shape))
    rows = np.empty((len(starts) * each, *array.shape[1:]), dtype=np.uint8)

    def inflate(place: int, stored: bytes) -> bool:
        inflater = zlib.decompressobj()
        content = inflater.decompress(stored, size + 1)  # never more than a chunk holds
        if len(content) != size or not inflater.eof:
            return False
        rows[place : place + each] = np.frombuffer(content, dtype=np.uint8).reshape(shape)
        return True

    try:
        with ThreadPoolExecutor(threads) as pool:
            inflating = []
            for start in starts:  # HDF5 reads in this thread: it knows no other way
                mask, stored = array.id.read_direct_chunk((start,) + (0,) * (array.ndim - 1))
                if mask:
                    return None
                inflating.append(pool.submit(inflate, start - first, stored))
            if not all(one.result() for one in inflating):
                return None
    except (zlib.error, OSError, RuntimeError, ValueError, MemoryError):  # the last for a chunk that is not stored
        return None
    return rows[part.start - first : part.stop - first]


def is_deflated_by_rows(array: h5py.Dataset) -> bool:
    """Return whether its chunks are whole rows of bytes, deflated and nothing else."""
    if array.dtype != np.uint8 or not array.chunks or array.chunks[1:] != array.shape[1:]:
        return False
    filters = array.id.get_create_plist()
    return bool(filters.get_nfilters() == 1 and filters.get_filter(0)[0] == h5py.h5z.FILTER_DEFLATE)
