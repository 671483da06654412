"""Codes as a table with a row for each image: z0_mean, z1_mean, ..., z0_log_std, ..., factors, log_likelihood."""

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.files.headers import CodesHeader, DataHeader
from tcvae_cli.files.names import check_names
from tcvae_cli.files.streams import display_name, reading

CURE = "write it again as docs/formats.md has it"
NUMBERS = "write a number into every cell: classes as 0, 1, ..., and nan for what is not known"
SINGLE = ("log_likelihood", "probability")
OF_LATENT = re.compile(r"z(\d{1,6})_(mean|log_std)")
LONGEST_HEAD = 1 << 20  # bytes
FITTING = "end the name in .npz or .safetensors"
ROWS = 4096  # written at once


def is_table(head: bytes) -> bool:
    """Return whether the first line of a file, of which this is the HEAD, names the columns of codes."""
    return any(OF_LATENT.fullmatch(name.strip()) for name in head_of(head)[1])


def head_of(line: bytes) -> tuple[str, list[str]]:
    """Return what separates the columns of a first line, and their names."""
    text = line.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").rstrip("\r\n")
    separator = next((sign for sign in ",;\t" if sign in text), ",")
    try:
        return separator, [name.strip() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        return separator, []


def table_arrays(line: bytes, stream: BinaryIO, path: str) -> tuple[CodesHeader, list[str], dict[str, Array]]:
    """Return what a table says of its codes, the names of its columns, and its arrays by their names in codes.

    LINE is its first, behind which STREAM stands. A column of another name is a factor: classes where it has whole
    numbers from -1 on, else values. Factors with a single class are not scored.
    """
    where, (separator, names) = display_name(path), head_of(line)
    check_columns(where, names)
    with reading(path, NUMBERS):
        rows = numbers_in(stream, where, separator, len(names))
    columns = dict(zip(names, rows.T, strict=True))
    arrays: dict[str, Array] = {}
    for kind in ("mean", "log_std"):
        wanted = [f"z{number}_{kind}" for number in range(len(names)) if f"z{number}_{kind}" in columns]
        if wanted:
            arrays[kind] = as_float32(np.stack([columns[name] for name in wanted], 1))
    arrays |= {name: as_float32(columns[name]) for name in SINGLE if name in columns}
    if factors := factors_in(names):
        arrays |= labels_in(np.stack([columns[name] for name in factors], 1))
    scored = tuple(name for name in factors if len(np.unique(columns[name])) > 1)
    return CodesHeader(data=DataHeader(factor_names=tuple(factors), scored_factors=scored)), names, arrays


def numbers_in(stream: BinaryIO, where: str, separator: str, columns: int) -> Array:
    """Return the rows of numbers behind the first line of a table. Errors: TcvaeError, which names a bad line."""
    last = 1

    def lines() -> Iterator[bytes]:
        nonlocal last
        for last, line in enumerate(stream, 2):  # noqa: B007 (for the error)
            yield line

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no rows at all
        try:
            rows = np.loadtxt(
                lines(), np.float64, comments=None, delimiter=separator, quotechar='"', ndmin=2, encoding="utf-8"
            )
        except ValueError:
            raise TcvaeError(where, f"line {last} is not one number for each column", NUMBERS) from None
    if len(rows) == 0:
        raise TcvaeError(where, "has no line of numbers below the names of its columns", NUMBERS)
    if rows.shape[1] != columns:
        raise TcvaeError(where, f"its lines have {rows.shape[1]} numbers, and {columns} columns have names", NUMBERS)
    return rows


def as_float32(numbers: Array) -> Array:
    """Return numbers as float32, in which too large ones are infinite, and are refused as such."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def factors_in(names: Sequence[str]) -> list[str]:
    """Return the columns that are factors: those of no other meaning."""
    return [name for name in names if name not in SINGLE and not OF_LATENT.fullmatch(name)]


def check_columns(where: str, names: Sequence[str]) -> None:
    """Refuse a table that has a column without a name or twice, or none of a latent between others."""
    check_names(factors_in(names), where, CURE)
    if "" in names:
        fault = f"has no name for its column {names.index('') + 1}"
        raise TcvaeError(where, fault, "leave it out (to_csv of pandas by index=False), or name it as a factor")
    if twice := next((name for name, times in Counter(names).items() if times > 1), None):
        raise TcvaeError(where, f"has the column {twice!r} twice", "keep the one that is meant")
    for kind in ("mean", "log_std"):
        found = sorted(int(one[1]) for one in map(OF_LATENT.fullmatch, names) if one and one[2] == kind)
        if found != list(range(len(found))):
            lacking = min(set(range(len(found))) - set(found))
            raise TcvaeError(
                where, f"has no column `z{lacking}_{kind}`, but one of a later latent", "number them from 0"
            )


def labels_in(columns: Array) -> dict[str, Array]:
    """Return factors (N, K): classes, -1 where a cell is NaN, and the values of those that are no whole numbers."""
    classes, values = np.full(columns.shape, MISSING, np.int64), np.full(columns.shape, np.nan)
    for place, column in enumerate(columns.T):
        known = ~np.isnan(column)
        numbers = column[known]
        if (numbers == np.rint(numbers)).all() and numbers.min(initial=0) >= MISSING and numbers.max(initial=0) < 2**31:
            classes[known, place] = numbers
        else:
            values[:, place], classes[known, place] = column, np.unique(numbers, return_inverse=True)[1]
    return {"factor_classes": classes} | ({} if np.isnan(values).all() else {"factor_values": values})


def write_table(stream: BinaryIO, header: CodesHeader, arrays: Mapping[str, Array]) -> None:
    """Write codes as a table whose float32 numbers read back as the same. Errors: TcvaeError of `check_fits`."""
    names = check_fits(header, arrays)
    latents = range(arrays["mean"].shape[1])
    head = [f"z{latent}_{kind}" for kind in ("mean", "log_std") for latent in latents]
    parts, formats = [arrays["mean"], arrays["log_std"]], ["%.9g"] * len(head)
    values = arrays.get("factor_values")
    for place in range(len(names)):
        real = values is not None and not np.isnan(values[:, place]).all()
        parts.append((arrays["factor_values"] if real else arrays["factor_classes"])[:, [place]])
        formats.append("%.17g" if real else "%d")
    single = [name for name in SINGLE if name in arrays]
    head, formats = [*head, *names, *single], [*formats, *["%.9g"] * len(single)]
    parts += [arrays[name][:, None] for name in single]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(head)
    stream.write(line.getvalue().encode())
    for block in blocks_of(parts, ",".join(formats) + "\n"):
        stream.write(block.encode())


def blocks_of(parts: Sequence[Array], form: str) -> Iterator[str]:
    """Yield the rows of some arrays beside each other, written in this FORM, many at once."""
    for start in range(0, len(parts[0]), ROWS):
        rows = zip(*(part[start : start + ROWS].tolist() for part in parts), strict=True)
        yield "".join(form % tuple(number for cells in row for number in cells) for row in rows)


def check_fits(header: CodesHeader, arrays: Mapping[str, Array]) -> list[str]:
    """Return the names of the factors. TcvaeError for codes that a table does not tell whole."""
    if header.posterior != "normal" or header.prior != "normal":
        fault = f"has a {header.posterior} posterior and a {header.prior} prior, which a table does not tell"
        raise TcvaeError("codes", fault, FITTING)
    count = arrays["factor_classes"].shape[1] if "factor_classes" in arrays else 0
    names = [printable(name) for name in header.data.factor_names[:count]] or [f"factor_{k}" for k in range(count)]
    if taken := next((name for name in names if name in SINGLE or OF_LATENT.fullmatch(name)), None):
        raise TcvaeError("codes", f"has a factor called {taken}, as a column of latents is", FITTING)
    return names
