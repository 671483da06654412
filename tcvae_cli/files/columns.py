"""The columns of a data set file: factor classes and values, names of classes, sampling probability."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import h5py
import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.budget import most_held
from tcvae_cli.files.factor_values import finite_values, ranks
from tcvae_cli.files.hdf5 import reading_hdf5
from tcvae_cli.files.hdf5_arrays import array_in, texts_in
from tcvae_cli.files.inflating import read_part
from tcvae_cli.files.names import MOST_LETTERS
from tcvae_cli.files.streams import UnreadableError, display_name

if TYPE_CHECKING:
    from tcvae_cli.files.descriptions import Description

MOST_CLASSES = 1 << 63  # unsigned numbers beyond would turn into negative ones


def column_of(file: h5py.File, name: str, shape: tuple[int, ...], kinds: str, path: str) -> Array | None:
    """Return the numbers called NAME, None where there are none.

    TcvaeError unless they are of SHAPE and one of KINDS.
    """
    with reading_hdf5(path):
        stored = array_in(file, name)
        if stored is None:
            return None
        if stored.dtype.kind not in kinds or stored.shape != shape:
            wanted = f"{'integers' if kinds == 'iu' else 'numbers'} of shape {shape}"
            fault = f"`{name}` is {stored.dtype} of shape {stored.shape}, not {wanted}"
            raise TcvaeError(display_name(path), fault, "prepare the file again")
        most = most_held(file.id.get_filesize())
        if stored.nbytes > most:
            fault = f"`{name}` holds {stored.nbytes:,} bytes of numbers, more than {most:,} in a file of this size"
            raise TcvaeError(display_name(path), fault, "prepare fewer images or factors")
        return read_part(stored, slice(0, len(stored)))


def read_classes(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Return factor classes (rows, factors) int64, -1 where one is not known, or None where the file has no labels."""
    if not description.factor_names:
        return None
    shape = (description.rows, len(description.factor_names))
    classes = column_of(file, "latents/classes", shape, "iu", path)
    if classes is None and (values := read_values(file, description, path)) is not None:  # as in 3dshapes.h5
        classes = ranks(values)
    if classes is None:
        raise TcvaeError(display_name(path), "names factors and has no `latents/classes`", "prepare the file again")
    check_classes(classes, description.factor_names, description.factor_sizes, display_name(path))
    return classes.astype(np.int64, copy=False)


def check_classes(classes: Array, names: Sequence[str], sizes: Sequence[int] | None, where: str) -> None:
    """Refuse class numbers (rows, factors) below -1, or not below the size of their factor, if that is known."""
    for k, (name, column) in enumerate(zip(names, classes.T, strict=True)):
        low, high = int(column.min()), int(column.max())
        if low < MISSING or high >= (MOST_CLASSES if sizes is None else sizes[k]):
            has = "classes" if sizes is None else f"{sizes[k]} classes"
            fault = f"factor {name} has {has}, and numbers from {low} to {high}"
            raise TcvaeError(where, fault, "number classes from 0 on, with -1 for labels not known")


def read_values(file: h5py.File, description: "Description", path: str, classes: Array | None = None) -> Array | None:
    """Return factor values (rows, factors) float64, NaN where CLASSES tell no class; None if the file has none."""
    if not description.factor_names:
        return None
    shape = (description.rows, len(description.factor_names))
    values, name = column_of(file, "latents/values", shape, "iuf", path), "latents/values"
    if values is None and description.name == "shapes3d":
        values, name = column_of(file, "labels", shape, "iuf", path), "labels"
    if values is None:
        return None
    return finite_values(name, values, classes, description.factor_names, display_name(path))


def read_class_names(file: h5py.File, description: "Description", path: str) -> dict[str, tuple[str, ...]]:
    """Return the names of the classes of those factors that have some."""
    found, letters = {}, 0
    with reading_hdf5(path):
        for k, (name, size) in enumerate(zip(description.factor_names, description.factor_sizes, strict=True)):
            if (names := array_in(file, f"latents/class_names/{k}")) is not None:
                if names.shape != (size,):
                    raise ValueError
                found[name] = tuple(str(text) for texts in texts_in(names, "strict", MOST_LETTERS) for text in texts)
                letters += sum(map(len, found[name]))
                if letters > MOST_LETTERS:
                    raise UnreadableError(f"names its classes in more than {MOST_LETTERS:,} letters", "shorten them")
    return found


def read_probability(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Return the sampling probability of each row, normalised, or None where sampling is uniform."""
    weight = column_of(file, "probability", (description.rows,), "iuf", path)
    if weight is None:
        return None
    weight = weight.astype(np.float64)
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not np.isfinite(total) or weight.min() < 0 or total <= 0:
        raise TcvaeError(
            display_name(path), "`probability` is not one finite number >= 0 per row", "write the column again"
        )
    normalised: Array = weight / total
    return normalised
