"""Data sets in HDF5: ours, the published dSprites file and 3dshapes.h5, all read through one description."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import BinaryIO

import h5py
import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files import hdf5
from tcvae_cli.files.columns import (
    read_class_names,
    read_classes,
    read_probability,
    read_values,
)
from tcvae_cli.files.descriptions import Description, describe
from tcvae_cli.files.factor_values import refuse_disagreement, telling
from tcvae_cli.files.hdf5 import reading_hdf5
from tcvae_cli.files.headers import DataHeader
from tcvae_cli.files.kinds import HEAD, OTHER, kind_of
from tcvae_cli.files.provenance import stream_digest
from tcvae_cli.files.rows import Index, by_chunk, chosen, read_rows, rows_at_once
from tcvae_cli.files.streams import display_name, path_in, seekable_input
from tcvae_cli.progress import Progress, silent

BLOCK_BYTES = 1 << 24
WHAT = "a data set (HDF5)"


@dataclass(frozen=True, eq=False)
class DataSet:
    """An open data set: its description, digest, and access to its rows. Use it in a `with`, or close it."""

    path: str
    description: Description
    digest: str
    images: h5py.Dataset  # (rows, H, W[, 3]) uint8
    classes: Array | None  # (rows, factors) int64, -1 where a label is not known
    probability: Array | None  # (rows,) float64, sums to 1
    opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def __enter__(self) -> "DataSet":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Images can no longer be read then; doing it twice does nothing."""
        self.opened.close()

    def header(self) -> DataHeader:
        """Return what a file made from this data set remembers of it. ArgumentError if JSON cannot hold its name."""
        try:
            self.path.encode()
        except UnicodeEncodeError:
            fault = "its name is not UTF-8, and files made from it have to store the name"
            raise ArgumentError("data", fault, "rename it") from None
        return DataHeader(path=self.path, digest=self.digest, **asdict(self.description))

    def values(self) -> Array | None:
        """Return the factor values (rows, factors) float64, NaN where one is not known; None where there are none.

        TcvaeError where they contradict the classes.
        """
        factors = self.description.factor_names
        values = read_values(self.file(), self.description, self.path, self.classes)
        if values is not None and self.classes is not None:
            named = self.class_names()  # where float64 does not tell two classes apart, their names do
            plain = [k for k, name in enumerate(factors) if name not in named]
            parts = values[:, plain], self.classes[:, plain], [factors[k] for k in plain]
            refuse_disagreement(*parts, display_name(self.path))
        return values

    def factor_values(self) -> Array | None:
        """Return the values (rows, factors) as codes carry them, None where they tell no more than the classes.

        A factor whose classes have names is NaN throughout.
        """
        values = self.values()
        if values is None or self.classes is None:
            return None
        return telling(values, self.classes, self.description.factor_names, self.class_names())

    def class_names(self) -> dict[str, tuple[str, ...]]:
        """Return what the classes of some factors are called, by the name of the factor."""
        return read_class_names(self.file(), self.description, self.path)

    def file(self) -> h5py.File:
        """Return the open HDF5 file. TcvaeError if it was closed."""
        if not self.images:
            raise TcvaeError(display_name(self.path), "is closed", "open it again")
        return self.images.file

    def blocks(self) -> Iterator[Array]:
        """Yield all images in order, in blocks of whole chunks, uint8."""
        for part in self.slices():
            yield self.rows(part)

    def slices(self) -> Iterator[slice]:
        """Yield all rows in order, in whole chunks of the file."""
        rows = rows_at_once(self.images, BLOCK_BYTES // int(np.prod(self.images.shape[1:])))
        for start in range(0, len(self.images), rows):
            yield slice(start, min(start + rows, len(self.images)))

    def rows(self, index: Index) -> Array:
        """Return one image or several as stored, uint8, by the indices that NumPy takes.

        INDEX is a row number, a slice, a list or array of row numbers in any order, or a mask of all rows. Errors:
        ArgumentError for another index, or one out of range; TcvaeError if the file was closed.
        """
        self.file()
        wanted = chosen(index, len(self.images))
        with reading_hdf5(self.path):
            return read_rows(self.images, wanted)

    def scattered(self, rows: Array) -> Iterator[tuple[Array, Array]]:
        """Yield images by their numbers (count,), those of a chunk together: their places among ROWS, and the images.

        Memory holds the images of one chunk. TcvaeError if the file was closed.
        """
        self.file()
        with reading_hdf5(self.path):
            yield from by_chunk(self.images, np.asarray(rows))


def open_data_set(path: str | os.PathLike[str], progress: Progress = silent) -> DataSet:
    """Open a data set file or standard input, to be closed by whoever opens it: `with open_data_set(path) as data`.

    All of it is read, for the digest, of which PROGRESS is told. Errors: TcvaeError naming the file, the fault and the
    cure.
    """
    path = path_in(path, "path")
    with contextlib.ExitStack() as stack:
        data = data_set_in(stack.enter_context(seekable_input(path, WHAT)), path, progress)
        stack.push(data)
        return replace(data, opened=stack.pop_all())


def reopened(data: DataSet) -> DataSet:
    """Open a data set once more, as a forked process needs a handle of its own. TcvaeError if the file is another."""
    with contextlib.ExitStack() as stack:
        again = stack.enter_context(open_data_set(data.path))
        if again.digest != data.digest:
            raise TcvaeError(display_name(data.path), "has been replaced meanwhile", "give the same command again")
        return replace(again, opened=stack.pop_all())


def data_set_in(stream: BinaryIO, path: str, progress: Progress = silent) -> DataSet:
    """Return the data set in a seekable stream, which stays the caller's; PATH is its name in messages."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open_data_file(stream, path))
        description, images = describe(file, path)
        data = DataSet(
            path=path,
            description=description,
            digest=stream_digest(stream, progress),
            images=images,
            classes=read_classes(file, description, path),
            probability=read_probability(file, description, path),
        )
        return replace(data, opened=stack.pop_all())


def rehearsal(file: h5py.File) -> None:
    """Do with a file what its own library may not survive."""
    describe(file, "it")


def open_data_file(stream: BinaryIO, path: str) -> h5py.File:
    """Return the HDF5 file in a seekable stream."""
    if not hdf5.is_hdf5(stream):
        kind = kind_of(stream.read(HEAD))
        fault = "is not an HDF5 file" if kind == OTHER else f"is {kind}"
        raise TcvaeError(display_name(path), f"{fault}: expected {WHAT}", "make one with `tcvae prepare`")
    with reading_hdf5(path):
        return hdf5.open_hdf5(stream, rehearsal)
