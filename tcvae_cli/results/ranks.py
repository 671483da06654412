"""Tests by ranks, exact for few runs, and the shifts that they cannot exclude: no shape of distribution is assumed."""

import math
from collections.abc import Sequence

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.results.estimates import LEAST_RUNS, SURE, Estimate, checked_runs
from tcvae_cli.results.rank_sums import MOST_COMMON, MOST_EXACT, chances_of_signed_ranks, chances_of_u, sums_of_strata

Stratum = tuple[Sequence[float] | Array, Sequence[float] | Array]


def superiority(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the probability that a value of FIRST is larger than one of SECOND, ties counting half.

    It is the Mann-Whitney U / (m n).
    """
    difference = np.subtract.outer(checked_runs("first", first), checked_runs("second", second))
    return float((np.sign(difference).mean() + 1) / 2)


def shift(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Return by how much the runs of FIRST are larger than those of SECOND, by ranks.

    The value is the median of all m n differences of two (Hodges & Lehmann 1963). The tests are the one-sided ones of
    Mann & Whitney, and the interval the differences that these cannot exclude: Hollander, Wolfe & Chicken 2014,
    sections 4.1 to 4.3. Both are exact up to MOST_EXACT differences, whatever the distribution, if that of FIRST is
    that of SECOND, shifted. Equal values count against both tests. Of 5 and 5 runs, the interval lies from the 5th
    least of the 25 differences to the 5th largest.

    It says that a run of FIRST tends to be larger, which is a higher median too unless the distributions cross. Where
    they do (equal medians, a third of the runs of FIRST in a cluster far above, SECOND normal and as wide), a test of
    5% finds FIRST larger in 11 / 14 / 34% of simulations of 5 / 10 / 40 runs each. Tests of medians were no way out:
    with the standard errors of McKean & Schrader 1984 they err in 10 / 10 / 2% where all runs come from the same two
    clusters, and in 13 to 21% where these are of equal size.
    """
    differences = np.subtract.outer(checked_runs("first", first), checked_runs("second", second))
    m, n = differences.shape
    return of_counts(np.sort(differences, axis=None), chances_of_u(m, n), (m, n))


def paired_shift(differences: Sequence[float]) -> Estimate:
    """Return by how much one thing is larger than another in the same runs, from the difference in each run.

    The value is the median of the averages of each two differences, and of each with itself; tests and interval are
    those of Wilcoxon's signed ranks: Hollander, Wolfe & Chicken 2014, sections 3.1 to 3.3. They are exact if the
    differences are as likely to lie above the true one by some amount as below it by that. Of 5 runs, the interval lies
    from the least of the 15 averages to the largest.
    """
    own = checked_runs("differences", differences)
    averages = np.add.outer(own, own)[np.triu_indices(len(own))] / 2
    return of_counts(np.sort(averages), chances_of_signed_ranks(len(own)), (len(own),))


def of_counts(ordered: Array, chances: Array, runs: tuple[int, ...], level: float = 0.0) -> Estimate:
    """Return the estimate whose test counts how many of the ORDERED numbers are above LEVEL.

    CHANCES are those of each count, from 0, if the true value is LEVEL.
    """
    if not len(ordered):
        return Estimate(math.nan, math.nan, math.nan, runs, level=level)
    at_most = np.cumsum(chances)  # by symmetry also: at least so many from the top
    above, below = (float(at_most[len(ordered) - int(side.sum())]) for side in (ordered > level, ordered < level))
    inside = int((at_most <= SURE).sum())  # so many counts are significant: the interval lies between as many numbers
    low = high = math.nan
    if min(runs) >= LEAST_RUNS and inside:
        low, high = float(ordered[inside - 1]), float(ordered[-inside])
    return Estimate(float(np.median(ordered)), low, high, runs, math.nan, min(1.0, above), min(1.0, below), level)


def rank_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided P of the Mann-Whitney (Wilcoxon rank-sum) test that both come from one distribution."""
    return stratified_rank_test([(checked_runs("first", first), checked_runs("second", second))])


def stratified_rank_test(strata: Sequence[Stratum]) -> float:
    """Return the two-sided P of van Elteren's test that both come from one distribution within each stratum.

    The statistic is the sum over strata of the first's rank sum over m + n + 1 (van Elteren 1960), so that one stratum
    is the Mann-Whitney test. P is the share of all arrangements within the strata that are as far from the expected sum
    or further, counted, equal values sharing their ranks; where these are too many to count (MOST_EXACT pairs of runs
    in a stratum, MOST_SUMS sums), by the normal approximation.
    """
    groups = [[checked_runs("strata", group) for group in stratum] for stratum in strata]
    sizes = [(len(first), len(second)) for first, second in groups]
    doubled = [(2 * middle_ranks(np.concatenate(stratum))).astype(int) for stratum in groups]  # whole numbers
    common = math.lcm(*(m + n + 1 for m, n in sizes))
    weights = [common // (m + n + 1) for m, n in sizes]  # whole too, so that what is equal is found to be equal
    rows = list(zip(doubled, sizes, weights, strict=True))
    away = abs(sum(weight * (int(ranks[:m].sum()) - m * (m + n + 1)) for ranks, (m, n), weight in rows))
    if common <= MOST_COMMON and all(m * n <= MOST_EXACT for m, n in sizes):
        counted = sums_of_strata(tuple((tuple(sorted(ranks.tolist())), m, weight) for ranks, (m, _), weight in rows))
        if counted:
            return min(1.0, float(counted[1][np.abs(counted[0]) >= away].sum()))
    variance = sum(weight**2 * m * n * float(ranks.var()) / (m + n - 1) for ranks, (m, n), weight in rows)
    return math.erfc(away / math.sqrt(2 * variance)) if variance > 0 else 1.0


def middle_ranks(values: Array) -> Array:
    """Return ranks from 1; equal values share the middle of theirs: [7, 5, 7] -> [2.5, 1, 2.5]. NaN has all NaN.

    As scipy.stats.rankdata does, which is not asked since with it come 400 modules that `compare` has no use for.
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = np.cumsum(counts) - (counts - 1) / 2
    return np.where(np.isnan(values).any(), math.nan, ranks[places])
