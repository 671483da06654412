"""Matching the latents of two models: known permutations and signs, and brute force over all assignments."""

import itertools

import numpy as np
import pytest
import torch

from tcvae_cli.estimators.matching import assignment, correlations, matched


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 4), (3, 6), (6, 6)])
def test_the_assignment_is_the_best_of_all(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cost = random.normal(size=(rows, columns)) if seed else random.integers(3, size=(rows, columns)).astype(float)
    assigned = assignment(cost.tolist())
    assert len(set(assigned)) == rows
    best = min(
        sum(cost[row, column] for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(columns), rows)
    )
    assert sum(cost[row, column] for row, column in enumerate(assigned)) == pytest.approx(best)


def test_the_best_whole_may_leave_the_best_pair() -> None:
    assert assignment([[-1.0, -0.9], [-0.8, 0.0]]) == [1, 0]
    assert assignment([]) == []


def test_a_known_permutation_and_its_signs_are_found() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(500, 6))
    order, sign = [3, 0, 5, 1, 4, 2], np.array([1, -1, 1, -1, -1, 1])
    second = first[:, order] * sign * 7 + 3 + 0.1 * random.normal(size=(500, 6))
    pairs = matched(torch.from_numpy(first), torch.from_numpy(second))
    assert [pair.latent for pair in pairs] == list(range(6))
    assert [pair.other for pair in pairs] == [order.index(j) for j in range(6)]
    assert [np.sign(pair.correlation) for pair in pairs] == [sign[order.index(j)] for j in range(6)]
    assert min(abs(pair.correlation) for pair in pairs) > 0.99


def test_models_of_different_size_match_either_way_round() -> None:
    random = np.random.default_rng(1)
    wide = torch.from_numpy(random.normal(size=(100, 5)))
    narrow = -wide[:, [4, 1]]
    assert [(pair.latent, pair.other) for pair in matched(narrow, wide)] == [(0, 4), (1, 1)]
    assert [(pair.latent, pair.other) for pair in matched(wide, narrow)] == [(1, 1), (4, 0)]


def test_correlations_agree_with_numpy_and_a_constant_latent_has_none() -> None:
    random = np.random.default_rng(2)
    first, second = random.normal(size=(50, 3)), random.normal(size=(50, 2))
    expected = np.corrcoef(first.T, second.T)[:3, 3:]
    np.testing.assert_allclose(correlations(torch.from_numpy(first), torch.from_numpy(second)), expected, atol=1e-12)
    first[:, 1] = 0.1  # whose mean over 50 images is not exactly itself
    assert correlations(torch.from_numpy(first), torch.from_numpy(second))[1].tolist() == [0, 0]
