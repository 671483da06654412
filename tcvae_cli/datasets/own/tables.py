"""Tables of labels as spreadsheets and other programs write them: CSV in any Unicode, with any usual separator."""

import csv
import io
import re
from dataclasses import dataclass, field

from tcvae_cli.datasets.picture_files import SUFFIXES
from tcvae_cli.datasets.words import MISSING_WORDS, NUMBER, shown
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.kinds import HEAD, OTHER, PAGE, kind_of
from tcvae_cli.files.names import MOST_FACTORS
from tcvae_cli.files.streams import binary_input, display_name, reading
from tcvae_cli.files.unicode import as_utf8

SEPARATORS = ",;\t| "
FILE_COLUMNS = ("file", "filename", "file_name", "image", "image_id", "path", "name")
MOST_BYTES = 1 << 28
MOST_COLUMNS = MOST_FACTORS + 2  # names of pictures, and an index
DECLARED = re.compile(r"sep=(.)\r?\n")  # a first line for Excel
COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
CURE = "save it as CSV in UTF-8"
CELLS = "give a line of names and, in each line below it, as many cells"
TITLES = "remove the lines above the line of names"
MOST_TITLES = 4  # lines


@dataclass
class Table:
    """A table of words. Its cells have no blanks around them."""

    where: str
    head: list[str]  # the names of the columns, of which some may be empty or the same
    lines: list[list[str]]  # as many cells in each
    notes: list[str] = field(default_factory=list)  # what a person should know of how it was read

    def column(self, place: int) -> list[str]:
        """Return the cells of a column."""
        return [line[place] for line in self.lines]

    def without(self, place: int) -> "Table":
        """Return the table without a column."""
        head, *lines = (line[:place] + line[place + 1 :] for line in [self.head, *self.lines])
        return Table(self.where, head, lines, self.notes)


def read_table(path: str) -> Table:
    """Read a table whose first line names its columns.

    Errors: TcvaeError naming the line that is no line of it, or what the file is in place of a table.
    """
    return table_in(text_in(path), display_name(path))


def table_in(text: str, where: str) -> Table:
    """Return the table in a text. Its separator is the one that gives each line as many cells."""
    commented, text = text.startswith("#"), text.removeprefix("# ")  # as NumPy begins a line of names
    declared = DECLARED.match(text)
    separators = SEPARATORS if declared is None else declared[1]
    rows, separator = cells_of(text if declared is None else f"\n{text[declared.end() :]}", separators, where)
    head, lines = rows[0], rows[1:]
    check_titles(rows, commented or is_shifted(rows), where)
    if is_shifted(rows):  # lines end in a separator, or begin with a name that has none itself
        head = ["", *head] if any(line[-1] for line in lines) else [*head, ""]
    filled = [k for k, name in enumerate(head) if name or any(line[k] for line in lines)]
    if len(filled) < len(head):
        head, *lines = ([line[k] for k in filled] for line in [head, *lines])
    table = Table(where, head, lines)
    if separator != ",":
        with_points(table)
    return table


def text_in(path: str) -> str:
    """Return the text of a file. TcvaeError saying what it is instead."""
    where = display_name(path)
    with binary_input(path, "a table of labels (CSV)") as stream, reading(path, "check the file system"):
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TcvaeError(where, f"has more than {MOST_BYTES:,} bytes", "give a table of fewer or shorter labels")
    kind, text, fault = kind_of(content[:HEAD]), None, "is binary, not CSV"
    try:
        text = as_utf8(content).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        fault = "is not text in UTF-8 or UTF-16"
    if text is None or "\0" in text or kind == PAGE:
        raise TcvaeError(where, fault if kind == OTHER else f"is {kind}, not CSV", CURE)
    return text


def cells_of(text: str, separators: str, where: str) -> tuple[list[list[str]], str]:
    """Return the cells of each line, and the one of some separators that was found between them."""
    best, chosen, most = [[""]], "", 0
    faults: dict[str, tuple[str, str]] = {}
    first = text.lstrip().partition("\n")[0]
    for separator in separators:
        if len(best[0]) > 1 and separator not in first:
            continue
        try:
            rows = split(text, separator)
        except ValueError as error:
            faults[separator] = error.args[0], error.args[1]
            continue
        usual = any(name.lower() in FILE_COLUMNS for name in rows[0])
        rank = 1 + usual + 2 * (not is_shifted(rows)) + 4 * (len(rows[0]) > 1)
        if rank > most:
            best, chosen, most = rows, separator, rank
    likely = max(faults, key=lambda separator: (separator != " ", text.count(separator)), default=" ")
    if not most or (len(best[0]) == 1 and likely != " " and likely in text):
        raise TcvaeError(where, *faults[likely])
    return best, chosen


def split(text: str, separator: str) -> list[list[str]]:
    """Return the cells of each line that has some. ValueError(fault, cure) where lines differ in their number."""
    rows: list[list[str]] = []
    first, quote = 1, ""  # line of a record, which goes on in others within quotes
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for line in lines:
            quote = f", by a quote that opens in line {first}" if lines.line_num > first else ""
            first = lines.line_num + 1
            if len(line) > MOST_COLUMNS:
                fault = f"line {lines.line_num} has more than {MOST_COLUMNS:,} cells{quote}"
                raise ValueError(f"{fault}, and at most {MOST_FACTORS:,} factors are read", "leave columns out")
            cells = [cell.strip() for cell in line]
            if cells in ([], [""]):
                continue
            rows.append(cells)
            if len(cells) != len(rows[min(1, len(rows) - 1)]) or (len(rows) == 2 and not may_follow(rows, separator)):
                names = f"{len(rows[0])} name{'s' * (len(rows[0]) > 1)}"
                fault = f"line {lines.line_num} has {len(cells)} cell{'s' * (len(cells) > 1)} under {names}{quote}"
                above = len(rows) <= MOST_TITLES + 1 and (
                    all(map(is_title, rows[:-1])) or is_usual(cells, not_in=rows[0])
                )
                raise ValueError(fault, TITLES if above and are_names(cells) else CELLS)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise ValueError(f"line {first} opens a quote that none closes", "close or remove it") from None
        fault = f"line {lines.line_num} breaks the rules of CSV ({error})"
        if lines.line_num > first:
            raise ValueError(f"{fault}, by a quote that opens in line {first}", "close or remove that quote") from None
        raise ValueError(fault, CELLS) from None
    while rows and not any(rows[-1]):  # as Excel leaves below a table
        rows.pop()
    if len(rows) < 2:
        raise ValueError("has no line below its line of names" if rows else "has no lines", CELLS)
    return rows


def is_shifted(rows: list[list[str]]) -> bool:
    """Return whether lines have one cell more than there are names."""
    return len(rows[1]) == len(rows[0]) + 1


def may_follow(rows: list[list[str]], separator: str) -> bool:
    """Return whether a second line fits to the names in the first, if need be with a name of its own before it.

    R writes names of lines like that. It is no such name if the cell under `file` is a picture, and what stands alone
    in a first line may be a title.
    """
    names, cells = rows
    if not is_shifted(rows):
        return len(cells) == len(names)
    under = [cell for name, cell in zip(names, cells, strict=False) if name.lower() in FILE_COLUMNS]
    alone = len(names) == 1 and separator not in "\t "
    return not cells[-1] or not (alone or any(cell.lower().endswith(SUFFIXES) for cell in under))


def is_title(cells: list[str]) -> bool:
    """Return whether a line has at most one cell that is not empty, and not the usual name of a column there."""
    filled = list(filter(None, cells))
    return len(filled) <= 1 and not any(name.lower() in FILE_COLUMNS for name in filled)


def is_usual(cells: list[str], not_in: list[str]) -> bool:
    """Return whether a line has a usual name of a column, and one above it has none."""
    usual = [any(name.lower() in FILE_COLUMNS for name in names) for names in (cells, not_in)]
    return usual == [True, False]


def are_names(cells: list[str]) -> bool:
    """Return whether cells may be names of columns: several, and neither numbers nor names of pictures."""
    filled = list(filter(None, cells))
    return len(filled) > 1 and not any(NUMBER.fullmatch(cell) or cell.lower().endswith(SUFFIXES) for cell in filled)


def check_titles(rows: list[list[str]], likely: bool, where: str) -> None:
    """Refuse a table with a title above its line of names, LIKELY where its first line is odd in other ways."""
    below = next((cells for cells in rows[1 : MOST_TITLES + 1] if sum(map(bool, cells)) > 1), [])
    usual = is_usual(below, not_in=rows[0])
    if are_names(below) and ((likely and usual) or (is_title(rows[0]) and (usual or len(below) > 2))):
        title, name = (shown(next(filter(None, cells), "")) for cells in (rows[0], below))
        fault = f"has a line ({title}) above its line of names ({name}, ...)"
        raise TcvaeError(where, fault, TITLES)


def with_points(table: Table) -> None:
    """Write numbers with a decimal comma, as in a table with another separator, with a point."""
    for place, name in enumerate(table.head):
        known = {cell for cell in table.column(place) if cell not in MISSING_WORDS}
        commas = [cell for cell in known if COMMA.fullmatch(cell)]
        if commas and all(COMMA.fullmatch(cell) or NUMBER.fullmatch(cell) for cell in known):
            said = f"takes the commas in column {shown(name)} for decimal points ({shown(min(commas))})"
            table.notes.append(f"{table.where} {said}")
            for line in table.lines:
                line[place] = line[place].replace(",", ".")


def check_head(table: Table) -> None:
    """Refuse a table without a line of names: one that has the name of a picture there, or nothing but numbers."""
    picture = next((name for name in table.head if name.lower().endswith(SUFFIXES)), None)
    if picture is not None or all(NUMBER.fullmatch(name) for name in table.head):
        fault = f"has no line of names: its first line has {shown(picture or table.head[0])}"
        raise TcvaeError(table.where, fault, "put one above the others: file,label,...")
