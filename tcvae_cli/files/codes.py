"""Codes: the posterior of every image. Ours carry a header; a third party's `mean` and `log_std` alone are enough."""

import contextlib
import math
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.columns import check_classes
from tcvae_cli.files.factor_values import finite_values, ranks, refuse_disagreement
from tcvae_cli.files.headers import CodesHeader, DataHeader, codes_header
from tcvae_cli.files.names import check_count
from tcvae_cli.files.own_arrays import own_array, own_classes, own_values
from tcvae_cli.files.renamed import renaming
from tcvae_cli.files.streams import binary_input, display_name, writing
from tcvae_cli.files.tensors import read_contents, tensors_behind, write_tensor_header

WHAT = "codes (safetensors)"
HELD_BYTES = 1 << 28
CURE = "make it again"
MAKING = "write `mean` and `log_std` by save_file of safetensors (docs/formats.md)"  # of another file of arrays
REQUIRED = ("mean", "log_std")
FLOW = ("prior.u", "prior.w", "prior.b")
OF_ARGUMENTS = {"factor_classes": "factors", "factor_values": "values"}  # what Codes.of calls them
MOST = {"log_std": 40.0, "mean": 1e15}  # away from 0
TENSORS = (*REQUIRED, "log_likelihood", "factor_classes", "factor_values", "probability", *FLOW)


class FlowTensors(NamedTuple):
    """A flow prior: x + u tanh(w x + b), step after step, to N(0, 1). Each is (latents, steps)."""

    u: Array
    w: Array
    b: Array


@dataclass(frozen=True, eq=False)
class Codes:
    """The posteriors of N images in D latents, floats as stored; `header` is None where nobody wrote one."""

    mean: Array  # (N, D)
    log_std: Array  # (N, D)
    log_likelihood: Array | None = None  # (N,)
    factor_classes: Array | None = None  # (N, K) integers, -1 where a label is not known
    probability: Array | None = None  # (N,), sums to 1; None where all images are equally likely
    flow: FlowTensors | None = None  # of a flow prior
    header: CodesHeader | None = None
    path: str | None = None  # where they were read from, for messages
    others: tuple[str, ...] = ()  # names of tensors of their file that were not read
    factor_values: Array | None = None  # (N, K) float64, NaN with class -1, and throughout where a factor has none

    @staticmethod
    def of(
        mean: ArrayLike,
        log_std: ArrayLike,
        factors: ArrayLike | None = None,
        probability: ArrayLike | None = None,
        values: ArrayLike | None = None,
    ) -> "Codes":
        """Return codes of copies of NumPy arrays or PyTorch tensors, checked like those of a file.

        MEAN and LOG_STD are floats (N, D), FACTORS are whole numbers (N, K) or (N,), the classes from 0 on, -1 where a
        label is not known, PROBABILITY is (N,) and sums to 1. VALUES are real numbers (N, K) or (N,) for the same
        factors, NaN throughout for one that has classes only; without FACTORS their order makes the classes. Floats of
        16 bits become float32. Errors: TcvaeError for shapes and values that no estimator can make sense of.
        """
        codes = Codes(
            mean=own_array("mean", mean),
            log_std=own_array("log_std", log_std),
            factor_classes=None if factors is None else own_classes(factors),
            probability=None if probability is None else own_array("probability", probability),
            factor_values=None if values is None else own_values(values),
        )
        return checked(codes)

    @property
    def where(self) -> str:
        """The name of the codes in messages."""
        return "codes" if self.path is None else display_name(self.path)

    @property
    def data(self) -> DataHeader:
        """The header of their data set; empty where they remember nothing."""
        return DataHeader() if self.header is None else self.header.data

    @property
    def posterior(self) -> str:
        """The family of q(z|n): normal or laplace."""
        return "normal" if self.header is None else self.header.posterior

    @property
    def prior(self) -> str:
        """The family of p(z): normal, laplace or flow."""
        return "normal" if self.header is None else self.header.prior

    @property
    def factor_names(self) -> tuple[str, ...]:
        """The names of the factors as the data set has them, else factor_0, factor_1, ..."""
        labels = self.factor_values if self.factor_classes is None else self.factor_classes
        if labels is None:
            return ()
        return self.data.factor_names or tuple(f"factor_{k}" for k in range(labels.shape[1]))

    @property
    def scored_factors(self) -> tuple[str, ...]:
        """The factors that MIG is the mean over, all of them if nothing says otherwise."""
        return self.data.scored_factors or self.factor_names


def read_codes(path: str | os.PathLike[str]) -> Codes:
    """Return the codes in a file or in standard input, checked.

    Errors: TcvaeError unless shapes agree, numbers are finite and probabilities sum to 1.
    """
    path = os.fspath(path)
    with binary_input(path, WHAT) as stream:
        contents = read_contents(stream, path, WHAT, instead=MAKING)
        described = None if contents.header is None else codes_header(contents.where, contents.header)
        if missing := [name for name in REQUIRED if name not in contents.tensors]:
            cure = renaming(missing, contents.tensors) or "give the output of `tcvae encode`"
            raise TcvaeError(contents.where, f"has no tensor `{missing[0]}`, so it holds no codes", cure)
        tensors = tensors_behind(stream, contents, TENSORS)
    codes = Codes(
        mean=tensors["mean"],
        log_std=tensors["log_std"],
        log_likelihood=tensors.get("log_likelihood"),
        factor_classes=in_columns(tensors.get("factor_classes")),
        probability=tensors.get("probability"),
        flow=FlowTensors(*(tensors[name] for name in FLOW)) if all(name in tensors for name in FLOW) else None,
        header=described,
        path=path,
        others=tuple(name for name in contents.tensors if name not in TENSORS),
        factor_values=in_columns(tensors.get("factor_values")),
    )
    return checked(codes)


def in_columns(labels: Array | None) -> Array | None:
    """Return factor classes or values (N, K): of one factor they may be stored as (N,), two classes as booleans."""
    if labels is None:
        return None
    columns: Array = labels[:, None] if labels.ndim == 1 else labels
    return columns.view(np.uint8) if columns.dtype.kind == "b" else columns


def checked(codes: Codes) -> Codes:
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


def check_codes(codes: Codes) -> None:
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


def error_of_infinity(codes: Codes, name: str, tensor: Array) -> TcvaeError:
    """Return the error for a TENSOR that holds NaN or infinity: in how many images, and in which first."""
    bad = np.flatnonzero(~np.isfinite(tensor.reshape(len(tensor), -1)).all(axis=1))
    fault = f"`{name}` holds NaN or infinity in {len(bad):,} of {len(tensor):,} images, first in image {bad[0]}"
    others = "encode these images again, or leave them out of all tensors"
    return TcvaeError(codes.where, fault, others if codes.header is None else "train or encode it again")


def error_of_size(codes: Codes, name: str, tensor: Array, most: float) -> TcvaeError:
    """Return the error for a TENSOR with a number further than MOST from 0."""
    value = float(tensor.min() if -tensor.min() > tensor.max() else tensor.max())
    what = "natural logarithms of standard deviations" if name == "log_std" else "means"
    others = f"store {what} within {most:g} of 0"
    cure = others if codes.header is None else "train again with a lower learning rate"
    return TcvaeError(codes.where, f"`{name}` holds {value:.6g}, which is not from -{most:g} to {most:g}", cure)


def check_labels(codes: Codes) -> None:
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


def sound_flow(codes: Codes) -> bool:
    """Return whether u, w and b of the flow prior are there, finite and of one shape (latents, steps)."""
    shape = (codes.mean.shape[1], *(codes.flow[0].shape[1:] if codes.flow else ()))
    return (
        codes.flow is not None
        and len(shape) == 2
        and all(part.shape == shape and part.dtype.kind == "f" and np.isfinite(part).all() for part in codes.flow)
    )


def write_codes(
    stream: BinaryIO,
    header: CodesHeader,
    shapes_of_rows: dict[str, tuple[int, ...]],
    columns: dict[str, Array],
    rows: Iterable[tuple[Array, ...]],
) -> None:
    """Write codes as they come: ROWS yields blocks of the float32 tensors named in SHAPES_OF_ROWS, mean first.

    COLUMNS holds what is known beforehand (factor_classes, factor_values, probability). Means are written at once; a
    safetensors file holds one tensor after the other, so the rest is held back, 4 (D + 1) bytes per image, on disk if
    that is much.
    """
    count = header.data.rows
    shapes = {name: (str(column.dtype), column.shape) for name, column in columns.items()}
    shapes |= {name: ("float32", (count, *shape)) for name, shape in shapes_of_rows.items()}
    write_tensor_header(stream, header.record(), shapes)
    for column in columns.values():
        stream.write(little_endian(column))
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(tempfile.SpooledTemporaryFile(HELD_BYTES)) for _ in range(len(shapes_of_rows) - 1)]
        for mean, *rest in rows:
            stream.write(little_endian(mean))
            for spool, part in zip(held, rest, strict=True):
                with writing(tempfile.gettempdir()):  # no fault of the output's disk
                    spool.write(little_endian(part))
        for spool in held:
            spool.seek(0)
            shutil.copyfileobj(spool, stream, 1 << 20)


def little_endian(array: Array) -> bytes:
    """Return the bytes of an array as safetensors stores them."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
