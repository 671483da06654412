"""Codes: the posterior of every image. Ours carry a header; a third party's `mean` and `log_std` alone are enough."""

import contextlib
import math
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.columns import check_classes
from tcvae_cli.files.provenance import Header, check_header, check_objects
from tcvae_cli.files.streams import display_name, writing
from tcvae_cli.files.tensors import read_tensors, write_tensor_header

WHAT = "codes (safetensors)"
POSTERIORS = ("normal", "laplace")
PRIORS = ("normal", "laplace", "flow")
HELD_BYTES = 1 << 28
FLOW = ("prior.u", "prior.w", "prior.b")


@dataclass(frozen=True)
class Codes:
    """mean, log_std (N, D); log_likelihood (N,); factor_classes (N, K) int64; probability (N,). Floats as stored."""

    path: str
    header: Header | None
    mean: Array
    log_std: Array
    log_likelihood: Array | None
    factor_classes: Array | None
    probability: Array | None
    posterior: str  # the family of q(z|n): normal or laplace
    prior: str  # normal, laplace or flow
    flow: tuple[Array, ...] | None  # u, w, b (D, steps) of a flow prior

    @property
    def factor_names(self) -> tuple[str, ...]:
        """As the data set named them, else factor_0, factor_1, ..."""
        if self.factor_classes is None:
            return ()
        names = (self.header or {}).get("data", {}).get("factor_names")
        return tuple(names or (f"factor_{k}" for k in range(self.factor_classes.shape[1])))

    @property
    def scored_factors(self) -> tuple[str, ...]:
        """Those that MIG is the mean over, all if nothing says otherwise."""
        return tuple((self.header or {}).get("data", {}).get("scored_factors") or self.factor_names)


def read_codes(path: str) -> Codes:
    """Codes from a file or standard input, checked: shapes that agree, finite numbers, probabilities that sum to 1."""
    header, tensors = read_tensors(path, WHAT)
    where = display_name(path)
    if header is not None:
        check_header(where, header, "codes", "`tcvae encode`")
        check_objects(where, header, "data", "settings")
    for name in ("mean", "log_std"):
        if name not in tensors:
            raise TcvaeError(
                where, f"has no tensor `{name}`, so it holds no codes", "give the output of `tcvae encode`"
            )
    codes = Codes(
        path=path,
        header=header,
        mean=tensors["mean"],
        log_std=tensors["log_std"],
        log_likelihood=tensors.get("log_likelihood"),
        factor_classes=tensors.get("factor_classes"),
        probability=tensors.get("probability"),
        posterior=family_in(where, header or {}, "posterior", POSTERIORS),
        prior=family_in(where, header or {}, "prior", PRIORS),
        flow=tuple(tensors[name] for name in FLOW) if all(name in tensors for name in FLOW) else None,
    )
    check_codes(codes, where)
    return codes


def family_in(where: str, header: Header, key: str, known: tuple[str, ...]) -> str:
    """The name of a family in the header, normal if it says nothing."""
    name = header.get(key, "normal")
    if name not in known:
        raise TcvaeError(
            where, f"has {key} {name!r}, not one of {', '.join(known)}", "upgrade tcvae, or write it again"
        )
    return str(name)


def check_codes(codes: Codes, where: str) -> None:
    """Refuse shapes and values that no estimator could make sense of."""
    shape = codes.mean.shape
    if len(shape) != 2 or min(shape) < 1 or codes.log_std.shape != shape:
        found = f"`mean` {list(shape)} and `log_std` {list(codes.log_std.shape)}"
        raise TcvaeError(where, f"{found} are not both (images, latents)", "write them as two equal matrices")
    expected = {"log_likelihood": (1, "f"), "factor_classes": (2, "iu"), "probability": (1, "f")}
    for name, (dimensions, kinds) in expected.items():
        tensor = getattr(codes, name)
        if tensor is None:
            continue
        if tensor.ndim != dimensions or len(tensor) != shape[0] or tensor.dtype.kind not in kinds or 0 in tensor.shape:
            found = f"`{name}` is {tensor.dtype} {list(tensor.shape)}"
            kind = "integers" if "i" in kinds else "numbers"
            raise TcvaeError(where, f"{found}, not {kind} for each of {shape[0]} images", "write it again")
    for name in ("mean", "log_std", "log_likelihood", "probability"):
        tensor = getattr(codes, name)
        if tensor is not None and (tensor.dtype.kind != "f" or not math.isfinite(largest(tensor))):
            raise TcvaeError(where, f"`{name}` holds NaN, infinity or no floats", "train or encode it again")
    if largest(codes.log_std) > 40 or largest(codes.mean) > 1e15:
        raise TcvaeError(where, "`mean` or `log_std` is absurd (beyond 1e15 or 40)", "train again with a lower rate")
    check_labels(codes, where)
    if codes.prior == "flow" and not sound_flow(codes):
        raise TcvaeError(where, f"has a flow prior but not its {', '.join(FLOW)}", "encode it again")
    if codes.probability is not None:
        total = float(codes.probability.sum(dtype=np.float64))
        if codes.probability.min() < 0 or abs(total - 1) > 1e-3:
            raise TcvaeError(where, f"`probability` sums to {total:.6g} or is negative", "make it sum to 1")


def check_labels(codes: Codes, where: str) -> None:
    """Refuse a header that tells of other rows, factors or classes than the tensors hold."""
    classes = codes.factor_classes
    check_described(codes.header or {}, len(codes.mean), None if classes is None else classes.shape[1], where)
    if classes is not None:
        sizes = ((codes.header or {}).get("data") or {}).get("factor_sizes")
        check_classes(classes, codes.factor_names, sizes, where)


def check_described(header: Header, rows: int, factors: int | None, where: str) -> None:
    """Refuse a header that tells of another number of images, or, where there are FACTORS, of other ones."""
    data = header.get("data") or {}
    told, sizes = data.get("rows", rows), data.get("factor_sizes")
    if told != rows:
        raise TcvaeError(where, f"its header tells of {told} images, and `mean` holds {rows}", "encode it again")
    if factors is None:
        return
    if not sound_names(header, factors):
        raise TcvaeError(where, "its header does not name each of its factors once", "encode it again")
    if sizes is not None and not (
        isinstance(sizes, list) and len(sizes) == factors and all(type(size) is int for size in sizes)
    ):
        raise TcvaeError(where, "its header does not give the size of each of its factors", "encode it again")


def largest(tensor: Array) -> float:
    """The largest absolute value, NaN where there is one, in no memory besides the tensor."""
    low, high = float(tensor.min()), float(tensor.max())
    return math.nan if math.isnan(low) or math.isnan(high) else max(-low, high)


def sound_names(header: Header, columns: int) -> bool:
    """Whether a header names no factors, or as many as there are columns, each with a name of its own."""
    data = header.get("data") or {}
    names, scored = (data.get(key) or [] for key in ("factor_names", "scored_factors"))
    lists = all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in (names, scored))
    return lists and (not names or (len(names) == columns == len(set(names)) and set(scored) <= set(names)))


def sound_flow(codes: Codes) -> bool:
    """Whether u, w and b of the flow prior are there, finite and of one shape (D, steps)."""
    shape = (codes.mean.shape[1], *(codes.flow[0].shape[1:] if codes.flow else ()))
    return (
        codes.flow is not None
        and len(shape) == 2
        and all(part.shape == shape and part.dtype.kind == "f" and np.isfinite(part).all() for part in codes.flow)
    )


def write_codes(
    stream: BinaryIO,
    header: Header,
    shapes_of_rows: dict[str, tuple[int, ...]],
    columns: dict[str, Array],
    rows: Iterable[tuple[Array, ...]],
) -> None:
    """Write codes as they come: ROWS yields blocks of the float32 tensors named in SHAPES_OF_ROWS, mean first.

    COLUMNS holds what is known beforehand (factor_classes, probability). Means are written at once; a safetensors file
    holds one tensor after the other, so the rest is held back, 4 (D + 1) bytes an image, on disk if that is much.
    """
    count = header["data"]["rows"]
    shapes = {name: (str(column.dtype), column.shape) for name, column in columns.items()}
    shapes |= {name: ("float32", (count, *shape)) for name, shape in shapes_of_rows.items()}
    write_tensor_header(stream, header, shapes)
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
    """The bytes of an array as safetensors stores them."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
