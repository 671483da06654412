"""Text from files, cut where it is read or shown: it may be of any length, and whoever measures or draws it pays."""

import hashlib
from collections.abc import Sequence

LONGEST = 300  # letters of a name or a setting
LONGEST_PROSE = 1_000  # of a provenance, or of what an error says
DIGITS = 8  # of the digest of what was cut
FEW = 5  # phrases of a list that a sentence has room for


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return TEXT in at most LONGEST letters: of "abcdefghijklmnopq" in 12 letters that is "abc…918a954a".

    Behind the ellipsis stand the first digits of the digest of the whole, so that texts which differ still do.
    """
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: longest - DIGITS - 1]}…{digest[:DIGITS]}"


def listed(phrases: Sequence[str]) -> str:
    """Return the first few of some phrases and how many others there are: "a, b and c", "a, b, c, d, e and 2 more"."""
    more = [f"{len(phrases) - FEW:,} more"] if len(phrases) > FEW else []
    *first, last = [*phrases[:FEW], *more]
    return f"{', '.join(first)} and {last}" if first else last
