"""What a handful of runs says: quartiles, a bootstrap interval, and whether one setting beats another."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
COVERAGE = 0.9
MOST_ARRANGEMENTS = 20_000

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """Of the values of one setting."""

    count: int
    mean: float
    mean_interval: tuple[float, float]  # COVERAGE, by the percentiles of RESAMPLES bootstrap means
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


def summarise(values: Sequence[float]) -> Summary:
    """The summary of at least one value. The same values, in whatever order, give the same interval."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    chosen = np.random.default_rng(0).integers(len(ordered), size=(RESAMPLES, len(ordered)))
    low, high = np.quantile(ordered[chosen].mean(1), [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]).tolist()
    return Summary(len(ordered), float(ordered.mean()), (low, high), *np.quantile(ordered, np.arange(5) / 4).tolist())


def superiority(first: Sequence[float], second: Sequence[float]) -> float:
    """Probability that a value of FIRST is larger than one of SECOND, ties counting half: Mann-Whitney U / (m n)."""
    difference = np.subtract.outer(np.asarray(first), np.asarray(second))
    return float((np.sign(difference).mean() + 1) / 2)


def rank_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided P of the Mann-Whitney (Wilcoxon rank-sum) test that both come from one distribution.

    Over all arrangements of the ranks up to MOST_ARRANGEMENTS of them, else by the normal approximation with tie and
    continuity correction: Hollander, Wolfe & Chicken 2014, section 4.1.
    """
    rank = middle_ranks(np.concatenate([first, second]))
    m, n = len(first), len(second)
    expected = m * (m + n + 1) / 2
    away = abs(float(rank[:m].sum()) - expected)
    if math.comb(m + n, m) <= MOST_ARRANGEMENTS:
        sums = np.array([sum(chosen) for chosen in itertools.combinations(rank.tolist(), m)])
        return float((np.abs(sums - expected) > away - 1e-9).mean())
    variance = m * n * float(rank.var()) / (m + n - 1)
    if variance == 0:
        return 1.0
    return min(1.0, math.erfc(max(0.0, away - 0.5) / math.sqrt(2 * variance)))


def middle_ranks(values: Array) -> Array:
    """Ranks from 1; equal values share the middle of theirs."""
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[index]
    return ranks
