"""Labels that are written as words: which are missing or numbers, in what order they stand, which are much alike."""

import math
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from decimal import Decimal

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import printable
from tcvae_cli.text import FEW, listed, shortened

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


def remarks_on(words: Sequence[str], numbers: Sequence[Decimal | None]) -> Iterator[str]:
    """Yield what tells slips from labels among the distinct words of a factor, which write NUMBERS.

    Words stand beside numbers, some differ in case or blanks only, or one number is written as 7 and as 007.
    """
    others = [word for word, number in zip(words, numbers, strict=True) if number is None]
    if not others:
        if len(set(numbers)) == len(words):
            return
        same = groups(words, dict(zip(words, numbers, strict=True)).__getitem__)
        if merged := [group for group in same if len(set(map(spelling, group))) > 1]:
            yield f"takes {pairs(merged)} for one number: if they are not, write a letter before them all"
        return
    if len(others) < len(words):
        said = f"holds words beside numbers ({listed(list(map(shown, others)))}), so that all its labels are words"
        yield f"{said}: if these mean missing, leave the cell empty"
    if alike := groups(words, lambda word: "".join(word.split()).casefold()):
        yield f"has classes that differ in case or blanks only ({pairs(alike)}): write them alike if they are one"


def groups(words: Sequence[str], key: Callable[[str], Hashable]) -> list[list[str]]:
    """Return those of some words that have a key in common with others, together."""
    found: dict[Hashable, list[str]] = {}
    for word in words:
        found.setdefault(key(word), []).append(word)
    return [group for group in found.values() if len(group) > 1]


def pairs(alike: Sequence[Sequence[str]]) -> str:
    """Return groups of words as a note shows them: 07 and 7, 08 and 8."""
    return "; ".join(listed(list(map(shown, group))) for group in alike[:FEW]) + "; ..." * (len(alike) > FEW)


def spelling(number: str) -> tuple[int, bool]:
    """Return how a number is written: how many zeros stand before it, and whether it has an exponent."""
    whole = re.split(r"[.eE]", number.strip().lstrip("+-"))[0]
    return len(whole) - len(whole.lstrip("0") or whole[:1]), "e" in number.lower()
