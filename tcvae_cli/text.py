"""Text from files, cut where it is read or shown: it may be of any length, and whoever measures or draws it pays."""

import hashlib
from collections.abc import Iterable, Sequence

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


def meant(word: str, names: Iterable[str]) -> str:
    """Return a question for the one of NAMES that a mistyped WORD is nearest to, "" if it is far from all.

    >>> meant("posx", ["scale", "posX", "posY"])
    'did you mean posX?'
    """
    from difflib import get_close_matches

    known = {shortened(name).lower(): name for name in names}
    found = get_close_matches(shortened(word).lower(), known, 1)
    return f"did you mean {shortened(known[found[0]])}?" if found else ""


def choice_of(word: str, names: Sequence[str]) -> str:
    """Return the cure for a WORD that is none of NAMES: the one that was probably meant, and all that there are.

    >>> choice_of("posx", ["scale", "posX", "posY"])
    'did you mean posX? There are scale, posX, posY'
    """
    question = meant(word, names)
    return f"{question} There are {', '.join(names)}" if question else f"choose among {', '.join(names)}"
