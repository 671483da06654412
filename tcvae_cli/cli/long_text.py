"""Results in long form as text: tab- or comma-separated values, Markdown, or a tabular of LaTeX."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from tcvae_cli.cli.flags import Format
from tcvae_cli.errors import printable
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.data_sets import short_titles
from tcvae_cli.results.long_form import PLACES

MARKDOWN = re.compile(r"[\\`*_~\[\]<>|$#]|&(?=#?\w+;)")
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
LATEX = {
    **{letter: f"\\{letter}" for letter in "#$%&_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"},
    **{letter: f"{{{letter}}}" for letter in "[]*"},  # behind the end of a row, [ begins a length and * is a command
    **{letter: f"$\\{name}$" for letter, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK.split(), strict=True)},
    **{"±": r"$\pm$", "−": "$-$", "≤": r"$\leq$", "≥": r"$\geq$", "≠": r"$\neq$", "≈": r"$\approx$", "∞": r"$\infty$"},
}
JOINED = re.compile(r"([-',])(?=\1)")  # two of these would be another letter
ROW = ("key", *PLACES, "value", "unit")  # what a row of a table is about, also where it is the same in all

FOR_PEOPLE = (Format.MARKDOWN, Format.LATEX)

Rows = list[list[str]]


def long_text(rows: Iterable[dict[str, object]], chosen: Format) -> str:
    """Return ROWS of numbers as text in the format that was CHOSEN, below one line of heads.

    Numbers have full precision; in Markdown and LaTeX, which people read, they have six digits, data sets are called
    as in tables, and columns that are empty in every row are left out.
    """
    rows = list(rows)
    heads, digits = list(rows[0]) if rows else [], 6 if chosen in FOR_PEOPLE else None
    if chosen in FOR_PEOPLE:
        titles = list(dict.fromkeys(str(row["data_set"]) for row in rows))
        short = dict(zip(titles, short_titles(titles), strict=True))
        rows = [row | {"data_set": short[str(row["data_set"])]} for row in rows]
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
    """Return a tabular of LaTeX that needs no package. What is the same in all rows stands in comments above it."""
    kept = [place for place, head in enumerate(heads) if head in ROW or len({row[place] for row in rows}) > 1]
    comments = [f"% {head}: {rows[0][place]}" for place, head in enumerate(heads) if place not in kept]
    aligned = "".join("r" if heads[place] == "value" else "l" for place in kept)
    body = [
        [in_math(row[place]) if heads[place] == "value" else as_letters(row[place]) for place in kept] for row in rows
    ]
    head, *texts = [f"{' & '.join(row)} \\\\" for row in [[as_letters(heads[place]) for place in kept], *body]]
    begin, end = f"\\begin{{tabular}}{{{aligned}}}", "\\end{tabular}"
    return "\n".join([*comments, begin, "\\hline", head, "\\hline", *texts, "\\hline", end]) + "\n"


def as_letters(text: str) -> str:
    """Return a text for LaTeX, in which each letter is only that letter."""
    letters = "".join(LATEX.get(letter, letter) for letter in unicodedata.normalize("NFC", text))
    return JOINED.sub(r"\1{}", letters)


def in_math(number: str) -> str:
    """Return a number for LaTeX, whose sign is a minus: "$-2 \\times 10^{-9}$" of "-2e-09"."""
    mantissa, _, exponent = number.partition("e")
    return f"${mantissa} \\times 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


WRITERS: dict[Format, Callable[[Sequence[str], Rows], str]] = {
    Format.TSV: tsv,
    Format.CSV: comma_separated,
    Format.MARKDOWN: markdown,
    Format.LATEX: latex,
}
