"""Text from files, cut where it is read or shown: it may be of any length, and whoever measures or draws it pays."""

import hashlib

LONGEST = 300  # letters of a name or a setting
LONGEST_PROSE = 1_000  # of a provenance, or of what an error says
DIGITS = 8  # of the digest of what was cut


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return TEXT in at most LONGEST letters: of "abcdefghijklmnopq" in 12 letters that is "abc…918a954a".

    Behind the ellipsis stand the first digits of the digest of the whole, so that texts which differ still do.
    """
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: longest - DIGITS - 1]}…{digest[:DIGITS]}"
