"""JSON from anywhere: taken only if it can be stored and printed again."""

import json
import math
from collections.abc import Callable
from typing import Any

MOST_DEPTH = 32
Pairs = list[tuple[str, Any]]


def parse_json(text: str | bytes, made_of: Callable[[dict[str, Any]], Any] = dict) -> Any:
    """Return the value that TEXT says, its objects turned into something else by MADE_OF.

    Raises ValueError for what is no JSON, and for what JSON libraries take but do not agree on or cannot write again: a
    key given twice, NaN, numbers beyond a float's or 64 bits, half a surrogate pair, deep nesting.
    """

    def without_repeats(pairs: Pairs) -> Any:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return made_of(dict(pairs))

    try:
        value = json.loads(text, object_pairs_hook=without_repeats)
    except RecursionError:
        raise ValueError("nested too deep") from None
    check(value, MOST_DEPTH)
    return value


def check(value: Any, depth: int) -> None:
    """Raise ValueError for a value that cannot be written again, or is nested deeper than DEPTH."""
    if depth == 0:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not finite")
    elif isinstance(value, int) and abs(value) >= 1 << 64:
        raise ValueError("too large")
    elif isinstance(value, list | dict):
        for item in value if isinstance(value, list) else [*value, *value.values()]:
            check(item, depth - 1)
