"""Results in long form as text: tab- or comma-separated values, Markdown, or a tabular of LaTeX."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from tcvae_cli.cli.flags import Format
from tcvae_cli.errors import printable
from tcvae_cli.files.provenance import canonical_json

MARKDOWN = re.compile(r"[\\`*_~\[\]<>|$#]|&(?=#?\w+;)")
LATEX = {
    **{letter: f"\\{letter}" for letter in "#$%&_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"},
    **{"β": r"$\beta$", "±": r"$\pm$", "[": "{[}", "]": "{]}"},  # behind the end of a row, [ is a length
}

FOR_PEOPLE = (Format.MARKDOWN, Format.LATEX)

Rows = list[list[str]]


def long_text(rows: Iterable[dict[str, object]], chosen: Format) -> str:
    """Return ROWS of numbers as text in the format that was CHOSEN, below one line of heads.

    Numbers have full precision; in Markdown and LaTeX, which people read, they have six digits, and columns that are
    empty in every row are left out.
    """
    rows = list(rows)
    heads, digits = list(rows[0]) if rows else [], 6 if chosen in FOR_PEOPLE else None
    cells = [[as_text(value, digits) for value in row.values()] for row in rows]
    if chosen in FOR_PEOPLE:
        kept = [place for place in range(len(heads)) if any(row[place] for row in cells)]
        heads, cells = [heads[place] for place in kept], [[row[place] for place in kept] for row in cells]
    return WRITERS[chosen](heads, cells)


def as_text(value: object, digits: int | None) -> str:
    """Return a cell on one line, with escapes for what cannot be printed; a number in full, or with some DIGITS."""
    if digits and isinstance(value, float):
        return f"{value:z.{digits}g}"
    return printable(value if isinstance(value, str) else canonical_json(value))


def tsv(heads: Sequence[str], rows: Rows) -> str:
    """Return tab-separated values: no cell has a tab or ends a line."""
    return "".join("\t".join(row) + "\n" for row in [list(heads), *rows])


def comma_separated(heads: Sequence[str], rows: Rows) -> str:
    """Return comma-separated values, in quotes where a cell needs them (RFC 4180)."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([heads, *rows])
    return file.getvalue()


def markdown(heads: Sequence[str], rows: Rows) -> str:
    """Return a table of Markdown, in which the letters of a name are only letters."""
    line = "|".join("---:" if head == "value" else "---" for head in heads)
    texts = ["| " + " | ".join(MARKDOWN.sub(lambda mark: "\\" + mark[0], cell) for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", f"|{line}|", *texts]) + "\n"


def latex(heads: Sequence[str], rows: Rows) -> str:
    """Return a tabular of LaTeX that needs no package."""
    aligned = "".join("r" if head == "value" else "l" for head in heads)
    texts = [
        " & ".join("".join(LATEX.get(letter, letter) for letter in cell) for cell in row) for row in [heads, *rows]
    ]
    head, *body = [f"{text} \\\\" for text in texts]
    lines = [f"\\begin{{tabular}}{{{aligned}}}", "\\hline", head, "\\hline", *body, "\\hline", "\\end{tabular}"]
    return "\n".join(lines) + "\n"


WRITERS: dict[Format, Callable[[Sequence[str], Rows], str]] = {
    Format.TSV: tsv,
    Format.CSV: comma_separated,
    Format.MARKDOWN: markdown,
    Format.LATEX: latex,
}
