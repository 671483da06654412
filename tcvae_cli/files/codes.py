"""Codes: the posterior of every image. Ours carry a header; a third party's `mean` and `log_std` alone are enough."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes_checks import FLOW, MOST, checked
from tcvae_cli.files.codes_npz import npz_arrays
from tcvae_cli.files.codes_table import LONGEST_HEAD, is_table, table_arrays
from tcvae_cli.files.headers import CodesHeader, DataHeader, codes_header
from tcvae_cli.files.own_arrays import own_array, own_classes, own_values
from tcvae_cli.files.renamed import renaming
from tcvae_cli.files.streams import binary_input, display_name, writing
from tcvae_cli.files.tensors import read_contents, tensors_behind, write_tensor_header

WHAT = "codes (safetensors, npz or csv)"
ZIPPED = b"PK\3\4"
HELD_BYTES = 1 << 28
MAKING = "write `mean` and `log_std` by numpy.savez or as safetensors (docs/formats.md)"  # of another file of arrays
REQUIRED = ("mean", "log_std")
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
    means_alone: bool = False  # whether their file has no log_std, which is then as small as can be

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


def read_codes(path: str | os.PathLike[str], *, means_alone: bool = False) -> Codes:
    """Return the codes in a file or in standard input, checked: safetensors, npz, or a table (csv).

    MEANS_ALONE: whether `mean` without `log_std` is enough. Errors: TcvaeError unless shapes agree, numbers are finite
    and probabilities sum to 1.
    """
    path = os.fspath(path)
    with binary_input(path, WHAT) as stream:
        return codes_behind(stream, path, means_alone=means_alone)


def codes_behind(stream: BinaryIO, path: str, head: bytes = b"", what: str = WHAT, means_alone: bool = False) -> Codes:
    """Return the codes in a stream that was opened from PATH, of which a HEAD of up to 9 bytes was read already.

    WHAT is expected of a file that holds none; MEANS_ALONE as in `read_codes`.
    """
    stored = stored_in(stream, path, head, what)
    tensors = stored.arrays
    missing = [name for name in REQUIRED if name not in tensors]
    without_widths = missing == ["log_std"] and not renaming(missing, stored.names)
    if missing and not (means_alone and without_widths):
        raise error_of_missing(display_name(path), stored, missing, without_widths)
    if without_widths:
        tensors["log_std"] = np.full(tensors["mean"].shape, -MOST["log_std"], np.float32)
    codes = Codes(
        mean=tensors["mean"],
        log_std=tensors["log_std"],
        log_likelihood=tensors.get("log_likelihood"),
        factor_classes=in_columns(tensors.get("factor_classes")),
        probability=tensors.get("probability"),
        flow=FlowTensors(*(tensors[name] for name in FLOW)) if all(name in tensors for name in FLOW) else None,
        header=stored.header,
        path=path,
        others=tuple(name for name in stored.names if name not in TENSORS and stored.word != "column"),
        factor_values=in_columns(tensors.get("factor_values")),
        means_alone=without_widths,
    )
    return checked(codes)


class Stored(NamedTuple):
    """What a file of codes holds, whatever its format: what it calls its arrays, their names, and those that count."""

    word: str  # tensor, array or column
    header: CodesHeader | None
    names: list[str]
    arrays: dict[str, Array]


def error_of_missing(where: str, stored: Stored, missing: list[str], without_widths: bool) -> TcvaeError:
    """Return the error for a file that lacks what codes need, and what makes it of what is there."""
    what = missing[0] if stored.word != "column" else f"z0_{missing[0]}"
    cure = renaming(missing, stored.names) or "give the output of `tcvae encode`"
    if without_widths:
        cure = "write it; score and no other verb measures means alone (docs/formats.md)"
    return TcvaeError(where, f"has no {stored.word} `{what}`, so it holds no codes", cure)


def is_converted(head: bytes) -> bool:
    """Return whether a file that begins with HEAD may be codes as npz or as a table, which are not safetensors."""
    return bool(head) and (head.startswith(ZIPPED) or b"\0" not in head)


def stored_in(stream: BinaryIO, path: str, head: bytes, what: str) -> Stored:
    """Return what a stream that was opened from PATH, of which HEAD was read, holds: its start tells the format."""
    head, where = head + stream.read(9 - len(head)), display_name(path)
    if head.startswith(ZIPPED):
        found, names, arrays = npz_arrays(rest_of(stream, head), path, TENSORS)
        if names:
            return Stored("array", None if found is None else codes_header(where, found), names, arrays)
    elif is_converted(head) and b"\n" not in head:  # of a first line so short the columns are not those of codes
        line = head + stream.readline(LONGEST_HEAD)
        if is_table(line):
            return Stored("column", *table_arrays(line, stream, path))
    contents = read_contents(stream, path, what, head, instead=MAKING)
    described = None if contents.header is None else codes_header(where, contents.header)
    names = list(contents.tensors)
    if "mean" not in names:  # of which the data need not be read
        return Stored("tensor", described, names, {"log_std": np.empty(0)} if "log_std" in names else {})
    return Stored("tensor", described, names, tensors_behind(stream, contents, TENSORS))


def rest_of(stream: BinaryIO, head: bytes) -> BinaryIO:
    """Return a stream from its start, whose HEAD was read: a pipe is read into memory."""
    if not stream.seekable():
        return BytesIO(head + stream.read())
    stream.seek(0)
    return stream


def in_columns(labels: Array | None) -> Array | None:
    """Return factor classes or values (N, K): of one factor they may be stored as (N,), two classes as booleans."""
    if labels is None:
        return None
    columns: Array = labels[:, None] if labels.ndim == 1 else labels
    return columns.view(np.uint8) if columns.dtype.kind == "b" else columns


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
