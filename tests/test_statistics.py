"""Correlations and bootstrap intervals: against numpy and scipy."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats

from tcvae_cli.results.statistics import (
    bootstrap,
    pearson,
    spearman,
)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("digits", [9, 1, 0])  # the fewer, the more ties
def test_correlations_are_numpys_and_scipys(seed: int, digits: int) -> None:
    x, y = np.random.default_rng(seed).normal(size=(2, 30)).round(digits)
    y = (y - x).round(digits)
    assert pearson(x.tolist(), y.tolist()) == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert spearman(x.tolist(), y.tolist()) == pytest.approx(scipy.stats.spearmanr(x, y).statistic)


def test_correlations_by_hand() -> None:
    assert pearson([0.0, 1.0, 2.0], [0.0, -1.0, -2.0]) == -1
    assert (spearman([1.0, 2.0, 3.0], [1.0, 10.0, 9.0]), pearson([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])) == (0.5, 0.5)
    assert math.isnan(pearson([1.0, 1.0], [0.0, 1.0]))
    assert math.isnan(spearman([1.0], [0.0]))


def mean_difference(groups: list[Any]) -> float:
    return float(groups[0].mean() - groups[1].mean())


def test_bootstrap_resamples_each_group_within_itself() -> None:
    assert bootstrap(mean_difference, [[3.0, 3.0], [1.0, 1.0]]) == (2, 2)
    rows = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]  # y = 2 x + 1, which no resampling of rows can break
    assert bootstrap(lambda groups: pearson(*groups[0].T), [rows]) == pytest.approx((1, 1))  # constant ones left out
    assert all(map(math.isnan, bootstrap(lambda groups: math.nan, [[1.0, 2.0]])))
    assert all(map(math.isnan, bootstrap(mean_difference, [[3.0, 4.0], [1.0]])))  # which no resample varies


def test_bootstrap_covers_what_it_says() -> None:
    generator = np.random.default_rng(2)
    intervals = [bootstrap(mean_difference, generator.normal(size=(2, 30)).tolist()) for _ in range(60)]
    assert 0.8 < np.mean([low < 0 < high for low, high in intervals]) <= 0.98
