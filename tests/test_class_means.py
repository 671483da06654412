"""Means over classes against brute force, on grids that are not full, with missing labels and biased sampling."""

import math

import numpy as np
import pytest
import torch

from tcvae_cli.estimators.activity import active_latents, mean_share
from tcvae_cli.estimators.class_means import class_means


@pytest.mark.parametrize("factors", [1, 2, 3])
def test_means_are_those_of_brute_force(factors: int) -> None:
    random = np.random.default_rng(factors)
    mean = random.normal(size=(60, 3)).astype(np.float32)
    classes = random.integers(-1, 4, size=(60, factors))
    probability = random.dirichlet(np.ones(60))
    found = class_means(torch.from_numpy(mean), torch.from_numpy(classes), torch.from_numpy(probability))
    assert found.shape == (4,) * factors + (3,)
    for cell in np.ndindex(*(4,) * factors):
        rows = (classes == cell).all(1)
        expected = np.average(mean[rows].astype(float), axis=0, weights=probability[rows]) if rows.any() else math.nan
        np.testing.assert_allclose(found[cell].numpy(), expected, rtol=1e-12)
    if factors == 3:
        assert found.isnan().any()


def test_the_example_of_the_docstring() -> None:
    third = torch.full((3,), 1 / 3)
    found = class_means(torch.tensor([[1.0], [2.0], [6.0]]), torch.tensor([[0], [0], [2]]), third)[:, 0].tolist()
    assert found[0] == pytest.approx(1.5)
    assert math.isnan(found[1])
    assert found[2] == 6


def test_latents_whose_mean_has_more_than_a_hundredth_of_their_variance_are_active() -> None:
    mean = torch.cat([torch.tensor([[-1.0, -1.0, -3.0, 0.0]]), torch.tensor([[1.0, 1.0, 3.0, 0.0]])]) + 5
    log_std = 0.5 * torch.tensor([99.1, 98.9, 1.0, 1.0]).log().expand(2, 4)
    even = torch.tensor([0.5, 0.5]).double()
    assert active_latents(mean, log_std, even).tolist() == [False, True, True, False]
    assert active_latents(mean, log_std, even, 0.5).tolist() == [False, False, True, False]
    assert active_latents(mean * 1e3, log_std + math.log(1e3), even).tolist() == [False, True, True, False]
    assert mean_share(mean, log_std, even)[2:].tolist() == pytest.approx([0.9, 0.0])
    assert active_latents(mean, log_std, torch.tensor([0.0, 1.0]).double()).tolist() == [False] * 4
