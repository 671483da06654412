"""The labels of arrays: an array of columns, the fields of a structured one, a group of arrays, or another file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.labels import Factor, factor_of, readable
from tcvae_cli.datasets.own.array_files import Stored, open_arrays
from tcvae_cli.datasets.own.columns import factors_of_lines, labels_of
from tcvae_cli.datasets.own.tables import read_table
from tcvae_cli.datasets.words import NUMBER, shown, text_of
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.names import check_count
from tcvae_cli.files.streams import display_name
from tcvae_cli.text import listed

MOST_NAME_BYTES = 1 << 24
MOST_LABEL_BYTES = 1 << 28  # in memory: 600,000 images with 50 factors
LABELS = ("factors", "labels", "latents/classes", "latents_classes", "factor_classes", "y")
NAMES = ("factor_names", "label_names")
KINDS = "iufbUS"
TABLES = (".csv", ".tsv", ".txt")
CURE = "give one number or word for each factor and image: (N, K) or (N,)"
TYPE_CURE = "store it by .astype(int) or .astype(str)"


class MisfitError(TcvaeError):
    """There are labels of FOUND rows, and another number of images."""

    def __init__(self, where: str, fault: str, cure: str, found: int) -> None:
        super().__init__(where, fault, cure)
        self.found = found


def labels_beside(
    arrays: Mapping[str, Stored], wanted: str | None, rows: int, path: str, notes: list[str]
) -> Sequence[Factor]:
    """Return the factors in a file of images: what is asked for, or the first array or group of a usual name.

    Adds to the notes where other arrays, or files in the same folder, may be labels.
    """
    where = display_name(path)
    name = wanted or next((name for name in LABELS if name in arrays or group(arrays, name)), None)
    if name is not None:
        return readable(factors_of(arrays, name, rows, where, notes), where)
    may_be = [
        f"{name} {array.shape}"
        for name, array in arrays.items()
        if array.shape[:1] == (rows,) and len(array.shape) < 3 and may_be_labels(array)
    ]
    if may_be:
        notes.append(f"no labels are taken: name them by {{factors}} if {listed(may_be)} may be some")
        return []
    files = [
        file
        for name in LABELS
        for kind in (".npy", *TABLES)
        if (file := Path(path).with_name(Path(name).name + kind)).is_file()
    ]
    if path != "-" and files and str(files[0]) != path:
        notes.append(f"no labels are taken: give {files[0]} by {{labels}} if it holds them")
    return []


def labels_in(path: str, wanted: str | None, rows: int, notes: list[str]) -> Sequence[Factor]:
    """Return the factors in a file of labels alone, a table or arrays, one row for each image in order."""
    where = display_name(path)
    if Path(path).suffix.lower() in TABLES and wanted is None:
        return table_factors(path, rows, notes)
    with open_arrays(path) as arrays:
        name = wanted or next((name for name in LABELS if name in arrays or group(arrays, name)), None)
        if name is None and len(arrays) == 1:
            (name,) = arrays
        if name is None:
            named = ", ".join(f"{name} {array.shape}" for name, array in sorted(arrays.items())) or "nothing"
            raise TcvaeError(where, f"holds no labels by a usual name ({named})", "name them by {factors}")
        return readable(factors_of(arrays, name, rows, where, notes), where)


def table_factors(path: str, rows: int, notes: list[str]) -> Sequence[Factor]:
    """Return the columns of a table, one line for each image. Numbers above them are names if lines are enough."""
    table = read_table(path)
    numbers = all(NUMBER.fullmatch(name) for name in table.head)
    if numbers and len(table.lines) == rows - 1:
        table.lines.insert(0, table.head)
        table.head = [""] * len(table.head)
    else:
        if numbers:
            said = listed([shown(name) for name in table.head])
            table.notes.append(f"takes the numbers in the first line of {table.where} for names of factors: {said}")
        table = labels_of(table)
    if len(table.lines) != rows:
        fault = f"has {len(table.lines):,} lines below its names, and there are {rows:,} images"
        cure = "give one line for each image, in the order of the images"
        raise MisfitError(table.where, fault, cure, len(table.lines))
    notes += table.notes
    return factors_of_lines(table, range(rows))


def factors_of(arrays: Mapping[str, Stored], name: str, rows: int, where: str, notes: list[str]) -> list[Factor]:
    """Return the factors called NAME: the columns or fields of an array, or the arrays of a group."""
    if name in arrays:
        table = table_of(arrays[name].readable(where), rows, f"{where}: {name}")
        if table.dtype.names:
            return [factor_of(field, table[field]) for field in table.dtype.names]
        return columns_of(table, factor_names(arrays, table.shape[1], notes))
    members = group(arrays, name)
    if not members:
        raise ArgumentError("factors", f"there is no {name} in {where}", f"it holds {', '.join(sorted(arrays))}")
    found, others = [], []
    for member, stored in members.items():
        if stored.readable(where).shape[:1] != (rows,):
            others.append(f"{name}/{member} {stored.shape}")
            continue
        table = table_of(stored, rows, f"{where}: {name}/{member}")
        count = table.shape[1]
        found += columns_of(table, [member] if count == 1 else [f"{member}_{k}" for k in range(count)])
    if not found:
        fault = f"holds {listed(others)}, and there are {rows:,} images"
        raise MisfitError(f"{where}: {name}", fault, CURE, (*next(iter(members.values())).shape, 0)[0])
    if others:
        notes.append(f"no labels are taken from {listed(others)}, as there are {rows:,} images")
    return found


def group(arrays: Mapping[str, Stored], name: str) -> dict[str, Stored]:
    """Return the arrays in a group, by their names in it."""
    return {full[len(name) + 1 :]: array for full, array in arrays.items() if full.startswith(f"{name}/")}


def may_be_labels(stored: Stored) -> bool:
    """Return whether an array holds a number or word for each factor and image, by its type."""
    fields = [stored.dtype[name] for name in stored.dtype.names or ()]
    return stored.dtype.kind in KINDS or bool(fields and all(field.kind in KINDS for field in fields))


def type_of(stored: Stored) -> str:
    """Return what an array holds, for people. Objects are pickles, which might run programs."""
    return "Python objects" if stored.dtype.kind == "O" else stored.type_name


def table_of(stored: Stored, rows: int, where: str) -> Array:
    """Return an array of labels (rows, factors), or of fields (rows,). TcvaeError for one that is none."""
    shape, fields = stored.shape, stored.dtype.names
    odd = next((name for name in fields or () if stored.dtype[name].kind not in KINDS), None)
    if odd is not None:
        fault = f"its field {shown(odd)} is {stored.dtype[odd]}"
        raise TcvaeError(where, fault, "give fields of one number or short word for each image")
    width = int(np.prod(shape[1:], dtype=np.float64))
    if not may_be_labels(stored):
        raise TcvaeError(where, f"is of {type_of(stored)}, not of numbers or words", TYPE_CURE)
    if len(shape) in (1, 2) and shape[0] != rows:
        fault = f"is {stored.type_name} of shape {shape}, and there are {rows:,} images"
        raise MisfitError(where, fault, CURE, shape[0])
    if len(shape) not in (1, 2) or (fields and width > 1):
        raise TcvaeError(where, f"is {stored.type_name} of shape {shape}, and there are {rows:,} images", CURE)
    check_count(width, where, "give fewer columns")
    table = stored.whole(MOST_LABEL_BYTES)
    if table is None:
        fault = f"takes more than {MOST_LABEL_BYTES:,} bytes"
        raise TcvaeError(where, fault, "give numbers of fewer bytes, shorter words or fewer factors")
    table = table.reshape(rows) if fields else table.reshape(rows, -1)
    for part in [table[name] for name in fields] if fields else [table]:
        if part.dtype.kind == "f" and (np.abs(part) > np.finfo(np.float64).max).any():
            raise TcvaeError(where, "holds infinity", "replace it, by NaN where a label is not known")
    return table


def columns_of(table: Array, names: Sequence[str]) -> list[Factor]:
    """Return the columns of a table as factors."""
    return [factor_of(name, table[:, k]) for k, name in enumerate(names)]


def factor_names(arrays: Mapping[str, Stored], count: int, notes: list[str]) -> Sequence[str]:
    """Return what the factors are called: by an array of names in the file, else factor_0, factor_1, ..."""
    for name in (name for name in NAMES if name in arrays):
        stored = arrays[name]
        if (
            stored.shape == (count,)
            and stored.dtype.kind in "US"
            and (words := stored.whole(MOST_NAME_BYTES)) is not None
        ):
            return [text_of(word) for word in words]
        if stored.shape == (count,) and stored.dtype.kind not in "US":
            fault = f"it is of {type_of(stored)}, not of words: store it by .astype(str)"
        else:
            fault = f"it is not one name for each factor ({count})"
        notes.append(f"{name} {stored.shape} is left out: {fault}")
    return [f"factor_{k}" for k in range(count)]
