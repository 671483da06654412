"""Two clusters: the cut against all partitions, and its P against normal and two-cluster runs."""

import itertools

import numpy as np
import pytest

from tcvae_cli.results import two_clusters
from tcvae_cli.results.clusters import SIMULATED


def squares(values: tuple[float, ...]) -> float:
    return float(np.var(values) * len(values))


@pytest.mark.parametrize("seed", range(3))
def test_no_partition_leaves_less(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=8).tolist()
    found = two_clusters(values)
    assert found is not None
    least = min(
        squares(some) + squares(tuple(set(values) - set(some)))
        for size in range(1, 8)
        for some in itertools.combinations(values, size)
    )
    upper = tuple(value for value in values if value > found.cut)
    assert squares(upper) + squares(tuple(set(values) - set(upper))) == pytest.approx(least)
    assert (found.upper.value, found.above) == (len(upper) / 8, pytest.approx(np.mean(upper)))


def test_two_clusters_are_told_from_one() -> None:
    generator = np.random.default_rng(0)
    two = [*generator.normal(0.47, 0.02, 5), *generator.normal(0.15, 0.07, 10)]
    found = two_clusters(two)
    assert found is not None
    assert (found.p < 0.01, found.upper.value) == (True, pytest.approx(1 / 3))
    assert found.upper.low < 1 / 3 < found.upper.high


def test_one_normal_cluster_is_called_two_as_often_as_p_says() -> None:
    samples = np.random.default_rng(1).normal(3, 5, size=(400, 10))
    chances = [found.p for sample in samples if (found := two_clusters(sample.tolist()))]
    assert np.mean(np.array(chances) <= 0.1) == pytest.approx(0.1, abs=0.04)


def test_p_is_never_0() -> None:
    found = two_clusters([1.0, 1, 1, 1, 2])
    assert found is not None
    assert found.p == 1 / (SIMULATED + 1)


def test_few_or_equal_runs_have_no_clusters() -> None:
    assert two_clusters([1.0, 2, 8, 9]) is None
    assert two_clusters([1.0] * 9) is None
