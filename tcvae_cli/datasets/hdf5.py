"""Arrays out of an HDF5 file that is not ours, in blocks of whole chunks."""

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import h5py
import numpy as np
import numpy.typing as npt

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name

Array = npt.NDArray[Any]
MAGIC = b"\x89HDF\r\n\x1a\n"
MOST_BYTES = 1 << 27  # in memory at once


def open_hdf5(stream: BinaryIO) -> h5py.File:
    """The file in a seekable stream. Raises what h5py raises."""
    return h5py.File(stream, "r")


def dataset_of(file: h5py.File, name: str, path: str) -> h5py.Dataset | None:
    """An array of the file, None where there is none. A link into another file is not followed.

    TcvaeError naming PATH for chunks so large that memory could not hold one: HDF5 inflates them whole.
    """
    if isinstance(file.get(name, getlink=True), h5py.ExternalLink):
        return None
    found = file.get(name)
    stored_here = isinstance(found, h5py.Dataset) and not found.external and not found.is_virtual
    if not stored_here:
        return None
    if found.chunks and (size := math.prod(found.chunks) * found.dtype.itemsize) > MOST_BYTES:
        raise TcvaeError(display_name(path), f"stores `{name}` in chunks of {size:,} bytes", "write it in smaller ones")
    return found


def read_blocks(images: h5py.Dataset, rows: int) -> Iterator[Array]:
    """All rows in order: about ROWS at a time, but whole chunks of the file, so that each is inflated once."""
    step = images.chunks[0] if images.chunks else rows
    row_bytes = images.dtype.itemsize * int(np.prod(images.shape[1:]))
    step = max(1, min(-(-rows // step) * step, MOST_BYTES // row_bytes))
    for start in range(0, len(images), step):
        yield np.asarray(images[start : start + step])
