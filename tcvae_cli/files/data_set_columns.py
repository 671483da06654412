"""The columns of a data set file: factor classes and values, names of classes, sampling probability."""

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import Description

Array = npt.NDArray[Any]
MISSING = -1  # the class of a label that is not known


def damaged(path: str) -> TcvaeError:
    """A file that HDF5 gives up on."""
    return TcvaeError(display_name(path), "is damaged or cut short (HDF5 cannot read it)", "copy or prepare it again")


def read_classes(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Factor classes (rows, factors) int64, -1 where one is not known, or None where the file has no labels."""
    if not description.factor_names:
        return None
    values = None if "latents" in file else read_values(file, description, path)
    if values is None:
        classes = stored_classes(file, description, path)
    else:  # 3dshapes.h5
        classes = np.stack([np.unique(column, return_inverse=True)[1] for column in values.T], axis=1)
    for name, column, size in zip(description.factor_names, classes.T, description.factor_sizes, strict=True):
        if column.min() < MISSING or column.max() >= size:
            fault = f"factor {name} has {size} classes, and numbers from {column.min()} to {column.max()}"
            raise TcvaeError(display_name(path), fault, "number classes from 0 on, with -1 for labels not known")
    return classes.astype(np.int64)


def stored_classes(file: h5py.File, description: "Description", path: str) -> Array:
    """The integers of `latents/classes` (rows, factors), as they stand there."""
    try:
        classes = np.asarray(file["latents/classes"])
    except (KeyError, OSError, AttributeError, TypeError, ValueError):
        raise damaged(path) from None
    if classes.dtype.kind not in "iu":
        raise TcvaeError(display_name(path), f"`latents/classes` is {classes.dtype}, not integers", "write it again")
    if classes.shape != (description.rows, len(description.factor_names)):
        raise TcvaeError(display_name(path), "`latents/classes` does not match `imgs`", "prepare the file again")
    return classes


def read_values(file: h5py.File, description: "Description", path: str, classes: Array | None = None) -> Array | None:
    """Factor values (rows, factors) float64, NaN where CLASSES say that one is not known; None if the file has none."""
    name = "labels" if "labels" in file and "latents" not in file else "latents/values"
    if name not in file or not description.factor_names:
        return None
    try:
        values: Array = np.asarray(file[name], dtype=np.float64)
    except (OSError, AttributeError, TypeError, ValueError):
        raise damaged(path) from None
    sound = values.shape == (description.rows, len(description.factor_names))
    if sound and classes is not None:
        values[classes == MISSING] = np.nan
    if not sound or not (np.isfinite(values) | (classes == MISSING)).all():
        raise TcvaeError(display_name(path), f"`{name}` does not match the images or is not finite", "write it again")
    return values


def read_class_names(file: h5py.File, description: "Description", path: str) -> dict[str, tuple[str, ...]]:
    """The names of the classes of those factors that have some."""
    found = {}
    try:
        for k, (name, size) in enumerate(zip(description.factor_names, description.factor_sizes, strict=True)):
            if (place := f"latents/class_names/{k}") in file:
                found[name] = tuple(map(str, file[place].asstr()[()]))
                if len(found[name]) != size:
                    raise ValueError
    except (OSError, AttributeError, TypeError, ValueError):
        raise damaged(path) from None
    return found


def read_probability(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Sampling probability of each row, normalised, or None where sampling is uniform."""
    if "probability" not in file:
        return None
    try:
        weight: Array = np.asarray(file["probability"], dtype=np.float64)
    except (OSError, TypeError, ValueError):
        raise damaged(path) from None
    if weight.shape != (description.rows,) or not np.isfinite(weight).all() or weight.min() < 0 or weight.sum() <= 0:
        raise TcvaeError(
            display_name(path), "`probability` is not one finite number >= 0 a row", "write the column again"
        )
    normalised: Array = weight / weight.sum()
    return normalised
