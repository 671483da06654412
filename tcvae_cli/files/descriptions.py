"""What an HDF5 file says of the data set in it: from its attributes if it is ours, else from a published layout."""

import math
from dataclasses import dataclass
from typing import Literal

import h5py
import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.hdf5 import reading_hdf5
from tcvae_cli.files.hdf5_arrays import array_in
from tcvae_cli.files.headers import check_kind
from tcvae_cli.files.known_sets import DSPRITES, SHAPES3D, KnownSet
from tcvae_cli.files.names import check_names, cut_provenance
from tcvae_cli.files.streams import display_name

MOST_PIXELS = 1 << 24  # of one image: more are a mistake in the axes


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
    name = text(attributes["name"])
    check_names([name, *names, *(bias or ())], display_name(path), "prepare it again with shorter names")
    if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
        raise TcvaeError(display_name(path), f"has several factors called {twice}", "give each a name of its own")
    odd = bias is not None and (len(bias) != 3 or bias[1] == bias[2] or not set(bias[1:]) <= set(names))
    if len(names) != len(sizes) or not set(scored) <= set(names) or min(sizes, default=1) < 1 or odd:
        raise TcvaeError(display_name(path), "its factor attributes contradict one another", "prepare it again")
    return (
        Description(
            name=name,
            rows=len(images),
            image_shape=tuple(images.shape[1:]),
            pixel_kind=pixel_kind,  # type: ignore[arg-type]  # one of the three
            factor_names=names,
            factor_sizes=sizes,
            scored_factors=scored,
            provenance=cut_provenance(text(attributes["provenance"])),
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
    if images is None or shape is None or not is_images or images.dtype != np.uint8:
        found = f"`{name}` is {getattr(images, 'dtype', 'no array')} of shape {shape}"
        raise TcvaeError(
            display_name(path), f"{found}, not uint8 (N, H, W) or (N, H, W, 3)", "convert it with `tcvae prepare`"
        )
    if math.prod(shape[1:3]) > MOST_PIXELS:
        fault = f"its images are of {shape[1]:,} x {shape[2]:,} pixels, and at most {MOST_PIXELS:,} can be read"
        raise TcvaeError(display_name(path), fault, "make them smaller")
    return images
