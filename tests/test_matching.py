"""Matching the latents of two models: known permutations and signs, and brute force over all assignments."""

import itertools

import numpy as np
import pytest
import torch

from tcvae_cli.estimators.matching import correlations, matched


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 1), (4, 4), (3, 6), (6, 3), (6, 6)])
def test_the_matching_is_the_best_of_all(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    first = random.normal(size=(5, rows)) if seed else random.integers(2, size=(5, rows)).astype(float)  # with ties
    second = random.normal(size=(5, columns)) if seed else random.integers(2, size=(5, columns)).astype(float)
    one, other = torch.from_numpy(first), torch.from_numpy(second)
    pairs, strength = matched(one, other), correlations(one, other).abs()
    assert len({pair.latent for pair in pairs}) == len({pair.other for pair in pairs}) == min(rows, columns)
    wide = strength if rows <= columns else strength.T
    best = max(
        sum(float(wide[row, column]) for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(wide.shape[1]), len(wide))
    )
    assert sum(abs(pair.correlation) for pair in pairs) == pytest.approx(best)


def test_the_best_whole_may_leave_the_best_pair() -> None:
    """|r| of [[0.76, 0.65], [0.65, 0]]: the best pair, 0 and 0, would leave 1 with nothing."""
    one, two, three = torch.tensor([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]).double()
    first = torch.stack([one, two], dim=1)
    second = torch.stack([0.7 * one + 0.6 * two, 0.65 * one + 0.76 * three], dim=1)
    assert correlations(first, second).abs().argmax() == 0
    assert [(pair.latent, pair.other) for pair in matched(first, second)] == [(0, 1), (1, 0)]


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
