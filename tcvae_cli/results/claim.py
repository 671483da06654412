"""Claims: what the paper says, the numbers that test it here, and the verdict; each is a result line."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.estimates import Estimate
from tcvae_cli.results.line import CURE, NEWEST_SCHEMA, Line, read_results
from tcvae_cli.results.verdict import Verdict

ROUNDING = 1e-6  # of an interval's end: a correlation of 1 comes back from Fisher's scale as a little less


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper about one data set, tested.

    STATISTIC says in words what was measured; the numbers behind it are RUNS, the number of runs in each group that was
    compared, ESTIMATE, where one number decided, and NUMBERS, whatever else the verdict depends on. ANSWER is what a
    person reads first: the claim in words, its verdict, and how large the effect is. NEEDED is about how many runs in
    each group would decide, where these are too few. PAPER is what the paper says, with its number where it has one.
    FIGURE is the name of the page; whoever writes the page fills it in.
    """

    sentence: str
    statistic: str
    verdict: Verdict
    data_set: str | None = None
    runs: tuple[int, ...] = ()
    estimate: Estimate | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    figure: str = ""
    answer: str = ""
    needed: int | None = None
    paper: str = ""

    @property
    def groups(self) -> tuple[int, ...]:
        """The number of runs in each group that was compared: RUNS, or those of the ESTIMATE."""
        return self.runs or (self.estimate.runs if self.estimate else ())

    def record(self) -> dict[str, Any]:
        """Return the result line, with null for a number that is not finite."""
        found = self.estimate
        return {
            "kind": "claim",
            "schema": NEWEST_SCHEMA,
            "figure": self.figure,
            "data_set": self.data_set,
            "sentence": self.sentence,
            "answer": self.answer,
            "verdict": str(self.verdict),
            "statistic": self.statistic,
            "paper": self.paper,
            "runs": list(self.groups),
            "needed": self.needed,
            "estimate": finite(found.value) if found else None,
            "interval": [found.low, found.high] if found and math.isfinite(found.high - found.low) else None,
            "level": finite(found.level) if found else None,
            "p_above": finite(found.above) if found else None,
            "p_below": finite(found.below) if found else None,
            "numbers": {name: finite(number) for name, number in self.numbers.items()},
        }


def read_claims(*paths: str | PathLike[str]) -> list[Claim]:
    """Return the claims among the result lines of files, in order.

    Raises TcvaeError naming the line of a claim that lacks something or has a verdict of no known kind.
    """
    return [from_line(line) for line in read_results(*paths) if line["kind"] == "claim"]


def from_line(line: Line) -> Claim:
    """Return the claim that a line tells; one of an older version says nothing of its answer, needs and paper."""
    if str(line["verdict"]) not in set(Verdict):
        raise TcvaeError(line.where, f"has the verdict {line['verdict']!r}", f"give one of {', '.join(Verdict)}")
    runs = tuple(int(count) for count in numbers_in(line, "runs"))
    needed = line.number_or_none("needed")
    return Claim(
        sentence=str(line["sentence"]),
        statistic=str(line["statistic"]),
        verdict=Verdict(str(line["verdict"])),
        data_set=None if line["data_set"] is None else str(line["data_set"]),
        runs=runs,
        estimate=estimate_from_line(line, runs),
        numbers={name: number_or_nan(line.part("numbers"), name) for name in line.part("numbers")},
        figure=str(line["figure"]),
        answer=str(line.get("answer", "")),
        needed=None if needed is None else int(needed),
        paper=str(line.get("paper", "")),
    )


def estimate_from_line(line: Line, runs: tuple[int, ...]) -> Estimate | None:
    """Return the number that decided a claim, if one did."""
    if line["estimate"] is None:
        return None
    interval = [math.nan, math.nan] if line["interval"] is None else numbers_in(line, "interval")
    if len(interval) != 2:
        raise TcvaeError(line.where, "'interval' is not two numbers", CURE)
    value, (low, high) = line.number("estimate"), interval
    if value < low - ROUNDING or value > high + ROUNDING:
        cure = "give the ends of an interval in order, about its estimate"
        raise TcvaeError(line.where, f"has the estimate {value:g} outside its interval from {low:g} to {high:g}", cure)
    keys = {"above": "p_above", "below": "p_below", "level": "level"}  # which lines of older versions lack
    tests = {name: number for name, key in keys.items() if (number := line.number_or_none(key)) is not None}
    return Estimate(value, low, high, runs, **tests)


def numbers_in(line: Line, key: str) -> list[float]:
    """Return the list of numbers under KEY."""
    found = line[key]
    if not isinstance(found, list) or not all(isinstance(number, int | float) for number in found):
        raise TcvaeError(line.where, f"{key!r} is not a list of numbers", CURE)
    return list(map(float, found))


def finite(number: float) -> float | None:
    """Return a number as JSON can hold it."""
    return number if math.isfinite(number) else None


def number_or_nan(line: Line, key: str) -> float:
    """Return the number under KEY, NaN where null stands for it."""
    return math.nan if line[key] is None else line.number(key)
