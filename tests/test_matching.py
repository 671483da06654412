"""Matching the latents of two models: known permutations and signs, and brute force over all assignments."""

import itertools

import numpy as np
import pytest
import torch

from tcvae_cli import Codes, match
from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.matching import Pair, correlations, matched


def paired(first: torch.Tensor, second: torch.Tensor) -> list[Pair]:
    """Return the matching of means whose latents are all active."""
    active, others = (torch.ones(mean.shape[1], dtype=torch.bool) for mean in (first, second))
    return matched(correlations(first, second), active, others)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 1), (4, 4), (3, 6), (6, 3), (6, 6)])
def test_the_matching_is_the_best_of_all(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    first = random.normal(size=(5, rows)) if seed else random.integers(2, size=(5, rows)).astype(float)  # with ties
    second = random.normal(size=(5, columns)) if seed else random.integers(2, size=(5, columns)).astype(float)
    one, other = torch.from_numpy(first), torch.from_numpy(second)
    pairs, strength = paired(one, other), correlations(one, other).abs()
    assert len({pair.latent for pair in pairs}) == len({pair.other for pair in pairs}) == min(rows, columns)
    wide = strength if rows <= columns else strength.T
    best = max(
        sum(float(wide[row, column]) for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(wide.shape[1]), len(wide))
    )
    assert sum(abs(pair.correlation) for pair in pairs) == pytest.approx(best)


def test_no_correlation_is_beyond_one() -> None:
    mean = torch.from_numpy(np.random.default_rng(0).normal(size=(10_000, 8)))
    assert correlations(mean, -mean).abs().max() <= 1


def test_the_best_whole_may_leave_the_best_pair() -> None:
    """|r| of [[0.76, 0.65], [0.65, 0]]: the best pair, 0 and 0, would leave 1 with nothing."""
    one, two, three = torch.tensor([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]).double()
    first = torch.stack([one, two], dim=1)
    second = torch.stack([0.7 * one + 0.6 * two, 0.65 * one + 0.76 * three], dim=1)
    assert correlations(first, second).abs().argmax() == 0
    assert [(pair.latent, pair.other) for pair in paired(first, second)] == [(0, 1), (1, 0)]


def test_a_known_permutation_and_its_signs_are_found() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(500, 6))
    order, sign = [3, 0, 5, 1, 4, 2], np.array([1, -1, 1, -1, -1, 1])
    second = first[:, order] * sign * 7 + 3 + 0.1 * random.normal(size=(500, 6))
    pairs = paired(torch.from_numpy(first), torch.from_numpy(second))
    assert [pair.latent for pair in pairs] == list(range(6))
    assert [pair.other for pair in pairs] == [order.index(j) for j in range(6)]
    assert [np.sign(pair.correlation) for pair in pairs] == [sign[order.index(j)] for j in range(6)]
    assert min(abs(pair.correlation) for pair in pairs) > 0.99


def test_models_of_different_size_match_either_way_round() -> None:
    random = np.random.default_rng(1)
    wide = torch.from_numpy(random.normal(size=(100, 5)))
    narrow = -wide[:, [4, 1]]
    assert [(pair.latent, pair.other) for pair in paired(narrow, wide)] == [(0, 4), (1, 1)]
    assert [(pair.latent, pair.other) for pair in paired(wide, narrow)] == [(1, 1), (4, 0)]


def test_correlations_agree_with_numpy_and_a_constant_latent_has_none() -> None:
    random = np.random.default_rng(2)
    first, second = random.normal(size=(50, 3)), random.normal(size=(50, 2))
    expected = np.corrcoef(first.T, second.T)[:3, 3:]
    np.testing.assert_allclose(correlations(torch.from_numpy(first), torch.from_numpy(second)), expected, atol=1e-12)
    first[:, 1] = 0.1  # whose mean over 50 images is not exactly itself
    assert correlations(torch.from_numpy(first), torch.from_numpy(second))[1].tolist() == [0, 0]


def test_correlations_weigh_images_as_if_each_stood_there_as_often_as_it_is_likely() -> None:
    random = np.random.default_rng(3)
    first, second = random.normal(size=(40, 3)), random.normal(size=(40, 2))
    counts = random.integers(0, 5, size=40)
    first[counts == 0] = 1e6  # of an image that is never drawn
    repeated = (torch.from_numpy(np.repeat(means, counts, axis=0)) for means in (first, second))
    weighed = correlations(torch.from_numpy(first), torch.from_numpy(second), torch.from_numpy(counts / counts.sum()))
    torch.testing.assert_close(weighed, correlations(*repeated))


def test_an_inactive_latent_takes_no_partner_from_an_active_one() -> None:
    """z1 of the first run leaks z0 of the second without noise, and is dead: its share of the variance is 1e-6."""
    random = np.random.default_rng(4)
    told = random.normal(size=(500, 2))
    mean = np.stack([told[:, 0] + random.normal(size=500), 1e-3 * told[:, 0]], axis=1)
    first = Codes.of(mean, np.zeros((500, 2)))
    second = Codes.of(told * [1, 1e-3], np.zeros((500, 2)))
    assert [(pair.latent, pair.other, pair.active) for pair in match(first, second).pairs] == [
        (0, 0, True),
        (1, 1, False),
    ]
    assert [(pair.latent, pair.other) for pair in match(first, second, active=0).pairs] == [(1, 0), (0, 1)]


def test_a_match_heeds_how_likely_the_images_are() -> None:
    """Of three images that are likely r is -1, and of the hundreds that are not r is 1."""
    random = np.random.default_rng(5)
    mean = np.concatenate([[-1.0, 0.0, 1.0], 9 * random.normal(size=300)])[:, None]
    other = np.concatenate([-mean[:3], mean[3:]])
    rare = np.full(300, 1e-9)
    probability = np.concatenate([np.full(3, (1 - rare.sum()) / 3), rare])
    log_std = np.zeros_like(mean)
    even = match(Codes.of(mean, log_std), Codes.of(other, log_std))
    weighed = match(*(Codes.of(codes, log_std, probability=probability) for codes in (mean, other)))
    assert even.pairs[0].correlation > 0.99
    assert weighed.pairs[0].correlation == pytest.approx(-1, abs=1e-4)
    with pytest.raises(TcvaeError, match="another probability"):
        match(Codes.of(mean, log_std, probability=probability), Codes.of(other, log_std))
