"""What of an HDF5 file may be read: arrays that are stored in it, of a size that it can hold."""

import contextlib
import importlib
import math

import h5py

from tcvae_cli.files.streams import UnreadableError

MOST_RATIO = 1100  # deflate makes at most 1032 bytes of one
SLACK = 1 << 20  # bytes: small arrays that are all fill value
MOST_CHUNK = 1 << 28  # bytes, which HDF5 holds at once
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
}
OTHERS = {4: "SZIP", 305: "LZO", 32000: "LZF"}
INSIDE = "store its numbers in this file"


def array_in(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Return the array called NAME, None where there is none.

    Raises UnreadableError for an array that is in another file, or packed by a filter that HDF5 lacks here; ValueError
    for one that claims more numbers than a file of this size can hold.
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
        item = found.dtype.itemsize
        if math.prod(found.shape) * item > found.id.get_storage_size() * MOST_RATIO + SLACK:
            raise ValueError("claims more than the file can hold")
        if found.chunks and math.prod(found.chunks) * item > MOST_CHUNK:
            raise ValueError("its chunks are too large")
    return found


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
    filters = array.id.get_create_plist()
    for k in range(filters.get_nfilters()):
        code = filters.get_filter(k)[0]
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
