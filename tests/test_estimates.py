"""Estimates with their intervals and tests: against scipy's, and by counting all arrangements."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.stats

from tcvae_cli.errors import ArgumentError
from tcvae_cli.results import FISHER, Estimate, estimate, median_estimate, pearson, share, superiority, two_clusters
from tcvae_cli.results.rank_sums import MOST_EXACT
from tcvae_cli.results.ranks import middle_ranks, paired_shift, rank_test, shift, stratified_rank_test

GENERATOR = np.random.default_rng


def mean(groups: Sequence[Any]) -> float:
    return float(np.mean(groups[0]))


def mean_difference(groups: Sequence[Any]) -> float:
    return float(np.mean(groups[0]) - np.mean(groups[1]))


def test_of_a_mean_is_students() -> None:
    values = GENERATOR(0).normal(0.3, 1, 9)
    found, reference = estimate(mean, [values], level=0.1), scipy.stats.ttest_1samp(values, 0.1, alternative="greater")
    assert (found.above, found.below) == pytest.approx((reference.pvalue, 1 - reference.pvalue))
    interval = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.value, found.error) == pytest.approx((values.mean(), scipy.stats.sem(values)))


@pytest.mark.parametrize(("m", "n"), [(5, 5), (5, 40), (10, 7)])
def test_of_a_difference_of_means_is_welchs(m: int, n: int) -> None:
    first, second = GENERATOR(m).normal(0, 1, m), GENERATOR(n).normal(0, 3, n)
    found, reference = estimate(mean_difference, [first, second]), scipy.stats.ttest_ind(first, second, equal_var=False)
    interval = reference.confidence_interval(0.9)
    assert (found.low, found.high, found.runs) == (pytest.approx(interval.low), pytest.approx(interval.high), (m, n))
    assert 2 * min(found.above, found.below) == pytest.approx(reference.pvalue)


def test_of_a_correlation_is_near_fishers_interval() -> None:
    pairs = GENERATOR(1).multivariate_normal([0, 0], [[1, -0.6], [-0.6, 1]], size=400)
    found = estimate(lambda groups: pearson(*groups[0].T), [pairs], level=-0.5, scale=FISHER)
    interval = scipy.stats.pearsonr(*pairs.T).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=0.02)
    assert (found.below <= 0.05) == (found.high < -0.5)
    line = np.arange(6.0)
    assert estimate(lambda groups: pearson(*groups[0].T), [np.stack([line, line], 1)], scale=FISHER).value == 1


def test_a_correlation_of_what_does_not_vary_is_none_on_fishers_scale() -> None:
    level = np.ones((5, 2))
    found = estimate(lambda groups: FISHER.there(pearson(*groups[0].T)), [level])
    assert math.isnan(found.value)
    assert math.isnan(found.above)


def test_few_runs_have_no_interval_and_one_no_test() -> None:
    few, single = (estimate(mean_difference, [[1.0, 2.0, 4.0, 8.0][:count], [0.0, 1.0, 0.5, 2]]) for count in (4, 1))
    assert math.isnan(few.low)
    assert math.isfinite(few.above)
    assert all(map(math.isnan, (single.low, single.error, single.above)))
    assert (few.decides, single.runs) == (False, (1, 4))
    for found in (
        shift([1, 2, 3, 4], range(9)),
        paired_shift([1, 2, 3, 4]),
        share(1, 4),
        median_estimate([1, 2, 3, 4]),
    ):
        assert math.isnan(found.low)
        assert 0 <= found.below <= 1


def test_runs_that_do_not_vary_tell_nothing_of_how_sure_they_are() -> None:
    found = estimate(mean, [[0.3] * 6])
    assert (found.value, str(found)) == (pytest.approx(0.3), "0.300 (no interval)")
    assert math.isnan(found.above)


def test_the_negative_changes_sides() -> None:
    found = -estimate(mean, [[1.0, 2, 3, 4, 5]], level=1)
    assert (found.value, found.level) == (-3, -1)
    assert found.low == pytest.approx(-3 - 2.132 * math.sqrt(0.5), abs=1e-3)
    assert found.below < 0.05 < found.above


@pytest.mark.parametrize(("m", "n"), [(5, 5), (6, 13), (40, 40)])
def test_a_shift_is_tested_as_scipy_does(m: int, n: int) -> None:
    first, second = GENERATOR(m).normal(0.4, size=m), GENERATOR(n).normal(size=n)
    found = shift(first, second)
    assert found.value == np.median(np.subtract.outer(first, second))
    for chance, side in ((found.above, "greater"), (found.below, "less")):
        wanted = scipy.stats.mannwhitneyu(first, second, alternative=side, method="exact").pvalue
        assert chance == pytest.approx(wanted)


def test_many_runs_are_tested_by_the_normal_approximation() -> None:
    first, second = GENERATOR(0).normal(0.2, size=80), GENERATOR(1).normal(size=70)
    assert first.size * second.size > MOST_EXACT
    wanted = scipy.stats.mannwhitneyu(first, second, alternative="greater", method="asymptotic").pvalue
    assert shift(first, second).above == pytest.approx(wanted)
    differences = GENERATOR(2).normal(0.1, size=90)
    signed = scipy.stats.wilcoxon(differences, alternative="less", method="approx", correction=True).pvalue
    assert paired_shift(differences).below == pytest.approx(signed)


@pytest.mark.parametrize("runs", [5, 10, 40])
def test_a_paired_shift_is_tested_as_scipy_does(runs: int) -> None:
    differences = GENERATOR(runs).normal(0.3, size=runs)
    found = paired_shift(differences)
    for chance, side in ((found.above, "greater"), (found.below, "less")):
        assert chance == pytest.approx(scipy.stats.wilcoxon(differences, alternative=side, method="exact").pvalue)
    assert found.low < found.value < found.high


def estimates_of(moved: float) -> list[Estimate]:
    values, others = GENERATOR(3).normal(size=9) - moved, GENERATOR(4).normal(size=7)
    return [shift(values, others), paired_shift(values), median_estimate(values), estimate(mean, [values])]


@pytest.mark.parametrize("kind", range(4))
def test_an_interval_is_what_the_tests_cannot_exclude(kind: int) -> None:
    """Values moved by a little less than an end of the interval are excluded, by a little more are not."""
    found = estimates_of(0)[kind]
    assert estimates_of(found.low - 1e-6)[kind].above <= 0.05 < estimates_of(found.low + 1e-6)[kind].above
    assert estimates_of(found.high + 1e-6)[kind].below <= 0.05 < estimates_of(found.high - 1e-6)[kind].below


def test_what_is_equal_speaks_for_neither_side() -> None:
    for found in (shift([1.0] * 5, [1.0] * 6), paired_shift([0.0] * 5), median_estimate([2.0] * 7, level=2)):
        assert (found.above, found.below) == (1, 1)


@pytest.mark.parametrize(("count", "runs"), [(3, 5), (0, 8), (8, 8), (13, 40)])
@pytest.mark.parametrize("level", [0.1, 0.5])
def test_a_share_is_clopper_and_pearsons(count: int, runs: int, level: float) -> None:
    found, reference = share(count, runs, level), scipy.stats.binomtest
    interval = reference(count, runs).proportion_ci(0.9, method="exact")
    assert (found.value, found.low, found.high) == pytest.approx((count / runs, interval.low, interval.high))
    assert found.above == pytest.approx(reference(count, runs, level, alternative="greater").pvalue)
    assert found.below == pytest.approx(reference(count, runs, level, alternative="less").pvalue)


@pytest.mark.parametrize(("runs", "place"), [(5, 0), (8, 1), (10, 1), (40, 14)])
def test_a_median_lies_between_two_runs(runs: int, place: int) -> None:
    found = median_estimate(list(map(float, range(runs))), level=0.5)
    assert (found.low, found.high) == (place, runs - 1 - place)
    assert found.above == pytest.approx(scipy.stats.binomtest(runs - 1, runs, alternative="greater").pvalue)


@pytest.mark.parametrize("digits", [9, 0])
def test_equal_values_share_their_middle_rank(digits: int) -> None:
    values = GENERATOR(3).normal(size=40).round(digits)
    assert middle_ranks(values).tolist() == scipy.stats.rankdata(values).tolist()
    assert np.isnan(middle_ranks(np.array([1, np.nan]))).all()


@pytest.mark.parametrize("digits", [9, 0])
def test_the_rank_test_counts_all_arrangements(digits: int) -> None:
    first, second = GENERATOR(5).normal(0.8, size=4).round(digits), GENERATOR(6).normal(size=6).round(digits)
    ranks = middle_ranks(np.concatenate([first, second]))
    sums = np.array([sum(chosen) for chosen in itertools.combinations(ranks, 4)]) - 22
    assert rank_test(first, second) == pytest.approx((np.abs(sums) > abs(sums[0]) - 1e-9).mean())


STRATA = [([1.0, 4, 6], [2.0, 3, 5, 7]), ([3.0, 5, 6], [1.0, 2, 4]), ([4.0, 4, 6], [1.0, 4])]


def test_the_test_over_strata_counts_all_arrangements() -> None:
    sums = []
    for first, second in STRATA:
        m, n = len(first), len(second)
        ranks = middle_ranks(np.array([*first, *second])).tolist()
        sums.append([(sum(some) - m * (m + n + 1) / 2) / (m + n + 1) for some in itertools.combinations(ranks, m)])
    away = abs(sum(own[0] for own in sums))  # the first combination is what was found
    counted = np.mean([abs(sum(chosen)) > away - 1e-9 for chosen in itertools.product(*sums)])
    assert stratified_rank_test(STRATA) == pytest.approx(counted)
    assert stratified_rank_test([([1.0], [1.0])] * 2) == 1


def test_sums_over_many_strata_that_are_equal_count_as_equal() -> None:
    strata = GENERATOR(0).normal(size=(12, 2, 3))
    of_one = np.bincount([sum(some) for some in itertools.combinations(range(6), 3)])[3:] / 20  # by U, from 0
    of_all = functools.reduce(np.convolve, [of_one] * len(strata))
    found = sum(int((first > second[:, None]).sum()) for first, second in strata)
    away = np.abs(np.arange(len(of_all)) - 54)
    assert stratified_rank_test(strata.tolist()) == pytest.approx(of_all[away >= abs(found - 54)].sum())


@pytest.mark.parametrize("digits", [9, 1])
def test_the_test_over_large_strata_is_scipys_where_all_but_one_say_nothing(digits: int) -> None:
    first, second = GENERATOR(3).normal(size=(2, 60)).round(digits)
    wanted = scipy.stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False).pvalue
    assert stratified_rank_test([(first, second), ([1.0] * 3, [1.0] * 4)]) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda values: shift(values, [1.0] * 5), "first: holds a number that is not finite"),
        (lambda values: rank_test([1.0] * 5, values), "second: holds a number that is not finite"),
        (lambda values: superiority(values, values), "first: holds a number that is not finite"),
        (lambda values: stratified_rank_test([(values, values)]), "strata: holds a number that is not finite"),
        (paired_shift, "differences: holds a number that is not finite"),
        (median_estimate, "values: holds a number that is not finite"),
        (two_clusters, "values: holds a number that is not finite"),
        (lambda values: shift([values], [1.0]), "first: has 2 axes"),
        (lambda _: shift(["a"], [1.0]), "first: has what is not a number"),
        (lambda _: share(11, 10, 0.1), "count: is 11 of 10 runs; give from 0 to all of them"),
        (lambda _: share(-1, 10), "count: is -1 of 10 runs"),
        (lambda _: share(1, 10, 1.5), "level: is 1.5; give a share"),
    ],
)
def test_what_is_no_number_or_share_is_refused_in_one_line(call: Callable[[Any], object], fault: str) -> None:
    with pytest.raises(ArgumentError, match=fault):
        call([math.nan, 0.1, 0.2, 0.3, 0.4])
