"""Tables for terminals of any width: no number, name or shape is cut, and nothing in them commands the terminal."""

from collections.abc import Iterator, Sequence
from typing import IO, Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from tcvae_cli.errors import printable

NARROWEST = 12  # letters to which a column of words may shrink; longer words go on in the next line


class PlainConsole(Console):
    """Prints words as they are: in those of a file, brackets are brackets, and nothing commands a terminal."""

    def render_str(self, text: str, **style: Any) -> Text:
        return super().render_str(printable_lines(text), **style)


def print_table(content: object, width: int | None, file: IO[str] | None = None) -> None:
    """Print a table, or a group of them, in WIDTH columns, by default those of the terminal, on FILE or stdout.

    A table that does not fit becomes a list: one line for each cell.
    """
    console = PlainConsole(width=width, file=file, markup=False, emoji=False, highlight=False)
    for table in content.renderables if isinstance(content, Group) else [content]:
        assert isinstance(table, Table)  # all verbs print these
        console.print(fitted(table, console.width), overflow="fold")


def fitted(table: Table, width: int) -> RenderableType:
    """Return a table in which words break and numbers do not, such that nothing is cut; where it is too wide, a list.

    Before it becomes a list it loses its lines, which take a third of its room.
    """
    if fit(table.columns, width - 3 * len(table.columns) - 1):
        return table
    if fit(table.columns, width - 2 * len(table.columns) + 1):
        table.box, table.show_edge, table.padding = SIMPLE, False, (0, 1, 0, 0)
        return table
    return Group(*lines_of(table))


def fit(columns: Sequence[Column], width: int) -> bool:
    """Set the widths of COLUMNS, WIDTH in all, and return whether they fit: words shrink first, then what has spaces.

    The widest shrinks first, one letter at a time. A number needs all its digits in one line.
    """
    lines = [[line for cell in cells_of(column) for line in cell.split("\n")] for column in columns]
    widths = [max(map(cell_len, own)) for own in lines]
    words = [max((cell_len(word) for line in own for word in line.split()), default=0) for own in lines]
    numbers = [column.justify == "right" for column in columns]
    least = [word if number else min(NARROWEST, own) for word, number, own in zip(words, numbers, widths, strict=True)]
    if sum(least) > width:
        return False
    for shrinking in (False, True):
        able = [place for place, number in enumerate(numbers) if number is shrinking]
        while sum(widths) > width and (able := [place for place in able if widths[place] > least[place]]):
            widths[max(able, key=widths.__getitem__)] -= 1
    for column, own in zip(columns, widths, strict=True):
        column.overflow, column.width = "fold", own
    return True


def cells_of(column: Column) -> list[str]:
    """Return the head of a column and its cells, as they are printed."""
    return [printable_lines(str(cell)) for cell in (column.header, *column.cells)]


def printable_lines(text: str) -> str:
    """Return TEXT with escapes for what cannot be printed, but for the ends of its lines."""
    return "\n".join(map(printable, text.split("\n")))


def lines_of(table: Table) -> Iterator[Text]:
    """Yield the lines of a table as a list: the title, then each row's first cell and below it the others by name."""
    if table.title:
        yield Text(printable_lines(str(table.title)), style="italic")
    heads, *rows = zip(*map(cells_of, table.columns), strict=True)
    for row, about in zip(rows, table.rows, strict=True):
        named = [f"{head} {cell}".strip() for head, cell in zip(heads, row, strict=True) if cell]
        for place, line in enumerate(named):
            yield Text("  " * bool(place) + line, style=about.style or "")
