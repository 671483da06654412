"""What of an HDF5 file may be read: arrays that are stored in it, of a size that it can hold."""

import contextlib
import math
from collections.abc import Iterator

import h5py

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name

MOST_RATIO = 1100  # deflate makes at most 1032 bytes of one
SLACK = 1 << 20  # bytes: small arrays that are all fill value
MOST_CHUNK = 1 << 28  # bytes, which HDF5 holds at once


@contextlib.contextmanager
def reading_hdf5(path: str) -> Iterator[None]:
    """Whatever h5py raises on a damaged file, as one line. Only reading may stand inside."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError):
        fault = "is damaged or cut short (HDF5 cannot read it)"
        raise TcvaeError(display_name(path), fault, "copy or prepare it again") from None


def array_in(file: h5py.File, name: str) -> h5py.Dataset | None:
    """The array called NAME, None where there is none, or only a way into another file.

    Raises ValueError for an array that claims more numbers than a file of this size can hold.
    """
    place, parts = "", name.strip("/").split("/")
    for part in parts:
        place = f"{place}/{part}"
        if place not in file or not isinstance(file.get(place, getlink=True), h5py.HardLink):
            return None
    found = file[place]
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        return None
    if found.shape is not None:
        item = found.dtype.itemsize
        if math.prod(found.shape) * item > file.id.get_filesize() * MOST_RATIO + SLACK:
            raise ValueError("claims more than the file can hold")
        if found.chunks and math.prod(found.chunks) * item > MOST_CHUNK:
            raise ValueError("its chunks are too large")
    return found
