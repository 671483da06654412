"""Which columns of a table are factors: neither an index nor names of pictures."""

import posixpath
import re
from collections.abc import Sequence

from tcvae_cli.datasets.labels import Factor, factor_of, readable
from tcvae_cli.datasets.own.tables import Table
from tcvae_cli.datasets.picture_files import SUFFIXES
from tcvae_cli.datasets.words import MISSING_WORDS, NUMBER, number_in, shown
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.names import check_count
from tcvae_cli.text import listed

INDEX = re.compile(r"(Unnamed: .*|[Ii]ndex|[Ii]d|ID|X)?")  # as pandas and R call one, or nothing
FIRST = re.compile(r"(Unnamed: \d+(\.\d+)?)?")  # what pandas calls a column without a name, where it has read one
AGAIN = re.compile(r"Unnamed: 0(\.\d+)?")  # and where it has read such a table again


def labels_of(table: Table, names: Sequence[str] = ()) -> Table:
    """Return the table without columns that are no factors, which its notes tell of.

    NAMES: of the picture in each line, from a column that was taken away before. TcvaeError where nothing is left.
    """
    files = [place for place in range(len(table.head)) if are_pictures(table.column(place), names)]
    if files:
        table.notes.append(f"left out of {table.where}: {called(table, files)} (names of pictures)")
        table = without(table, files)
    if not table.head:
        fault = "has a column of names of pictures and no other"
        raise TcvaeError(table.where, fault, "give a column for each factor: file,label,...")
    indexes: list[int] = []
    for place, name in enumerate(table.head):
        known = FIRST.fullmatch(name) if place == 0 else len(indexes) == place and AGAIN.fullmatch(name)
        column = table.column(place)
        if (known and len(set(column)) == len(column)) or (INDEX.fullmatch(name) and counts(column)):
            indexes.append(place)
    if indexes and len(indexes) < len(table.head):
        table.notes.append(f"left out of {table.where}: {called(table, indexes)} (an index)")
        table = without(table, indexes)
    return table


def counts(column: Sequence[str]) -> bool:
    """Return whether a column counts its lines, from 0 or from 1."""
    numbers = [number_in(cell) for cell in column]
    return any(numbers == list(range(first, first + len(column))) for first in (0, 1))


def are_pictures(column: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a column names picture files, each once, or the pictures NAMES with any suffix or none."""
    known = [cell for cell in column if cell not in MISSING_WORDS]
    if len(set(known)) < len(known) or all(NUMBER.fullmatch(cell) for cell in known):
        return False
    pairs = zip(column, names, strict=False)
    return all(cell.lower().endswith(SUFFIXES) for cell in known) or (
        len(names) > 0 and all(stem(cell) == stem(name) for cell, name in pairs if cell not in MISSING_WORDS)
    )


def stem(name: str) -> str:
    """Return the name of a file without its folders and its suffix."""
    return posixpath.splitext(posixpath.basename(name.replace("\\", "/")))[0]


def called(table: Table, places: Sequence[int]) -> str:
    """Return the names of some columns as a note has them."""
    names = [shown(table.head[place]) for place in places]
    return listed([f"column {name}" if name else "a column without a name" for name in names])


def without(table: Table, places: Sequence[int]) -> Table:
    """Return a table without some columns."""
    for place in reversed(places):
        table = table.without(place)
    return table


def factors_of_lines(table: Table, lines: Sequence[int | None]) -> Sequence[Factor]:
    """Return the columns of a table as factors of images, given the line of each, None where it has none.

    TcvaeError for too many or too long names.
    """
    check_count(len(table.head), table.where, "leave columns out")
    unknown = [""] * len(table.head)
    rows = [unknown if line is None else table.lines[line] for line in lines]
    columns = zip(table.head, zip(*rows, strict=True), strict=True)
    return readable([factor_of(name, list(column)) for name, column in columns], table.where)
