"""A share of the runs, and their median, by exact binomial tests: no shape of distribution is assumed."""

import math
from collections.abc import Sequence

import numpy as np

from tcvae_cli.errors import ArgumentError
from tcvae_cli.results.estimates import LEAST_RUNS, SURE, Estimate, checked_runs
from tcvae_cli.results.ranks import of_counts


def share(count: int, runs: int, level: float = 0.5) -> Estimate:
    """Return the share of runs of a kind, COUNT of RUNS, tested against LEVEL.

    The interval is that of Clopper & Pearson 1934 and the tests are the exact binomial ones: it covers at least 90%,
    and neither errs in more than 5%. Of 5 runs, 3: 0.6 (0.189 to 0.924). Raises ArgumentError for a COUNT beyond RUNS,
    and for a LEVEL that is no share.
    """
    from scipy.special import bdtr, bdtrc, betaincinv

    if not 0 <= count <= runs:
        raise ArgumentError("count", f"is {count} of {runs} runs", "give from 0 to all of them")
    if not 0 <= level <= 1:
        raise ArgumentError("level", f"is {level}", "give a share, from 0 to 1")
    if not runs:
        return Estimate(math.nan, math.nan, math.nan, (0,), level=level)
    low = high = math.nan
    if runs >= LEAST_RUNS:
        low = float(betaincinv(count, runs - count + 1, SURE)) if count else 0.0
        high = float(betaincinv(count + 1, runs - count, 1 - SURE)) if count < runs else 1.0
    above, below = float(bdtrc(count - 1, runs, level)), float(bdtr(count, runs, level))
    return Estimate(count / runs, low, high, (runs,), math.sqrt(count * (runs - count) / runs**3), above, below, level)


def median_estimate(values: Sequence[float], level: float = 0.0) -> Estimate:
    """Return the median of one group's runs, tested against LEVEL, whatever their distribution.

    The interval lies between two of the runs, those that the sign test cannot exclude: of 5 runs, the least and the
    largest; of 10, the second and the ninth. A run that equals LEVEL counts against both tests.
    """
    from scipy.special import bdtr

    ordered = np.sort(checked_runs("values", values))
    runs = len(ordered)
    at_most = bdtr(np.arange(runs + 1.0), runs, 0.5)  # so many of the runs above their true median
    return of_counts(ordered, np.diff(at_most, prepend=0.0), (runs,), level)
