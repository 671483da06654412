"""Names as wide as a figure has room for: measured in its font, on several lines, cut where they are too long."""

import functools
import textwrap

from tcvae_cli.errors import printable
from tcvae_cli.text import DIGITS, shortened

MOST_LINES = 5  # of a name
LEAST = DIGITS + 2  # letters that a name is cut to: one, the ellipsis and the digits of its digest
TOGETHER = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
PART = " · "  # between a run and its data set
MEASURED = 100  # points, at which letters are measured


def width_of(text: str, size: float = 8) -> float:
    """Return how many inches one line of TEXT takes in letters of SIZE points."""
    return sum(map(advance, text)) * size / 72


@functools.cache
def advance(letter: str) -> float:
    """Return the width of a letter as a share of the size of the type."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=["DejaVu Sans"])))
    font.set_size(MEASURED, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / MEASURED


def signed(number: str) -> str:
    """Return a NUMBER that was written by Python with a true minus."""
    return number.replace("-", "\N{MINUS SIGN}")


def fitted(text: str, inches: float, size: float = 8) -> str:
    """Return TEXT as it fits on a line of INCHES in letters of SIZE points, cut with an ellipsis if it is too long."""
    return folded(printable(text).replace(" ", "\N{NO-BREAK SPACE}"), inches, size, 1).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def folded(text: str, inches: float, size: float = 8, lines: int = MOST_LINES) -> str:
    """Return TEXT on at most so many LINES of INCHES in letters of SIZE points, cut if it is too long for them."""
    kept = shortened(text).replace(" = ", TOGETHER)
    while True:
        found = broken(kept, inches, size)
        if len(found) <= lines or len(kept) <= LEAST:
            return "\n".join(found).replace(TOGETHER, " = ")
        excess = len(kept) - sum(map(len, found[:lines]))
        kept = shortened(text, max(LEAST, len(kept) - max(1, excess // 2)))


def broken(text: str, inches: float, size: float) -> list[str]:
    """Break TEXT into lines of at most INCHES: at its middle dots, then at its spaces, then inside too long a word."""
    if PART in text and width_of(text, size) > inches:
        return [line for part in text.split(PART) for line in broken(part, inches, size)]
    letters = max(1, min(len(text), int(1.5 * inches * len(text) / max(width_of(text, size), 1e-9))))
    while True:
        found = textwrap.wrap(text, letters, break_on_hyphens=False) or [""]
        if letters == 1 or max(width_of(line, size) for line in found) <= inches:
            return found
        letters -= 1
