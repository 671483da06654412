"""JSON from anywhere: taken only if it can be stored and printed again."""

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from tcvae_cli.text import shortened

MOST_DEPTH = 32
TOO_DEEP = f"has brackets nested more than {MOST_DEPTH - 1} deep"
MOST_DIGITS = 21  # of a whole number of 64 bits, with its sign
LONGEST_KEY = 60  # letters that an error shows
Pairs = list[tuple[str, Any]]


class RefusedJsonError(ValueError):
    """What JSON libraries take but do not agree on, or cannot write again; its text says what: "holds NaN, ..."."""


def parse_json(text: str | bytes, made_of: Callable[[dict[str, Any]], Any] = dict) -> Any:
    """Return the value that TEXT says, its objects turned into something else by MADE_OF.

    Raises ValueError for what is no JSON, and RefusedJsonError, which is one, for what JSON libraries take but do not
    agree on or cannot write again: a key given twice, NaN, numbers beyond a float's or 64 bits, half a surrogate pair,
    deep nesting.
    """

    def without_repeats(pairs: Pairs) -> Any:
        content = dict(pairs)
        if len(content) != len(pairs):
            repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
            raise RefusedJsonError(f"has the key {shortened(repeated, LONGEST_KEY)!r} twice")
        return made_of(content)

    try:
        value = json.loads(text, object_pairs_hook=without_repeats, parse_constant=refuse_constant, parse_int=whole)
    except RecursionError:
        raise RefusedJsonError(TOO_DEEP) from None
    check(value, MOST_DEPTH)
    return value


def refuse_constant(name: str) -> None:
    """Refuse the numbers that Python writes and JSON does not have: NaN, Infinity and -Infinity."""
    raise RefusedJsonError(f"holds {name}, which is no JSON")


def whole(digits: str) -> int:
    """Return a whole number. RefusedJsonError for one of more than 64 bits, which may be of any length."""
    if len(digits) > MOST_DIGITS or abs(int(digits)) >= 1 << 64:
        raise RefusedJsonError("holds a whole number of more than 64 bits")
    return int(digits)


def check(value: Any, depth: int) -> None:
    """Raise RefusedJsonError for a value that cannot be written again, or is nested deeper than DEPTH."""
    if depth == 0:
        raise RefusedJsonError(TOO_DEEP)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise RefusedJsonError("holds half of a surrogate pair, which is no text") from None
    elif isinstance(value, float) and not math.isfinite(value):
        raise RefusedJsonError("holds a number that is larger than float64 has")
    elif isinstance(value, list | dict):
        for item in value if isinstance(value, list) else [*value, *value.values()]:
            check(item, depth - 1)
