"""What codes have to be for an estimator to make sense of them: shapes that agree, finite numbers, labels that fit."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.columns import check_classes
from tcvae_cli.files.factor_values import finite_values, ranks, refuse_disagreement
from tcvae_cli.files.headers import DataHeader
from tcvae_cli.files.names import check_count

if TYPE_CHECKING:
    from tcvae_cli.files.codes import Codes

CURE = "make it again"
FLOW = ("prior.u", "prior.w", "prior.b")
OF_ARGUMENTS = {"factor_classes": "factors", "factor_values": "values"}  # what Codes.of calls them
MOST = {"log_std": 40.0, "mean": 1e15}  # away from 0


def checked(codes: "Codes") -> "Codes":
    """Return codes whose shapes and numbers make sense, with classes for their factor values if they have none."""
    check_codes(codes)
    classes, values = codes.factor_classes, codes.factor_values
    if values is None:
        return codes
    name = "values" if codes.path is None else "factor_values"  # as Codes.of calls them
    values = finite_values(name, values, classes, codes.factor_names, codes.where)
    codes = replace(codes, factor_values=values, factor_classes=ranks(values) if classes is None else classes)
    if classes is None:
        check_labels(codes)
    else:
        refuse_disagreement(values, classes, codes.factor_names, codes.where)
    return codes


def check_codes(codes: "Codes") -> None:
    """Refuse shapes and values that no estimator could make sense of."""
    shape, where = codes.mean.shape, codes.where
    if len(shape) != 2 or min(shape) < 1 or codes.log_std.shape != shape:
        found = f"`mean` {list(shape)} and `log_std` {list(codes.log_std.shape)}"
        raise TcvaeError(where, f"{found} are not both (images, latents)", "write them as two equal matrices")
    expected = {"log_likelihood": (1, "f"), "factor_classes": (2, "iu"), "factor_values": (2, "f")}
    expected["probability"] = (1, "f")
    for name, (dimensions, kinds) in expected.items():
        tensor = getattr(codes, name)
        if tensor is None:
            continue
        if tensor.dtype.kind not in kinds:
            whole = "i" in kinds
            cure = "number the classes from 0 on, and store real values as `factor_values`" if whole else CURE
            if name == "factor_values":
                cure = "store it as float32 or float64, or as `factor_classes`"
            raise TcvaeError(where, f"`{name}` is {tensor.dtype}, not {'integers' if whole else 'floats'}", cure)
        if tensor.ndim != dimensions or len(tensor) != shape[0] or 0 in tensor.shape:
            wanted = "one number"
            if dimensions == 2:
                wanted = "one row of classes" if name == "factor_classes" else "one row of values"
            shown = OF_ARGUMENTS.get(name, name) if codes.path is None else name
            fault = f"`{shown}` has the shape {list(tensor.shape)}, not {wanted} for each of {shape[0]} images"
            raise TcvaeError(where, fault, CURE)
    for name in ("mean", "log_std", "log_likelihood", "probability"):
        tensor = getattr(codes, name)
        if tensor is not None and tensor.dtype.kind != "f":
            raise TcvaeError(where, f"`{name}` is {tensor.dtype}, not floats", CURE)
        if tensor is not None and not math.isfinite(largest(tensor)):
            raise error_of_infinity(codes, name, tensor)
    for name, most in MOST.items():
        tensor = getattr(codes, name)
        if largest(tensor) > most:
            raise error_of_size(codes, name, tensor, most)
    check_labels(codes)
    if codes.prior == "flow" and not sound_flow(codes):
        raise TcvaeError(where, f"has a flow prior but not its {', '.join(FLOW)}", "encode it again")
    if codes.probability is not None:
        total, least = float(codes.probability.sum(dtype=np.float64)), int(codes.probability.argmin())
        if codes.probability[least] < 0:
            fault = f"`probability` of image {least} is {codes.probability[least]:.6g}"
            raise TcvaeError(where, fault, "give 0 to images that are never drawn")
        if abs(total - 1) > 1e-3:
            raise TcvaeError(where, f"`probability` sums to {total:.6g}, not 1", "divide it by its sum")


def error_of_infinity(codes: "Codes", name: str, tensor: Array) -> TcvaeError:
    """Return the error for a TENSOR that holds NaN or infinity: in how many images, and in which first."""
    bad = np.flatnonzero(~np.isfinite(tensor.reshape(len(tensor), -1)).all(axis=1))
    fault = f"`{name}` holds NaN or infinity in {len(bad):,} of {len(tensor):,} images, first in image {bad[0]}"
    others = "encode these images again, or leave them out of all tensors"
    return TcvaeError(codes.where, fault, others if codes.header is None else "train or encode it again")


def error_of_size(codes: "Codes", name: str, tensor: Array, most: float) -> TcvaeError:
    """Return the error for a TENSOR with a number further than MOST from 0."""
    value = float(tensor.min() if -tensor.min() > tensor.max() else tensor.max())
    what = "natural logarithms of standard deviations" if name == "log_std" else "means"
    others = f"store {what} within {most:g} of 0"
    cure = others if codes.header is None else "train again with a lower learning rate"
    return TcvaeError(codes.where, f"`{name}` holds {value:.6g}, which is not from -{most:g} to {most:g}", cure)


def check_labels(codes: "Codes") -> None:
    """Refuse a header that tells of other rows, factors or classes than the tensors hold."""
    classes, values = codes.factor_classes, codes.factor_values
    labels = values if classes is None else classes
    check_described(codes.data, len(codes.mean), None if labels is None else labels.shape[1], codes.where)
    if classes is not None and values is not None and classes.shape != values.shape:
        fault = f"has {classes.shape[1]} factors in `factor_classes` and {values.shape[1]} in `factor_values`"
        raise TcvaeError(codes.where, fault, "give both for each factor; NaN throughout where one has classes only")
    if classes is not None:
        check_count(classes.shape[1], codes.where, "leave some out")
        check_classes(classes, codes.factor_names, codes.data.factor_sizes or None, codes.where)


def check_described(data: DataHeader, rows: int, factors: int | None, where: str) -> None:
    """Refuse a header that tells of another number of images or, if their number is given, of other FACTORS."""
    if data.rows not in (0, rows):
        raise TcvaeError(where, f"its header tells of {data.rows} images, and `mean` holds {rows}", "encode it again")
    if factors is None:
        return
    if len(data.factor_names) not in (0, factors):
        raise TcvaeError(where, "its header does not name each of its factors once", "encode it again")
    if len(data.factor_sizes) not in (0, factors):
        raise TcvaeError(where, "its header does not give the size of each of its factors", "encode it again")


def largest(tensor: Array) -> float:
    """Return the largest absolute value, NaN where there is one, in no memory besides the tensor."""
    low, high = float(tensor.min()), float(tensor.max())
    return math.nan if math.isnan(low) or math.isnan(high) else max(-low, high)


def sound_flow(codes: "Codes") -> bool:
    """Return whether u, w and b of the flow prior are there, finite and of one shape (latents, steps)."""
    shape = (codes.mean.shape[1], *(codes.flow[0].shape[1:] if codes.flow else ()))
    return (
        codes.flow is not None
        and len(shape) == 2
        and all(part.shape == shape and part.dtype.kind == "f" and np.isfinite(part).all() for part in codes.flow)
    )
