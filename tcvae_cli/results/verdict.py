"""Verdicts: what runs decide of a claim, by how many they are and by the interval of a statistic of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.results.line import Line
from tcvae_cli.results.statistics import bootstrap

LEAST_RUNS = 3  # of each group that a claim compares


class Verdict(StrEnum):
    """What became of a claim."""

    HELD = "held"
    NOT_HELD = "not held"
    TOO_FEW = "too few runs"
    STAND_IN = "not tested on a stand-in"


@dataclass(frozen=True)
class Estimate:
    """A statistic of groups of runs, and its 90% bootstrap interval, which is NaN where resamples give none."""

    value: float
    low: float
    high: float
    runs: tuple[int, ...]  # in each group

    def __str__(self) -> str:
        """Return the number with its interval. Runs that do not vary give none, nor does one alone."""
        if not self.low < self.high:
            said = "every resample the same" if self.low == self.high else "no interval"
        else:
            said = f"90% interval {three_decimals(self.low)} to {three_decimals(self.high)}"
        return f"{three_decimals(self.value)} ({said})"


def three_decimals(number: float) -> str:
    """Write a number with three decimals, or its first digit where these would all be 0: 0.123, 0.000, -0.0004."""
    return f"{number:z.3f}" if number == 0 or not abs(number) < 0.0005 else f"{number:.1g}"


def estimate(statistic: Callable[[list[Array]], float], groups: Sequence[Sequence[object]]) -> Estimate:
    """Return STATISTIC(groups) with its bootstrap interval; a run is a number or a row of numbers."""
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]  # (runs,) or (runs, numbers) each
    low, high = bootstrap(statistic, groups)
    return Estimate(statistic(arrays), low, high, tuple(map(len, groups)))


def decide(held: bool | None, runs: Sequence[int], least: int = LEAST_RUNS) -> Verdict:
    """Return the verdict of a claim, tested on groups with these numbers of RUNS; HELD is None if they cannot tell."""
    if held is None or not runs or min(runs) < least:
        return Verdict.TOO_FEW
    return Verdict.HELD if held else Verdict.NOT_HELD


def surely_above(found: Estimate, level: float = 0.0) -> Verdict:
    """Return the verdict of a claim that a statistic is above LEVEL: an interval that holds LEVEL decides nothing."""
    return decide(True if found.low > level else False if found.high < level else None, found.runs)


def surely_below(found: Estimate, level: float = 0.0) -> Verdict:
    """Return the verdict of a claim that a statistic is below LEVEL, by its interval."""
    return decide(True if found.high < level else False if found.low > level else None, found.runs)


def is_stand_in(result: Line) -> bool:
    """Return whether a result is of pictures that stand in for the paper's."""
    return str(result["provenance"]).startswith("stand-in")
