"""What of an HDF5 file may be read: arrays that are stored in it, of a size that it can hold."""

import contextlib
import importlib
import math
from collections.abc import Iterator

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.budget import HELD, RATIO, check_unpacked, most_held
from tcvae_cli.files.inflating import check_chunks, filters_of
from tcvae_cli.files.rows import most_rows
from tcvae_cli.files.streams import UnreadableError

SLACK = 1 << 20  # bytes: small arrays that are all fill value
TEXTS = 1024  # read at once
MOST_LETTERS = 1 << 28  # of all texts of an array
MOST_LINKS = 16  # one behind the other, as many as HDF5 itself follows
PLUG_INS = {  # the filters of the package hdf5plugin, by the numbers that The HDF Group has given them
    307: "bzip2",
    32001: "Blosc",
    32004: "LZ4",
    32008: "Bitshuffle",
    32013: "ZFP",
    32015: "Zstandard",
    32017: "SZ",
    32018: "FCIDECOMP",
    32024: "SZ3",
    32026: "Blosc2",
    32028: "SPERR",
    32033: "HTJ2K",
}
OTHERS = {4: "SZIP", 305: "LZO", 32000: "LZF"}
INSIDE = "store its numbers in this file"


def array_in(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Return the array called NAME, None where there is none.

    Raises UnreadableError for an array that is in another file, or packed by a filter that HDF5 lacks here, or that
    claims more numbers than a file of this size can hold.
    """
    found = thing_in(file, name)
    if not isinstance(found, h5py.Dataset):
        return None
    if found.is_virtual:
        fault = f"`{name}` is a virtual data set, whose numbers are in other files"
        raise UnreadableError(fault, f"{INSIDE}, or convert it with `tcvae prepare arrays`")
    if found.external:
        raise UnreadableError(
            f"`{name}` has raw external storage, its numbers being in {found.external[0][0]:.80}", INSIDE
        )
    check_filters(found, name)
    if found.shape is not None:
        check_size(found, name)
    return found


def check_size(array: h5py.Dataset, name: str) -> None:
    """Refuse an array whose numbers the file cannot hold, or that takes too much to read."""
    item = array.dtype.itemsize
    size = math.prod(array.shape) * item
    stored = array.id.get_storage_size()
    if size > stored * RATIO + SLACK:
        fault = f"`{name}` claims {size:,} bytes of numbers, for which the file stores {stored:,}"
        raise UnreadableError(fault, "write all of it, or make it as long as what is written")
    if array.chunks:
        chunk = math.prod(array.chunks) * item
        if chunk > most_held(array.file.id.get_filesize()):
            raise UnreadableError(f"`{name}` is stored in chunks of {chunk:,} bytes", "store it in smaller chunks")
        size *= -(-array.chunks[0] // most_rows(array))  # where a chunk is of more rows than are read at once
    check_unpacked(name, size, array.file.id.get_filesize())


def texts_in(array: h5py.Dataset, errors: str, most: int = MOST_LETTERS) -> Iterator[Array]:
    """Yield the texts of an array of one or two axes in order, some rows at a time, as objects.

    Raises UnreadableError where they have more than MOST letters in all. Texts of any length may all be as long as the
    file: the child process of `open_hdf5` has found memory for them.
    """
    check_chunks(array, slice(0, len(array)))
    at_once = max(1, min(TEXTS, HELD // array.dtype.itemsize))
    width = array.shape[1] if array.ndim == 2 else 1
    rows, stored, letters = max(1, at_once // max(1, width)), array.asstr("utf-8", errors), 0
    for start in range(0, len(array), rows):
        part = slice(start, min(start + rows, len(array)))
        block: Array = np.empty((part.stop - part.start, *array.shape[1:]), object)
        for column in range(0, width, at_once):
            here = (slice(column, column + at_once),) * (array.ndim - 1)
            block[(slice(None), *here)] = texts = stored[(part, *here)]
            letters += sum(map(len, texts.flat))
            if letters > most:
                raise UnreadableError(f"`{array.name[1:]}` holds texts of more than {most:,} letters", "shorten them")
        yield block


def thing_in(file: h5py.File, name: str) -> h5py.Group | h5py.Dataset | h5py.Datatype | None:
    """Return what is called NAME, None where nothing is. HDF5 itself would follow links into other files.

    Raises UnreadableError for such a link.
    """
    place, parts, links = file["/"], parts_of(name), 0
    while parts:
        if not isinstance(place, h5py.Group):
            return None
        part = parts.pop(0)
        link = place.get(part, getlink=True) if place.id.links.exists(part.encode()) else None
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            fault = f"`{name}` is an external link, to {link.path:.80} in {link.filename:.80}"
            raise UnreadableError(fault, INSIDE)
        if isinstance(link, h5py.SoftLink):
            links += 1
            if links > MOST_LINKS:
                return None
            parts = parts_of(link.path) + parts
            place = file["/"] if link.path.startswith("/") else place
        else:
            place = place[part]
    return place


def parts_of(name: str) -> list[str]:
    """Return the parts of the name of something in an HDF5 file. A dot is the group itself."""
    return [part for part in name.split("/") if part not in ("", ".")]


def check_filters(array: h5py.Dataset, name: str) -> None:
    """Refuse an array whose chunks went through a filter that HDF5 does not have here."""
    codes = filters_of(array)
    if h5py.h5z.FILTER_DEFLATE in [code for code in codes if code != h5py.h5z.FILTER_FLETCHER32][:-1]:
        raise UnreadableError(f"`{name}` is compressed by one filter after another", "write it again with gzip")
    for code in codes:
        if not is_available(code):
            called = PLUG_INS.get(code) or OTHERS.get(code) or "of no name that we know"
            fault = f"`{name}` is compressed by the filter {code} ({called}), which HDF5 does not have here"
            cure = "write it again with gzip"
            raise UnreadableError(fault, f"pip install hdf5plugin, or {cure}" if code in PLUG_INS else cure)


def is_available(code: int) -> bool:
    """Return whether HDF5 has a filter here, maybe from the package hdf5plugin, which brings its filters on import."""
    if not h5py.h5z.filter_avail(code) and code in PLUG_INS:
        with contextlib.suppress(ImportError):
            importlib.import_module("hdf5plugin")
    return bool(h5py.h5z.filter_avail(code))
