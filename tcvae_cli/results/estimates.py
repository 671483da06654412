"""Estimates: a number that runs tell, its 90% interval, and the two one-sided tests that the interval stands for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError

LEAST_RUNS = 5  # in each group: fewer give no interval and decide nothing
SURE = 0.05  # the level of every one-sided test
BEYOND = 1 - 1e-9  # the largest correlation that Fisher's scale keeps finite


@dataclass(frozen=True)
class Estimate:
    """A number that groups of runs tell, with its 90% interval and the tests of whether it lies above or below LEVEL.

    Interval and tests are one thing: `above` is at most 5% exactly where `low` lies above LEVEL, and `below` where
    `high` lies below it. Fewer than LEAST_RUNS in a group have no interval (NaN); their P are there, from two runs on,
    to tell how many runs would do.
    """

    value: float
    low: float  # of the 90% interval, NaN where there is none
    high: float
    runs: tuple[int, ...]  # in each group
    error: float = math.nan  # standard error, on the scale of the statistic
    above: float = math.nan  # P of so large a value if the true one is LEVEL: small where it is surely above
    below: float = math.nan
    level: float = 0.0  # the value that is tested

    def __str__(self) -> str:
        """Return the number with its interval. Runs that do not vary give none, nor do few."""
        if not self.low < self.high:
            return f"{three_decimals(self.value)} (no interval)"
        return f"{three_decimals(self.value)} (90% interval {three_decimals(self.low)} to {three_decimals(self.high)})"

    def __neg__(self) -> "Estimate":
        """Return the estimate of the negative: what is below LEVEL becomes above -LEVEL."""
        return replace(
            self,
            value=-self.value,
            low=-self.high,
            high=-self.low,
            above=self.below,
            below=self.above,
            level=-self.level,
        )

    @property
    def decides(self) -> bool:
        """Whether there are runs enough in each group for a verdict."""
        return bool(self.runs) and min(self.runs) >= LEAST_RUNS


@dataclass(frozen=True)
class Scale:
    """A scale on which a statistic is nearer to normal, and the way back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


PLAIN = Scale(float, float)
FISHER = Scale(lambda r: math.atanh(max(min(r, BEYOND), -BEYOND)), math.tanh)  # of correlations, Fisher 1921; keeps NaN


def checked_runs(argument: str, values: object) -> Array:
    """Return some runs as an array of finite numbers. Raises ArgumentError, which calls it by the name ARGUMENT."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(argument, "has what is not a number", "give a number for each run") from None
    if found.ndim != 1:
        raise ArgumentError(argument, f"has {found.ndim} axes", "give a number for each run")
    if not np.isfinite(found).all():
        raise ArgumentError(argument, "holds a number that is not finite", "leave out runs that have none")
    return found


def estimate(
    statistic: Callable[[list[Array]], float],
    groups: Sequence[Sequence[object]],
    level: float = 0.0,
    scale: Scale = PLAIN,
) -> Estimate:
    """Return STATISTIC(groups), a smooth function of independent groups of runs, studentised.

    A run is a number or a row of numbers. On SCALE, the standard error is that of the jackknife, which leaves out one
    run after the other: error^2 = sum_g (n_g - 1) / n_g sum_i (t_gi - t)^2, t_gi being the statistic without run i of
    group g. Interval and tests are Student's t with the degrees of freedom of Satterthwaite 1946. For one mean that is
    Student's own interval, for a difference of two means Welch's, exactly: the mean of 1, 2, 3, 4, 5 is
    3 +- 2.132 sqrt(0.5). Medians, maxima and other statistics with corners need something else: `shift`,
    `median_estimate`.

    How often a test of 5% errs in simulations of 5, 10 and 40 runs in each group, on the worse of its two sides; in two
    clusters means a third N(0.47, 0.02), the others N(0.15, 0.07), as the MIG of dSprites is:

        a difference of two groups, both normal or both in two clusters    at most 5.4%
        one mean, in two clusters                                          11.5, 6.8, 5.7%
        two clusters against a normal group that is half as wide           9.1, 6.3, 5.6%
        two clusters against the mean of three such groups                 8.6, 6.2, 5.4%
        a correlation on FISHER's scale, a run being a seed's row          at most 6.6%

    So groups that are skewed and not alike take more runs, or `shift`, which errs in 5.1% where the runs of three
    others are one group. A seed's row has its run of every beta: with each beta as a group, the test of the correlation
    errs in 7.1%, and with distances from the mean of all t_gi instead of t, in 9.2%.

    Without interval and P where the statistic is not finite with some run left out, or no run makes a difference.
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]  # (runs,) or (runs, numbers) each
    runs = tuple(map(len, arrays))
    value = statistic(arrays)
    if min(runs, default=0) < 2:
        return Estimate(value, math.nan, math.nan, runs, level=level)
    parts = np.array(
        [variance_of_group(statistic, arrays, place, scale, scale.there(value)) for place in range(len(arrays))]
    )
    error = math.sqrt(parts.sum())
    if not (error > 1e-12 * abs(value) and math.isfinite(error)):
        return Estimate(value, math.nan, math.nan, runs, level=level)
    freedom = error**4 / float((parts**2 / (np.array(runs) - 1)).sum())
    return studentised(value, error, freedom, runs, level, scale)


def variance_of_group(
    statistic: Callable[[list[Array]], float], arrays: Sequence[Array], place: int, scale: Scale, value: float
) -> float:
    """Return the variance that the runs of one group give to a statistic of this VALUE, by leaving out each in turn."""
    own, others = arrays[place], list(arrays)
    away = []
    for left_out in range(len(own)):
        others[place] = np.delete(own, left_out, axis=0)
        away.append(scale.there(statistic(others)) - value)
    return (1 - 1 / len(own)) * math.fsum(difference**2 for difference in away)


def studentised(
    value: float, error: float, freedom: float, runs: tuple[int, ...], level: float = 0.0, scale: Scale = PLAIN
) -> Estimate:
    """Return the estimate of a value whose error, on a scale, has a t distribution."""
    from scipy.special import stdtr, stdtrit

    there = scale.there(value)
    away = (there - scale.there(level)) / error
    half = float(stdtrit(freedom, 1 - SURE)) * error if min(runs) >= LEAST_RUNS else math.nan
    low, high = scale.back(there - half), scale.back(there + half)
    return Estimate(value, low, high, runs, error, float(stdtr(freedom, -away)), float(stdtr(freedom, away)), level)


def three_decimals(number: float) -> str:
    """Write a number with three decimals, or its first digit where these would all be 0: 0.123, 0.000, -0.0004."""
    return f"{number:z.3f}" if number == 0 or not abs(number) < 0.0005 else f"{number:.1g}"
