"""dSprites from its published npz or HDF5 file, told apart by content."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets import hdf5
from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.datasets.labels import Factor
from tcvae_cli.datasets.published import Published, SourceFiles, provenance_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files import npz
from tcvae_cli.files.hdf5 import is_hdf5, open_hdf5
from tcvae_cli.files.hdf5_arrays import array_in
from tcvae_cli.files.kinds import HEAD, kind_of
from tcvae_cli.files.streams import display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

LAYOUT = {  # names as in the npz
    "imgs": (np.uint8, (dsprites.SIDE, dsprites.SIDE)),
    "latents_classes": (np.int64, (6,)),
    "latents_values": (np.float64, (6,)),
}
LABEL_BYTES = dsprites.ROWS * 6 * 8
CURE = "get the published file again, or leave {source} out to render the set"


@contextlib.contextmanager
def open_published(files: SourceFiles) -> Iterator[Source]:
    """Open the published npz or HDF5 file; fewer rows are fine.

    Errors: TcvaeError naming the file where it is another kind of file, damaged, or of another layout.
    """
    path = files.path
    with seekable_input(path, "the dSprites file (npz or HDF5)") as stream:
        head = stream.read(HEAD)
        if head.startswith(b"PK\3\4"):
            stream.seek(0)
            yield read_npz(stream, path, files.published)
        elif is_hdf5(stream):
            with read_hdf5(stream, path, files.published) as source:
                yield source
        else:
            raise TcvaeError(display_name(path), f"is {kind_of(head)}, not the published npz or HDF5 of dSprites", CURE)


def read_npz(stream: BinaryIO, path: str, published: Sequence[Published]) -> Source:
    """Return the published npz, streamed while STREAM is open. Its pickled `metadata` is never touched."""
    rows, tables = 0, []
    with reading(path, CURE):
        provenance = provenance_of(stream, published)
        archive, names = npz.members(stream, path)
        for name in LAYOUT:
            if name not in names:
                raise TcvaeError(display_name(path), f"is not dSprites: there is no `{name}` in it", CURE)
            with npz.npy_of(archive, name) as (member, layout):
                count = check_layout(path, name, layout.shape, layout.dtype)
                if name == "imgs":
                    rows = count
                else:
                    tables.append(npz.read_whole(member, layout, LABEL_BYTES))
    factors = check_tables(path, rows, *tables)

    def blocks() -> Iterator[Array]:
        with reading(path, CURE), npz.npy_of(archive, "imgs") as (member, layout):
            yield from npz.read_blocks(member, layout, dsprites.BLOCK)

    return dsprites.dsprites_source(binary(blocks(), path), factors, provenance)


@contextlib.contextmanager
def read_hdf5(stream: BinaryIO, path: str, published: Sequence[Published]) -> Iterator[Source]:
    """Open the published HDF5, streamed inside the context."""
    with reading(path, CURE):
        provenance = provenance_of(stream, published)
        file = open_hdf5(stream)
    with file:
        with reading(path, CURE):
            images, classes, values = (open_dataset(file, name, path) for name in LAYOUT)
            rows, classes, values = len(images), classes[()], values[()]
        factors = check_tables(path, rows, classes, values)

        def blocks() -> Iterator[Array]:
            with reading(path, CURE):
                yield from hdf5.read_blocks(images, dsprites.BLOCK)

        yield dsprites.dsprites_source(binary(blocks(), path), factors, provenance)


def open_dataset(file: h5py.File, name: str, path: str) -> h5py.Dataset:
    """Return an array in an HDF5, where `latents` is a group."""
    inside = name.replace("_", "/")
    dataset = array_in(file, inside)
    if dataset is None:
        raise TcvaeError(display_name(path), f"is not dSprites: there is no `{inside}` in it", CURE)
    check_layout(path, name, dataset.shape, dataset.dtype)
    return dataset


def check_layout(path: str, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Refuse an array that is not as published; return its number of rows, of which there may be fewer."""
    kind, row_shape = LAYOUT[name]
    if dtype != kind or not shape or shape[1:] != row_shape or not 0 < shape[0] <= dsprites.ROWS:
        wanted = f"{np.dtype(kind)} ({', '.join(map(str, ('N', *row_shape)))})"
        raise TcvaeError(display_name(path), f"`{name}` is {dtype} {shape}, not {wanted}", CURE)
    return shape[0]


def check_tables(path: str, rows: int, classes: Array, values: Array) -> list[Factor]:
    """Return the factors of the file. Refuses labels that do not belong to the images."""
    if not len(classes) == len(values) == rows:
        fault = f"has {rows} images, {len(classes)} rows of classes and {len(values)} of values"
    elif ((classes < 0) | (classes >= dsprites.FACTOR_SIZES)).any() or not np.isfinite(values).all():
        fault = "has factor classes or values out of range"
    else:
        return [
            Factor(name, classes[:, k], values[:, k], len(levels))
            for k, (name, levels) in enumerate(dsprites.LEVELS.items())
        ]
    raise TcvaeError(display_name(path), fault, CURE)


def binary(blocks: Iterator[Array], path: str) -> Iterator[Array]:
    """Yield BLOCKS as long as their pixels are 0 and 1."""
    for block in blocks:
        if block.max() > 1:
            raise TcvaeError(display_name(path), "`imgs` holds pixels other than 0 and 1", CURE)
        yield block
