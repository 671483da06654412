"""Correlations, against numpy and scipy."""

import math

import numpy as np
import pytest
import scipy.stats

from tcvae_cli.results.statistics import pearson, spearman


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
