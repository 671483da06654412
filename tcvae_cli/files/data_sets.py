"""Data sets in HDF5: ours, the published dSprites file and 3dshapes.h5, all read through one description."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import BinaryIO, Literal

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
from tcvae_cli.files.hdf5 import array_in, reading_hdf5
from tcvae_cli.files.headers import DataHeader, check_kind
from tcvae_cli.files.inflating import inflate_rows
from tcvae_cli.files.known_sets import DSPRITES, SHAPES3D, KnownSet
from tcvae_cli.files.provenance import stream_digest
from tcvae_cli.files.streams import display_name, seekable_input
from tcvae_cli.progress import Progress, silent

BLOCK_BYTES = 1 << 24
WHAT = "a data set (HDF5)"


@dataclass(frozen=True)
class Description:
    """What a data set says of itself. `image_shape` is (H, W) or (H, W, 3); factors are slowest first."""

    name: str
    rows: int
    image_shape: tuple[int, ...]
    pixel_kind: Literal["binary", "grey", "rgb"]
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]
    scored_factors: tuple[str, ...]
    provenance: str
    bias: tuple[str, ...] | None = None  # the joint distribution that `probability` follows and its two factors


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
        """Return the factor values (rows, factors) float64, NaN where one is not known; None where there are none."""
        return read_values(self.file(), self.description, self.path, self.classes)

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
        chunk = self.images.chunks[0] if self.images.chunks else 1
        row_bytes = int(np.prod(self.images.shape[1:]))
        rows = max(1, BLOCK_BYTES // (row_bytes * chunk)) * chunk
        for start in range(0, len(self.images), rows):
            yield slice(start, min(start + rows, len(self.images)))

    def rows(self, index: slice | int) -> Array:
        """Return some images as stored, uint8. TcvaeError if the file was closed."""
        self.file()
        with reading_hdf5(self.path):
            rows = inflate_rows(self.images, index) if isinstance(index, slice) else None
            return np.asarray(self.images[index]) if rows is None else rows


def open_data_set(path: str | os.PathLike[str], progress: Progress = silent) -> DataSet:
    """Open a data set file or standard input, to be closed by whoever opens it: `with open_data_set(path) as data`.

    All of it is read, for the digest, of which PROGRESS is told. Errors: TcvaeError naming the file, the fault and the
    cure.
    """
    path = os.fspath(path)
    with contextlib.ExitStack() as stack:
        data = data_set_in(stack.enter_context(seekable_input(path, WHAT)), path, progress)
        stack.push(data)
        return replace(data, opened=stack.pop_all())


def data_set_in(stream: BinaryIO, path: str, progress: Progress = silent) -> DataSet:
    """Return the data set in a seekable stream, which stays the caller's; PATH is its name in messages."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open_hdf5(stream, path))
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


def open_hdf5(stream: BinaryIO, path: str) -> h5py.File:
    """Return the HDF5 file in a seekable stream."""
    head = stream.read(8)
    stream.seek(0)
    if head != hdf5.MAGIC:
        fault = "is empty" if not head else "is not an HDF5 file"
        raise TcvaeError(display_name(path), f"{fault}: expected {WHAT}", "make one with `tcvae prepare`")
    with reading_hdf5(path):
        return hdf5.open_hdf5(stream, lambda file: describe(file, path))


def describe(file: h5py.File, path: str) -> tuple[Description, h5py.Dataset]:
    """Return the description and the images of an open file: from its attributes if it is ours, else by its layout."""
    with reading_hdf5(path):
        if "kind" in file.attrs:
            return describe_ours(file, path)
        if array_in(file, "imgs") is not None and array_in(file, "latents/classes") is not None:
            return describe_dsprites(file, path)
        if array_in(file, "images") is not None and array_in(file, "labels") is not None:
            return describe_shapes3d(file, path)
    raise TcvaeError(
        display_name(path), "holds no images that we know (no `imgs`, no `images`)", "convert it with `tcvae prepare`"
    )


def describe_ours(file: h5py.File, path: str) -> tuple[Description, h5py.Dataset]:
    """Describe a file written by `tcvae prepare`: docs/formats.md, section "Data set"."""
    attributes = file.attrs
    schema = attributes.get("schema")
    found = {"kind": text(attributes["kind"]), "schema": None if schema is None else int(schema)}
    check_kind(display_name(path), found, "data set")
    images = images_of(file, "imgs", path)
    pixel_kind = text(attributes["pixel_kind"])
    names, scored = (tuple(map(text, attributes[key])) for key in ("factor_names", "scored_factors"))
    sizes = tuple(map(int, attributes["factor_sizes"]))
    if pixel_kind not in ("binary", "grey", "rgb") or (pixel_kind == "rgb") != (images.ndim == 4):
        fault = f"`pixel_kind` is {pixel_kind!r} and `imgs` has {images.ndim} axes"
        raise TcvaeError(display_name(path), fault, "say binary, grey (3 axes) or rgb (4 axes)")
    bias = tuple(map(text, attributes["bias"])) if "bias" in attributes else None
    distinct = len(set(names)) == len(names) == len(sizes)
    odd = bias is not None and (len(bias) != 3 or bias[1] == bias[2] or not set(bias[1:]) <= set(names))
    if not distinct or not set(scored) <= set(names) or min(sizes, default=1) < 1 or odd:
        raise TcvaeError(display_name(path), "its factor attributes contradict one another", "prepare it again")
    return (
        Description(
            name=text(attributes["name"]),
            rows=len(images),
            image_shape=tuple(images.shape[1:]),
            pixel_kind=pixel_kind,  # type: ignore[arg-type]  # one of the three
            factor_names=names,
            factor_sizes=sizes,
            scored_factors=scored,
            provenance=text(attributes["provenance"]),
            bias=bias,
        ),
        images,
    )


def text(value: object) -> str:
    """Return the text of an attribute. ValueError if it cannot be stored again."""
    found = value.decode() if isinstance(value, bytes) else str(value)
    if "\0" in found:
        raise ValueError("a NUL in a text")
    found.encode()
    return found


def describe_dsprites(file: h5py.File, path: str) -> tuple[Description, h5py.Dataset]:
    """Describe a file in the published layout of dSprites; fewer rows are fine."""
    images = images_of(file, "imgs", path)
    if file["latents/classes"].shape != (len(images), len(DSPRITES.factors)):
        raise TcvaeError(display_name(path), "`latents/classes` does not match `imgs`", "get the published file again")
    return known_description(DSPRITES, images), images


def describe_shapes3d(file: h5py.File, path: str) -> tuple[Description, h5py.Dataset]:
    """Describe a file in the layout of 3dshapes.h5: `labels` holds values, whose ranks are the classes."""
    images = images_of(file, "images", path)
    if file["labels"].shape != (len(images), len(SHAPES3D.factors)):
        raise TcvaeError(display_name(path), "`labels` does not match `images`", "get the published file again")
    return known_description(SHAPES3D, images), images


def known_description(known: KnownSet, images: h5py.Dataset) -> Description:
    """Return the description of a published file, which says nothing of itself."""
    return Description(
        name=known.name,
        rows=len(images),
        image_shape=tuple(images.shape[1:]),
        pixel_kind=known.pixel_kind,
        factor_names=tuple(known.factors),
        factor_sizes=tuple(known.factors.values()),
        scored_factors=known.scored,
        provenance="the published HDF5 layout, unchanged",
    )


def images_of(file: h5py.File, name: str, path: str) -> h5py.Dataset:
    """Return the images of an open file, checked for kind and shape."""
    images = array_in(file, name)
    shape = getattr(images, "shape", None)
    is_images = shape is not None and (len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)) and min(shape) > 0
    if images is None or not is_images or images.dtype != np.uint8:
        found = f"`{name}` is {getattr(images, 'dtype', 'no array')} of shape {shape}"
        raise TcvaeError(
            display_name(path), f"{found}, not uint8 (N, H, W) or (N, H, W, 3)", "convert it with `tcvae prepare`"
        )
    return images
