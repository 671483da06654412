"""A share of the runs, and their median, by exact binomial tests: no shape of distribution is assumed."""

import math
from collections.abc import Sequence

import numpy as np

from tcvae_cli.results.estimates import LEAST_RUNS, SURE, Estimate


def share(count: int, runs: int, level: float = 0.5) -> Estimate:
    """Return the share of runs of a kind, COUNT of RUNS, tested against LEVEL.

    The interval is that of Clopper & Pearson 1934 and the tests are the exact binomial ones: it covers at least 90%,
    and neither errs in more than 5%. Of 5 runs, 3: 0.6 (0.189 to 0.924).
    """
    from scipy.special import bdtr, bdtrc, betaincinv

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
    from scipy.special import bdtrc
    from scipy.stats import binom

    ordered = np.sort(np.asarray(values, dtype=np.float64))
    runs = len(ordered)
    if not runs:
        return Estimate(math.nan, math.nan, math.nan, (0,), level=level)
    # `ordered[beside]` is the innermost run below which at most 5% of medians lie.
    beside = int(binom.ppf(SURE, runs, 0.5))
    beside -= binom.cdf(beside, runs, 0.5) > SURE
    known = runs >= LEAST_RUNS and beside >= 0
    low, high = (float(ordered[beside]), float(ordered[-1 - beside])) if known else (math.nan, math.nan)
    above, below = (float(bdtrc(int(side.sum()) - 1, runs, 0.5)) for side in (ordered > level, ordered < level))
    return Estimate(float(np.median(ordered)), low, high, (runs,), math.nan, above, below, level)
