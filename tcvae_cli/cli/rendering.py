"""Tables for terminals of any width: no number, name or shape is cut, and nothing in them commands the terminal."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import IO, Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from tcvae_cli.errors import printable

NARROWEST = 12  # letters to which a column of words may shrink, and a quarter of the terminal
LONGEST_WORD = 16  # letters; what is longer may go on in the next line


class PlainConsole(Console):
    """Prints words as they are: in those of a file, brackets are brackets, and nothing commands a terminal."""

    def render_str(self, text: str, **style: Any) -> Text:
        return super().render_str(printable_lines(text), **style)


def print_table(content: object, width: int | None, file: IO[str] | None = None) -> None:
    """Print a table, or a group of them, in WIDTH columns, by default those of the terminal, on FILE or stdout.

    They look the same at every width. What does not fit is stacked: the columns that are left stand below, each row
    again behind its first cells.
    """
    console = PlainConsole(width=width, file=file, markup=False, emoji=False, highlight=False)
    for place, table in enumerate(content.renderables if isinstance(content, Group) else [content]):
        assert isinstance(table, Table)  # all verbs print these
        if place:
            console.print()
        console.print(fitted(table, console.width), overflow="fold")


def fitted(table: Table, width: int) -> RenderableType:
    """Return a table in which words break and numbers do not, such that nothing is cut; if need be, several of it.

    Where not even a single number fits beside the names of the rows it is a list.
    """
    lines = printable_lines(str(table.title or "")).split("\n")
    title = [Text(line, style="dim" if place else "bold") for place, line in enumerate(lines) if line]
    if fit(table.columns, width):
        return Group(*title, dressed(table))
    keys = list(itertools.takewhile(lambda column: column.justify == "left", table.columns)) or table.columns[:1]
    blocks = stacked(keys, table.columns[len(keys) :], width)
    if blocks is None:
        return Group(*title, *lines_of(table))
    parts: list[RenderableType] = [*title]
    for columns in blocks:
        part = dressed(part_of(table, columns, len(keys)))
        fit(part.columns, width)
        parts += [part, ""]
    return Group(*parts[:-1])


def dressed(table: Table) -> Table:
    """Return the table without a title, in the one look: a line below the heads, and space between columns."""
    table.title, table.box, table.show_edge, table.padding = None, SIMPLE, False, (0, 1, 0, 0)
    return table


def stacked(keys: Sequence[Column], rest: Sequence[Column], width: int) -> list[list[Column]] | None:
    """Return the columns of several tables, as few and even as can be, each with the KEYS first; None if none fits."""
    blocks: list[list[Column]] = []
    for column in rest:
        if blocks and fit([*blocks[-1], column], width):
            blocks[-1].append(column)
        elif fit([*keys, column], width):
            blocks.append([*keys, column])
        else:
            return None
    if not blocks:
        return None
    size = math.ceil(len(rest) / len(blocks))
    even = [[*keys, *rest[start : start + size]] for start in range(0, len(rest), size)]
    return even if all(fit(columns, width) for columns in even) else blocks


def part_of(table: Table, columns: Sequence[Column], keys: int) -> Table:
    """Return a table of some COLUMNS of another, of which the first are KEYS, without rows that are empty there."""
    part = Table(*(dataclasses.replace(column, _cells=[]) for column in columns))
    for row, cells in zip(table.rows, zip(*(column.cells for column in columns), strict=True), strict=True):
        if any(map(str, cells[keys:])):
            part.add_row(*cells, style=row.style, end_section=row.end_section)
    return part


def fit(columns: Sequence[Column], width: int) -> bool:
    """Set the widths of COLUMNS of a table of WIDTH, and return whether they fit: words shrink first, then numbers.

    The widest shrinks first, one letter at a time, to a quarter of the WIDTH. A number needs all its digits in one
    line; a head and a cell of several numbers break at spaces.
    """
    room = width - 2 * len(columns) + 1
    lines = [[line for cell in cells_of(column) for line in cell.split("\n")] for column in columns]
    widths = [max(map(cell_len, own)) for own in lines]
    numbers = [column.justify == "right" for column in columns]
    least = [min(own, least_of(column, width // 4)) for column, own in zip(columns, widths, strict=True)]
    if sum(least) > room:
        return False
    for shrinking in (False, True):
        able = [place for place, number in enumerate(numbers) if number is shrinking]
        while sum(widths) > room and (able := [place for place in able if widths[place] > least[place]]):
            widths[max(able, key=widths.__getitem__)] -= 1
    for column, own in zip(columns, widths, strict=True):
        column.overflow, column.width = "fold", own
    return True


def least_of(column: Column, narrowest: int) -> int:
    """Return how wide a column must be: as its longest number, or of words as NARROWEST or all but the longest word."""
    head, *texts = cells_of(column)
    words = max((cell_len(word) for text in texts for word in text.split()), default=1)
    heading = max(map(cell_len, head.split()), default=1)
    if column.justify == "right":  # two numbers, as of an interval, stay in one line too if they are short
        return max(words, *(min(cell_len(text), LONGEST_WORD) for text in (*texts, heading * "-")))
    return max(min(max(heading, words), LONGEST_WORD), narrowest, NARROWEST)


def cells_of(column: Column) -> list[str]:
    """Return the head of a column and its cells, as they are printed."""
    return [printable_lines(str(cell)) for cell in (column.header, *column.cells)]


def printable_lines(text: str) -> str:
    """Return TEXT with escapes for what cannot be printed, but for the ends of its lines."""
    return "\n".join(map(printable, text.split("\n")))


def lines_of(table: Table) -> Iterator[Text]:
    """Yield the lines of a table without its title as a list: each row's first cell, below it the others by name."""
    heads, *rows = zip(*map(cells_of, table.columns), strict=True)
    for row, about in zip(rows, table.rows, strict=True):
        named = [f"{head} {cell}".strip() for head, cell in zip(heads, row, strict=True) if cell]
        for place, line in enumerate(named):
            yield Text("  " * bool(place) + line, style=about.style or "")
