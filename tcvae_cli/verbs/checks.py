"""What every verb refuses of its arguments, wherever they come from."""

import numbers
import re
from collections.abc import Iterable, Sequence

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import ArgumentError, wrong_kind
from tcvae_cli.text import choice_of

Latents = Sequence[int | str] | int | str | None  # 6 or "z6", or several of these; None and "all" are all


def check_number(name: str, value: object, least: int, most: int | None = None) -> None:
    """Raise ArgumentError unless VALUE is a whole number of at least LEAST, and at most MOST where there is a MOST."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        if int(value) >= least and (most is None or int(value) <= most):
            return
        allowed = f"a number from {least:,} to {most:,}" if most is not None else f"{least:,} or more"
        raise ArgumentError(name, f"is {int(value):,}", f"give {allowed}")
    allowed = f"from {least:,} to {most:,}" if most is not None else f"of {least:,} or more"
    raise ArgumentError(name, f"is {value!r}", f"give a whole number {allowed}")


def check_seed(seed: int) -> int:
    """Return SEED as every generator takes it, an int also where NumPy made it. ArgumentError if none does."""
    check_number("seed", seed, 0, 2**31)
    return int(seed)


def check_word(name: str, value: str, known: Iterable[str]) -> None:
    """Raise ArgumentError unless VALUE is one of the KNOWN words."""
    if not isinstance(value, str) or value not in known:
        raise ArgumentError(name, f"is {value!r}", choice_of(value if isinstance(value, str) else "", list(known)))


def words_in(name: str, words: object) -> tuple[str, ...]:
    """Return one word or several as a tuple. ArgumentError for anything else, such as words in lists of their own."""
    if isinstance(words, str):
        return (words,)
    if not isinstance(words, Iterable):
        raise wrong_kind(name, words, "give a word or a list of words")
    several = tuple(words)
    for word in several:
        if not isinstance(word, str):
            raise wrong_kind(name, word, "give a word or a list of words")
    return several


def shown(value: object) -> str:
    """Return what was given in place of a number as a message shows it."""
    return f"{value:g}" if isinstance(value, int | float) else repr(value)


def check_rows(rows: Iterable[object], count: int) -> None:
    """Raise ArgumentError unless each of the ROWS is that of an image in a data set of so many."""
    for row in rows:
        if isinstance(row, bool) or not isinstance(row, numbers.Integral) or not 0 <= int(row) < count:
            raise ArgumentError("image", f"there is no image {row}", f"choose from 0 to {count - 1}")


def check_share(active: float) -> None:
    """Raise ArgumentError unless ACTIVE, the least share of an active latent, is from 0 to 1 without 1."""
    if not isinstance(active, numbers.Real) or not 0 <= active < 1:
        raise ArgumentError("active", f"is {shown(active)}", f"give a share from 0 to below 1, such as {ACTIVE_SHARE}")


def chosen_latents(wanted: Latents, latents: int) -> list[int]:
    """Return the numbers of the WANTED latents, which are called 6 or "z6", in order: of all by "all" or without any.

    ArgumentError for one that is not among so many LATENTS.
    """
    several = list(wanted) if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
    found = {latent_of(one, latents) for one in several if one is not None and one != "all"}
    return list(range(latents)) if not found or "all" in several else sorted(found)


def latent_of(name: int | str, latents: int) -> int:
    """Return the number of one latent of so many. ArgumentError if there is none of that NAME."""
    digits = re.fullmatch("z?([0-9]{1,9})", str(name))
    if digits is None or int(digits[1]) >= latents:
        raise ArgumentError("latent", f"there is no latent {name}", f"choose from z0 to z{latents - 1}")
    return int(digits[1])
