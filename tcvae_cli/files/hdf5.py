"""Open an HDF5 file, which its own library may not survive."""

import contextlib
import os
from typing import BinaryIO

import h5py

from tcvae_cli.files.hdf5_trial import Rehearsal, nothing, survives
from tcvae_cli.files.streams import reading

MAGIC = b"\x89HDF\r\n\x1a\n"  # how every file begins, or goes on behind a block of its user's
USER_BLOCK = 512  # bytes, or that doubled some times: MATLAB's files have one


def reading_hdf5(path: str) -> contextlib.AbstractContextManager[None]:
    """Turn whatever h5py raises on a damaged file into one line. Only reading may stand inside."""
    return reading(path, "copy or prepare it again", "is damaged or cut short (HDF5 cannot read it)")


def is_hdf5(stream: BinaryIO) -> bool:
    """Return whether a seekable stream holds an HDF5 file, maybe behind a user block. It is left at its start."""
    size, place, found = stream.seek(0, os.SEEK_END), 0, False
    while not found and place < size:
        stream.seek(place)
        found, place = stream.read(len(MAGIC)) == MAGIC, max(USER_BLOCK, 2 * place)
    stream.seek(0)
    return found


def open_hdf5(stream: BinaryIO, rehearsal: Rehearsal = nothing) -> h5py.File:
    """Return the HDF5 file in a seekable stream.

    Raises what h5py raises, and OSError where HDF5 itself hangs or crashes.

    REHEARSAL is what will be done with the file beside reading arrays: their numbers are only inflated. It is a
    function of a module, which another process can import.
    """
    if not survives(stream, rehearsal):
        raise OSError("HDF5 does not survive this file")
    return h5py.File(stream, "r")
