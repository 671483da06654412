"""What a handful of runs says: quartiles, the interval of their mean, correlations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.results.estimates import LEAST_RUNS, studentised
from tcvae_cli.results.ranks import middle_ranks


@dataclass(frozen=True)
class Summary:
    """What the values of one setting say."""

    count: int
    mean: float
    mean_interval: tuple[float, float] | None  # the 90% one of Student's t
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


def summarise(values: Sequence[float]) -> Summary:
    """Return the summary of at least one value.

    Fewer than LEAST_RUNS have no interval, nor do values that are all the same. Of runs in two clusters, a third of
    them in the upper one, the interval holds the true mean in 85% of cases at 5 runs, 89% at 10, and 90% at 40: of 5,
    one time in eight, all lie in the lower cluster, and nothing tells of the other.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count, mean, interval = len(ordered), float(ordered.mean()), None
    if count >= LEAST_RUNS and ordered[0] < ordered[-1]:
        found = studentised(mean, float(ordered.std(ddof=1)) / math.sqrt(count), count - 1, (count,))
        interval = found.low, found.high
    return Summary(count, mean, interval, *np.quantile(ordered, np.arange(5) / 4).tolist())


def pearson(first: Sequence[float] | Array, second: Sequence[float] | Array) -> float:
    """Return Pearson's r of pairs: covariance over both standard deviations; NaN where one of the two does not vary.

    scipy's warns of the latter, and takes 40 times as long where an interval leaves out one run after the other.
    """
    x, y = (np.asarray(values, dtype=np.float64) - np.mean(values) for values in (first, second))
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return max(-1.0, min(1.0, float(x @ y) / scale)) if scale > 0 else math.nan


def spearman(first: Sequence[float] | Array, second: Sequence[float] | Array) -> float:
    """Return Spearman's rank correlation: Pearson's r of the ranks, equal values sharing the middle of theirs."""
    return pearson(middle_ranks(np.asarray(first)), middle_ranks(np.asarray(second)))
