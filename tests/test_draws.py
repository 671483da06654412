"""Samples of the aggregated posterior: what they stand for, and that their standard errors are those of their means."""

import math
import statistics

import pytest
import torch

from helpers.awkward import awkward_posterior
from tcvae_cli.estimators import NORMAL, Posterior, log_density
from tcvae_cli.estimators.decomposition import Integrals, integrate, sample_entropy
from tcvae_cli.estimators.draws import draw, shares_by_distance, weighted_mean, with_control_variate
from tcvae_cli.estimators.joint_density import log_density_at, rough_log_density_at
from tcvae_cli.estimators.minibatch import batches_for

KINDS = ("far 5", "far 50", "far 1e4", "further", "clusters", "tails", "widths", "corners")


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def uniform_posterior(images: int) -> Posterior:
    return Posterior.from_tensors(torch.randn(images, 2, generator=generator(0)), torch.zeros(images, 2))


def coverage(known: Integrals, samples: int, seeds: int, truth: float) -> float:
    """Return how often H(z) is within 1.96 of its standard errors of the truth."""
    found = [sample_entropy(known, samples, generator(seed)) for seed in range(seeds)]
    return sum(abs(each.joint_entropy - truth) <= 1.96 * each.standard_error for each in found) / seeds


@pytest.mark.parametrize("samples", [7, 40, 100, 250])
def test_draws_stand_for_all_images(samples: int) -> None:
    probability = torch.rand(40, generator=generator(1), dtype=torch.float64)
    probability /= probability.sum()
    posterior = Posterior.from_tensors(torch.zeros(40, 1), torch.zeros(40, 1), probability)
    share = shares_by_distance(probability, [torch.arange(40, dtype=torch.float64).square()])
    value = torch.arange(40, dtype=torch.float64)
    means = []
    for seed in range(200):
        drawn = draw(posterior, share, samples, generator(seed))
        counted = torch.zeros(40, dtype=torch.float64).index_add_(0, drawn.rows, drawn.weight)
        certain = samples * share >= 1
        torch.testing.assert_close(counted[certain], probability[certain])  # drawn for certain, for all they are
        assert drawn.unseen == pytest.approx(1 - probability[drawn.rows.unique()].sum().item())
        means.append(float(drawn.weight @ value[drawn.rows]))
    error = statistics.stdev(means) / math.sqrt(len(means))
    assert statistics.mean(means) == pytest.approx(float(probability @ value), abs=4 * error + 1e-12)


def test_shares_favour_what_lies_off_and_bound_what_it_weighs() -> None:
    probability = torch.full((1000,), 1e-3, dtype=torch.float64)
    values = torch.randn(2, 1000, generator=generator(2), dtype=torch.float64)
    values[0, 5] = values[1, 6] = 1e6
    share = shares_by_distance(probability, list(values))
    assert float(share.sum()) == pytest.approx(1)
    assert share[5] > 0.1
    assert share[6] > 0.1
    assert (probability / share).max() <= 2 + 1e-12
    for each in values:
        distance = (each - each.mean()).abs()
        assert (probability / share * distance).max() <= 4 * (probability @ distance) + 1e-12
    same = [torch.zeros(1000).double(), torch.full((1000,), math.inf).double()]
    torch.testing.assert_close(shares_by_distance(probability, same), probability)


def test_a_control_variate_of_known_mean_moves_the_estimate() -> None:
    drawn = draw(uniform_posterior(3), torch.full((3,), 1 / 3, dtype=torch.float64), 3, generator(0))
    values, control = torch.tensor([1.0, 3.0, 5.0]).double(), torch.tensor([0.0, 1.0, 2.0]).double()
    mean, error = with_control_variate(drawn, values, control, torch.tensor(1.5).double())
    assert (float(mean), error) == pytest.approx((4, 0), abs=1e-12)
    mean, error = with_control_variate(drawn, values, torch.zeros(3).double(), torch.tensor(0.0).double())
    assert float(mean) == pytest.approx(3)


def test_a_mean_over_images_that_are_all_drawn_has_no_error_between_them() -> None:
    posterior = uniform_posterior(20)
    drawn = draw(posterior, posterior.probability, 60, generator(0))
    value = torch.arange(20, dtype=torch.float64)
    mean, error = weighted_mean(drawn, value[drawn.rows])
    assert (float(mean), error) == pytest.approx((9.5, 0), abs=1e-7)
    # Of fewer draws than images it is nearly that of simple random draws.
    drawn = draw(posterior, posterior.probability, 10, generator(0))
    _, error = weighted_mean(drawn, value[drawn.rows])
    assert error == pytest.approx(value.std().item() / math.sqrt(10), rel=0.3)


def test_a_far_image_does_not_bias_what_few_samples_say() -> None:
    """One image with mean 50 in all latents among 2,000: half as many samples as images said 4.15 +- 0.02, not 0.28."""
    random = generator(0)
    mean = torch.randn(2000, 10, generator=random, dtype=torch.float64)
    mean[0] = 50
    known = integrate(Posterior.from_tensors(mean, torch.full_like(mean, 0.0)))
    truth = sample_entropy(known, 10_000, generator(99))
    for seed in range(5):
        found = sample_entropy(known, 1000, generator(seed))
        error = 4 * math.hypot(found.standard_error, truth.standard_error)
        assert found.total_correlation == pytest.approx(truth.total_correlation, abs=error)
        assert found.standard_error < 0.02  # not much more than the 0.012 without that image
        assert found.sampled_kl == pytest.approx(found.analytic_kl, abs=4 * found.sampled_kl_standard_error)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_cover_the_truth(kind: str) -> None:
    known = integrate(awkward_posterior(kind, images=400, latents=4))
    truth = sample_entropy(known, 20_000, generator(1_000_000)).joint_entropy
    assert coverage(known, 150, 40, truth) >= 0.85  # of 0.95: one in 500 such tests would fall below by chance


def test_the_error_is_small_only_where_nothing_is_unseen() -> None:
    known = integrate(awkward_posterior("independent", images=1296, latents=4))
    few, all_of_them = (sample_entropy(known, samples, generator(0)) for samples in (300, 5000))
    assert few.total_correlation == pytest.approx(0, abs=1e-4)
    assert few.standard_error > 1e-3  # most images were not drawn: who knows
    assert all_of_them.standard_error < 1e-4


def test_information_densities_are_bounded_by_what_an_image_can_tell() -> None:
    """ln q(z|n) / q(z) <= -ln p(n), the reason why no far image outweighs the rest."""
    posterior = awkward_posterior("further", images=400, latents=4)
    drawn = draw(posterior, posterior.probability, 400, generator(0))
    own = log_density(drawn.z, posterior.mean[drawn.rows], posterior.log_std[drawn.rows], NORMAL).sum(1)
    mixture = torch.stack([log_density(z, posterior.mean, posterior.log_std, NORMAL).sum(1) for z in drawn.z])
    density = own - (mixture.logsumexp(1) - math.log(400))
    assert density.max() <= math.log(400) + 1e-9


def test_minibatch_errors_come_from_enough_batches() -> None:
    assert batches_for(samples=10_000, batch=64) == 157
    assert batches_for(samples=1000, batch=2048) == 8


def test_the_rough_density_is_near_the_exact_one() -> None:
    known = integrate(awkward_posterior("far 50", images=400, latents=2))
    points = known.posterior.mean[:, 0]
    exact, rough = (each(points, known.marginals[0]) for each in (log_density_at, rough_log_density_at))
    torch.testing.assert_close(rough, exact, rtol=0, atol=0.05)
