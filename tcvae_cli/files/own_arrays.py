"""Arrays that somebody hands over as codes: copied, and in types that estimators take."""

from typing import Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError


def own_array(name: str, numbers: Any) -> Array:
    """Return a copy of a NumPy array or a PyTorch tensor on any device, floats in 32 or 64 bits; NAME is for errors."""
    if hasattr(numbers, "detach"):
        numbers = numbers.detach().cpu()
        halves = numbers.is_floating_point() and numbers.element_size() == 2  # NumPy knows no bfloat16
        numbers = (numbers.float() if halves else numbers).numpy()
    if np.ma.is_masked(numbers):
        raise TcvaeError("codes", f"`{name}` hides values behind a mask", "leave those rows out of all arrays")
    try:
        array = np.array(numbers, order="C")
    except ValueError:  # rows of several lengths
        raise TcvaeError("codes", f"`{name}` is no array of numbers", "give an array") from None
    if array.dtype.kind != "f":
        return array
    return array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64, copy=False)  # in this machine's order


def own_classes(factors: Any) -> Array:
    """Return a copy of the classes of factors (N, K) int64: one column may come as (N,), whole numbers as floats."""
    array, cure = own_array("factors", factors), "number the classes from 0 on, with -1 for labels not known"
    if array.dtype.kind not in "iufb":
        raise TcvaeError("codes", f"`factors` is {array.dtype}, not whole numbers", cure)
    if array.dtype.kind == "f":
        if not (np.isfinite(array) & (array == np.rint(array))).all():
            fault = "`factors` holds NaN, infinity or fractions"
            raise TcvaeError("codes", fault, f"{cure}; give real numbers as `values`")
        if (large := float(np.abs(array).max(initial=0))) >= whole_below(factors):
            raise TcvaeError("codes", f"`factors` holds {large:g}, and its floats lack whole numbers there", cure)
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise TcvaeError("codes", f"`factors` holds {array.max()}, more than 63 bits have", cure)
    whole: Array = array.astype(np.int64)
    return whole[:, None] if whole.ndim == 1 else whole


def own_values(values: Any) -> Array:
    """Return a copy of the values of factors (N, K) float64: one column may come as (N,), whole numbers as integers."""
    array = own_array("values", values)
    if array.dtype.kind not in "iuf":
        raise TcvaeError("codes", f"`values` is {array.dtype}, not real numbers", "give one number a factor and image")
    real: Array = array.astype(np.float64)
    return real[:, None] if real.ndim == 1 else real


def whole_below(floats: Any) -> float:
    """Return below which number an array or tensor of floats has all whole numbers, at most 2^53."""
    if hasattr(floats, "detach"):
        from torch import finfo

        spacing = finfo(floats.dtype).eps
    else:
        spacing = float(np.finfo(np.asarray(floats).dtype).eps)
    return 2 / max(spacing, float(np.finfo(np.float64).eps))
