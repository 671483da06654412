"""The numbers of results that lie in a known range, by their key: docs/measures.md defines them."""

import math

SHARE = (0.0, 1.0)
RANGES = {
    "mig": SHARE,
    "mig_sup": SHARE,
    "score": SHARE,
    "rmig": (0.0, math.inf),
    "jemmig": (0.0, math.inf),
}
ROUNDING = 1e-9


def is_possible(key: str, value: float) -> bool:
    """Return whether the number under KEY may have this value; that of another key may have any."""
    low, high = RANGES.get(key, (-math.inf, math.inf))
    return low - ROUNDING <= value <= high + ROUNDING


def range_in_words(key: str) -> str:
    """Return the range of the number under KEY: "from 0 to 1", "0 or more"."""
    low, high = RANGES[key]
    return f"from {low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
