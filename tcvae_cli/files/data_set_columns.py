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


def damaged(path: str) -> TcvaeError:
    """A file that HDF5 gives up on."""
    return TcvaeError(display_name(path), "is damaged or cut short (HDF5 cannot read it)", "copy or prepare it again")


def read_classes(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Factor classes (rows, factors) int64, or None where the file has no labels."""
    if not description.factor_names:
        return None
    try:
        if description.name == "shapes3d" and "labels" in file:
            labels = np.asarray(file["labels"])
            return np.stack([np.unique(column, return_inverse=True)[1] for column in labels.T], axis=1).astype(np.int64)
        classes = np.asarray(file["latents/classes"])
    except (KeyError, OSError, AttributeError, TypeError, ValueError):
        raise damaged(path) from None
    if classes.dtype.kind not in "iu":
        raise TcvaeError(display_name(path), f"`latents/classes` is {classes.dtype}, not integers", "write it again")
    classes = classes.astype(np.int64)
    if classes.shape != (description.rows, len(description.factor_names)):
        raise TcvaeError(display_name(path), "`latents/classes` does not match `imgs`", "prepare the file again")
    return classes


def read_values(file: h5py.File, description: "Description", path: str) -> Array | None:
    """Factor values (rows, factors) float64, or None where the file has none."""
    name = "labels" if "labels" in file and "latents" not in file else "latents/values"
    if name not in file or not description.factor_names:
        return None
    try:
        values: Array = np.asarray(file[name], dtype=np.float64)
    except (OSError, AttributeError, TypeError, ValueError):
        raise damaged(path) from None
    if values.shape != (description.rows, len(description.factor_names)) or not np.isfinite(values).all():
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
