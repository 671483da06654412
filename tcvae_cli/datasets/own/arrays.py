"""Anyone's own arrays of images, with labels if there are some."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.labels import Pictures, labelled
from tcvae_cli.datasets.levels import DARK, dark_note
from tcvae_cli.datasets.own.array_files import Stored, open_arrays
from tcvae_cli.datasets.own.array_labels import LABELS, NAMES, MisfitError, labels_beside, labels_in
from tcvae_cli.datasets.published import SourceFiles
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.descriptions import MOST_PIXELS
from tcvae_cli.files.streams import display_name
from tcvae_cli.files.writer import Source

OVERSHOOT = 0.25  # as resizing with a sharp filter leaves beyond 0 and 1
BLACK = 0.1  # of all images, at the end: as many may never have been written


@dataclass(frozen=True)
class Options:
    """What can be asked for."""

    images: str | None = None  # the name of the array of images, where there are several
    factors: str | None = None  # the name of the array or group of labels, where it is not a usual one
    labels: str | None = None  # the path of another file that holds the labels: arrays or a table


@contextlib.contextmanager
def open_source(files: SourceFiles, options: Options) -> Iterator[Source]:
    """Open the images and labels of a file. Errors: TcvaeError with the type, shape or range found, and the cure."""
    path = files.path
    with open_arrays(path) as arrays:
        where = display_name(path)
        chosen = chosen_images(arrays, options.images, where)
        stored = arrays[chosen].readable(where)
        arrange, shape = arrangement(stored, f"{where}: {chosen}")
        kind, scale = pixels_of(stored, shape, f"{where}: {chosen}")

        notes: list[str] = []

        def blocks() -> Iterator[Array]:
            brightest = passed = lit = 0  # LIT: behind the last image that is not black
            for block in stored.blocks():
                arranged = arrange(block)
                if scale != 1:
                    arranged = arranged.astype(np.float64)
                    arranged *= scale
                    np.rint(arranged, out=arranged)
                brightest = max(brightest, int(arranged.max()))
                here = next((row for row in range(len(arranged), 0, -1) if arranged[row - 1].any()), None)
                lit = lit if here is None else passed + here
                passed += len(arranged)
                yield np.ascontiguousarray(arranged).astype(np.uint8, copy=False)
            if kind != "binary" and brightest < DARK:
                notes.append(dark_note(brightest))
            if 0 < lit < passed * (1 - BLACK):
                fault = f"the last {passed - lit:,} of {passed:,} images are black"
                notes.append(f"{fault}: if nothing was written there, store the first {lit:,} alone")

        others = {name: array for name, array in arrays.items() if name != chosen}
        try:
            if options.labels is None:
                columns = labels_beside(others, options.factors, stored.shape[0], path, notes)
            else:
                columns = labels_in(options.labels, options.factors, stored.shape[0], notes)
        except MisfitError as error:
            if len(stored.shape) == 3 and error.found == stored.shape[-1] and not stored.turned:
                raise TcvaeError(error.where, error.fault, images_last(stored.shape)) from None
            raise
        name = Path(path).stem if path != "-" else "arrays"
        provenance = f"converted from {stored.dtype} arrays of shape {stored.shape}"
        if stored.turned:
            size = " x ".join(map(str, stored.shape[::-1]))
            notes.append(f"MATLAB wrote {chosen}, as {size}: the last axis counts the images, the first goes down each")
        if shape[0] != shape[1]:
            last = not columns and not stored.turned and len(stored.shape) == 3 and stored.shape[0] == stored.shape[1]
            cure = images_last(stored.shape) if last else "crop or pad them"
            notes.append(f"images are {shape[0]} x {shape[1]}, and train takes square images only: {cure}")
        yield labelled(Pictures(name, stored.shape[0], shape, kind, provenance, blocks()), columns, notes=notes)


def chosen_images(arrays: dict[str, Stored], wanted: str | None, where: str) -> str:
    """Return the name of the array of images: the one asked for, or the only one with 3 or 4 axes."""
    named = shapes_of(arrays)
    if wanted is not None:
        if wanted not in arrays:
            raise ArgumentError("images", f"there is no {wanted} in {where}", f"it holds {named}")
        return wanted
    candidates = [name for name, array in arrays.items() if may_be_images(name, array)]
    if not any(arrays[name].unreadable is None for name in candidates):
        candidates = [name for name in candidates if name == "images"] or candidates[:1]  # `readable` says why
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and len(arrays) == 1:
        return next(iter(arrays))  # `arrangement` says what is wrong with it
    if not candidates:
        raise TcvaeError(where, f"holds no array with 3 or 4 axes ({named})", "give (N, H, W[, C])")
    several = shapes_of({name: arrays[name] for name in candidates})
    raise TcvaeError(where, f"holds several arrays with 3 or 4 axes ({several})", "name the images with {images}")


def shapes_of(arrays: dict[str, Stored]) -> str:
    """Name arrays with their shapes, for messages."""
    return ", ".join(f"{name} {array.shape or ''}".strip() for name, array in sorted(arrays.items())) or "nothing"


def may_be_images(name: str, array: Stored) -> bool:
    """Return whether an array has the axes of images, or is in another file and not called like labels."""
    if array.unreadable and not array.shape:
        return name not in NAMES and not any(f"{name}/".startswith(f"{label}/") for label in LABELS)
    return len(array.shape) in (3, 4) and not array.link


def images_last(shape: tuple[int, ...]) -> str:
    """Return what to do where images seem to be counted by the last axis, as in MATLAB."""
    axes = ("height", "width", *["channels"] * (len(shape) - 3), "images")
    turned = (len(shape) - 1, *range(len(shape) - 1))
    return f"{shape} looks like ({', '.join(axes)}), so store its .transpose{turned}"


def arrangement(stored: Stored, where: str) -> tuple[Callable[[Array], Array], tuple[int, ...]]:
    """Return how to bring a block to (rows, H, W[, 3]), and the shape of one image then."""
    shape = stored.shape
    fault = f"has shape {shape}"
    channels_first = len(shape) == 4 and shape[3] not in (1, 3)
    if len(shape) not in (3, 4) or (channels_first and shape[1] not in (1, 3)):
        if len(shape) == 4 and (4 in (shape[1], shape[3]) or 2 in (shape[1], shape[3])):
            fault += ", and images of 2 or 4 channels are not supported"
        if len(shape) == 4 and shape[0] == shape[1] and shape[2] in (1, 3):
            raise TcvaeError(where, fault, images_last(shape))
        raise TcvaeError(where, fault, "give (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 or 3")
    image = (*shape[2:], shape[1]) if channels_first else shape[1:]
    if 0 in shape or int(np.prod(image)) > MOST_PIXELS:
        raise TcvaeError(where, fault, "give at least one image, of a size that is one")
    if stored.turned:
        image = (image[1], image[0], *image[2:])
    squeezed = image[:2] if image[2:] == (1,) else image

    def arrange(block: Array) -> Array:
        found: Array = np.moveaxis(block, 1, 3) if channels_first else block
        upright: Array = np.swapaxes(found, 1, 2) if stored.turned else found
        return upright.reshape(len(block), *squeezed)

    return arrange, squeezed


def pixels_of(stored: Stored, shape: tuple[int, ...], where: str) -> tuple[Literal["binary", "grey", "rgb"], float]:
    """Return what the pixels are, and what brings them to bytes. Looks at all of them, since some only differ late."""
    dtype = stored.dtype
    if dtype.kind not in "fbiu":
        cure = "make it uint8 (0 to 255) or float32 (0 to 1), e.g. images.astype('uint8')"
        raise TcvaeError(where, f"is {stored.type_name}, not uint8 or float", cure)
    low, high, levels = np.inf, -np.inf, True
    for block in stored.blocks():
        if dtype.kind == "f" and not np.isfinite(block).all():
            raise TcvaeError(where, "holds NaN or infinity", "replace them")
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        levels = levels and (0 <= low <= high <= 1) and (dtype.kind in "iub" or not (block % 1).any())
    if dtype.kind in "iu" and dtype != np.uint8:
        scaled = "" if 0 <= low <= high <= 255 else "bring them to 0 .. 255 and "
        cure = f"{scaled}make them uint8, e.g. by images.astype('uint8')"
        raise TcvaeError(where, f"holds {dtype} pixels from {low:g} to {high:g}, not uint8", cure)
    if dtype.kind == "f" and not (low >= 0 and high <= 1):
        cure = "bring them to 0 .. 1"
        if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
            cure = "clip them, e.g. by images.clip(0, 1)"
        elif low >= 0 and 2 < high <= 255:
            cure = "divide by 255"
        raise TcvaeError(where, f"holds {dtype} pixels from {low:g} to {high:g}, not 0 to 1", cure)
    if len(shape) == 3:
        if levels and dtype == np.uint8:
            raise TcvaeError(where, f"holds colours from {low:g} to {high:g} only", "multiply them by 255")
        return "rgb", 1 if dtype == np.uint8 else 255
    return ("binary", 1) if levels else ("grey", 1 if dtype == np.uint8 else 255)
