"""Arrays by name out of npz, npy, HDF5 and safetensors files, each read in blocks as often as asked."""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets import hdf5
from tcvae_cli.datasets.own.virtual import virtual_blocks
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files import npz
from tcvae_cli.files.hdf5 import is_hdf5, open_hdf5
from tcvae_cli.files.hdf5_arrays import array_in, texts_in, thing_in
from tcvae_cli.files.kinds import HEAD, kind_of
from tcvae_cli.files.streams import UnreadableError, display_name, reading, seekable_input
from tcvae_cli.files.tensors import NUMPY_NAMES, read_contents

ROWS = 1024  # read at once, or as many as make 16 MiB
BLOCK_BYTES = 1 << 24
LONGEST_LABEL = 1 << 16  # letters
CURE = "write it again"
CURE_OTHERS = "save the images with numpy.savez, or use `tcvae prepare folder` for picture files"


@dataclass(frozen=True)
class Stored:
    """An array in a file: what it is, and how to read it in order."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[], Iterator[Array]]
    kind: str = ""  # what the file calls the type, where NumPy has none like it
    link: bool = False  # another name of an array that has one already, or of one in another file
    unreadable: UnreadableError | None = None  # why it cannot be read
    turned: bool = False  # by MATLAB, which stores the first axis as the last: so each image lies on its side

    @property
    def type_name(self) -> str:
        """The type, for people."""
        return self.kind or str(self.dtype)

    def readable(self, where: str) -> "Stored":
        """Return it if it can be read. TcvaeError that calls it WHERE otherwise."""
        if self.unreadable is not None:
            raise TcvaeError(where, self.unreadable.fault, self.unreadable.cure)
        return self

    def whole(self, most: int) -> Array | None:
        """Return all of it, for labels; None if that is more than MOST bytes, without reading more than a block."""
        count, found = math.prod(self.shape), [np.empty((0, *self.shape[1:]), self.dtype)]
        if self.dtype.itemsize * count > most:
            return None
        for block in self.blocks():
            if block.dtype.itemsize * count > most:  # texts of any length, as wide as the longest
                return None
            found.append(block)
        return np.concatenate(found)


@contextlib.contextmanager
def open_arrays(path: str) -> Iterator[dict[str, Stored]]:
    """Open the arrays of a file, told apart by content. Nothing is unpickled. Errors: TcvaeError naming PATH."""
    with seekable_input(path, "a file of arrays (npz, npy, HDF5 or safetensors)") as stream:
        head = stream.read(HEAD)
        stream.seek(0)
        with contextlib.ExitStack() as stack:
            with reading(path, CURE):
                if head.startswith(b"PK"):
                    arrays = npz_arrays(stream, path)
                elif head.startswith(b"\x93NUMPY"):
                    arrays = npy_array(stream)
                elif is_hdf5(stream):
                    arrays = hdf5_arrays(stack.enter_context(open_hdf5(stream, look_for_matlab)), path)
                elif head[8:9] == b"{":  # behind the length of a header of JSON
                    arrays = tensors(stream, path)
                else:
                    fault = f"is {kind_of(head)}, not npz, npy, HDF5 or safetensors"
                    raise TcvaeError(display_name(path), fault, CURE_OTHERS)
            yield {name: guarded(path, array) for name, array in arrays.items()}


def guarded(path: str, array: Stored) -> Stored:
    """Return the array, its blocks read with one-line errors."""

    def blocks() -> Iterator[Array]:
        with reading(path, CURE):
            yield from array.blocks()

    return dataclasses.replace(array, blocks=blocks)


def rows_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return how many rows to read at once."""
    return max(1, min(ROWS, BLOCK_BYTES // max(1, dtype.itemsize * int(np.prod(shape[1:], dtype=np.float64)))))


def npz_arrays(stream: BinaryIO, path: str) -> dict[str, Stored]:
    """Return the arrays of an npz."""
    archive, names = npz.members(stream, path)
    if not names:
        torch = any(name.endswith("/data.pkl") for name in archive.namelist())
        fault = "is a file of torch, which is not read" if torch else "is a zip without arrays (.npy)"
        raise TcvaeError(display_name(path), fault, CURE_OTHERS)
    arrays = {}
    for name in names:
        with npz.npy_of(archive, name) as (_, layout):
            shape, dtype = layout.shape, layout.dtype

        def blocks(name: str = name, rows: int = rows_of(shape, dtype)) -> Iterator[Array]:
            with npz.npy_of(archive, name) as (member, layout):
                yield from npz.read_blocks(member, layout, rows)

        arrays[name] = Stored(shape, dtype, blocks)
    return arrays


def npy_array(stream: BinaryIO) -> dict[str, Stored]:
    """Return the one array of an npy file."""
    layout = npz.read_layout(stream)
    start = stream.tell()

    def blocks() -> Iterator[Array]:
        stream.seek(start)
        yield from npz.read_blocks(stream, layout, rows_of(layout.shape, layout.dtype))

    return {"images": Stored(layout.shape, layout.dtype, blocks)}


def hdf5_arrays(file: h5py.File, path: str) -> dict[str, Stored]:
    """Return all datasets of an HDF5 file by their whole names, texts as arrays of str."""
    names: list[str] = []
    file.visit(names.append)
    links: list[str] = []
    file.visit_links(links.append)
    arrays = {}
    own = set(names)
    for name in dict.fromkeys(names + links):
        stored = hdf5_array(file, name, path)
        if stored is not None:
            arrays[name] = dataclasses.replace(stored, link=name not in own)
    return arrays


def hdf5_array(file: h5py.File, name: str, path: str) -> Stored | None:
    """Return a dataset of an HDF5 file, None if NAME is none."""
    shape: tuple[int, ...] = ()
    try:
        found = thing_in(file, name)
        if not isinstance(found, h5py.Dataset) or found.shape is None:
            return None
        shape = tuple(found.shape)
        if found.is_virtual:
            return Stored(shape, found.dtype, virtual_blocks(found, path, rows_of(shape, found.dtype)))
        array_in(file, name)  # refuses what cannot be read
    except UnreadableError as error:
        return Stored(shape, np.dtype("V"), lambda: iter(()), unreadable=error)
    if (turned := is_from_matlab(found)) and len(shape) == 2 and found.dtype.kind in "iufb":
        return turned_table(found)
    stored = found.asstr("utf-8", "backslashreplace") if h5py.check_string_dtype(found.dtype) else found

    def blocks() -> Iterator[Array]:
        if isinstance(stored, h5py.Dataset):
            yield from hdf5.read_blocks(stored, rows_of(shape, found.dtype))
            return
        for texts in texts_in(found, "backslashreplace"):
            if max(map(len, texts.flat), default=0) > LONGEST_LABEL:
                raise UnreadableError(f"`{name}` holds a text of more than {LONGEST_LABEL:,} letters", "shorten it")
            yield texts.astype(str)

    return Stored(shape, found.dtype if stored is found else np.dtype("U"), blocks, turned=turned)


def look_for_matlab(file: h5py.File) -> None:
    """Ask of everything in a file whether MATLAB wrote it."""
    file.visititems(lambda _, thing: is_from_matlab(thing) or None)


def is_from_matlab(thing: h5py.HLObject) -> bool:
    """Return whether MATLAB wrote it, from which the axes of an array come out of HDF5 in reverse."""
    return "MATLAB_class" in thing.attrs


def turned_table(found: h5py.Dataset) -> Stored:
    """Return a table, such as labels, as it was in MATLAB, a row or column of which has one axis only."""
    columns, rows = found.shape
    shape = (rows * columns,) if 1 in found.shape else (rows, columns)

    def blocks() -> Iterator[Array]:
        yield np.concatenate(list(hdf5.read_blocks(found, ROWS))).T.reshape(shape)

    return Stored(shape, found.dtype, blocks)


def tensors(stream: BinaryIO, path: str) -> dict[str, Stored]:
    """Return the tensors of a safetensors file."""
    contents = read_contents(stream, path, "arrays")
    begin = stream.tell()
    arrays = {}
    for name, tensor in contents.tensors.items():
        dtype = np.dtype(NUMPY_NAMES.get(tensor.kind, "V"))
        layout = npz.Layout(tensor.shape, dtype, columns_first=False)

        def blocks(place: int = begin + tensor.start, layout: npz.Layout = layout) -> Iterator[Array]:
            stream.seek(place)
            yield from npz.read_blocks(stream, layout, rows_of(layout.shape, layout.dtype), last=False)

        arrays[name] = Stored(tensor.shape, dtype, blocks, "" if tensor.kind in NUMPY_NAMES else tensor.kind)
    return arrays
