"""Labels that are written as words: which of them are missing, which are numbers, and in what order they stand."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import printable
from tcvae_cli.text import shortened

MISSING_WORDS = frozenset((  # what pandas.read_csv takes for missing; and NaT, a missing time of NumPy's
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "NaT", "None", "n/a", "nan", "null",
))  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)  # float() would read 1_0 as 10, too
MOST_LETTERS = 40  # of a word in a note


def text_of(word: object) -> str:
    """Return a word as text. Bytes that are no text stay apart, as escapes."""
    return word.decode("utf-8", "backslashreplace") if isinstance(word, bytes) else str(word)


def shown(word: str) -> str:
    """Return a word as a note shows it: one line, not long."""
    return printable(shortened(word, MOST_LETTERS))


def number_in(word: str) -> Decimal | None:
    """Return the number that a word writes, exactly; None where it writes none that is finite in float64."""
    plain = word.strip()
    return Decimal(plain) if NUMBER.fullmatch(plain) and math.isfinite(float(plain)) else None


def by_number_then_alphabet(numbers: Sequence[Decimal | None]) -> tuple[Array, Array]:
    """Return the order of words that are sorted by alphabet and write NUMBERS, and the place of each in it.

    Numbers stand first, by size, and then the other words: 2, 10, ?, ten.
    """
    order = np.array(sorted(range(len(numbers)), key=lambda k: (numbers[k] is None, numbers[k] or 0)))
    return order, np.argsort(order)
