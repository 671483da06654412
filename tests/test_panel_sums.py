"""The way of CUDA: densities summed by ranges, with torch on the CPU, and its arithmetic on a device that is none."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from helpers.elsewhere import elsewhere
from tcvae_cli.estimators.activity import active_latents
from tcvae_cli.estimators.bins import binned_entropies
from tcvae_cli.estimators.decomposition import decompose
from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.estimators.flow import Flow
from tcvae_cli.estimators.gaussian import gaussian_total_correlation
from tcvae_cli.estimators.information import Method, by_quadrature, by_sampling, mutual_information_gap
from tcvae_cli.estimators.latent_entropies import exact_entropies
from tcvae_cli.estimators.minibatch import estimate_terms
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import Prior, flow_prior, standard_prior
from tcvae_cli.estimators.variants import RESOLUTION, winners

GRID = torch.cartesian_prod(torch.arange(2), torch.arange(6), torch.arange(8))
LABELS = torch.column_stack([GRID[:, :2], torch.arange(len(GRID)) // 2])  # with a factor of many classes


def codes(family: Family = NORMAL) -> Posterior:
    """Return codes such as training makes: narrow, of mixed widths, and collapsed."""
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(2, len(GRID), 3, generator=generator, dtype=torch.float64)
    mean = torch.stack([GRID[:, 1] / 2 - 1.2, torch.sin(GRID[:, 2] * 0.9) * 2, 0 * GRID[:, 0]], dim=1)
    mean = mean + torch.tensor([0.02, 0.3, 1e-3]) * noise[0]
    log_std = torch.tensor([-3.2, -1.3, 0]) + torch.tensor([0.2, 0.6, 1e-3]) * noise[1]
    return Posterior.from_tensors(mean, log_std, family=family)


def biased(posterior: Posterior) -> Posterior:
    weight = 1 + torch.arange(len(GRID), dtype=torch.float64)
    return replace(posterior, probability=weight / weight.sum())


def far(posterior: Posterior) -> Posterior:
    return replace(posterior, mean=posterior.mean + 1e7 * (torch.arange(len(GRID)) % 37 == 0)[:, None])


KINDS: dict[str, Callable[[], Posterior]] = {
    "trained": codes,
    "laplace": lambda: replace(codes(LAPLACE)[torch.arange(0, len(GRID), 3)]),
    "broad": lambda: replace(codes(), log_std=torch.full((len(GRID), 3), math.log(3)).double()),
    "biased": lambda: biased(codes()),
    "far": lambda: far(codes()),
}
FIRST = torch.arange(9).view(3, 3) == 0
FLOW = flow_prior(Flow(*torch.linspace(-0.3, 0.3, 18).view(3, 3, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_by_ranges_as_in_blocks(kind: str) -> None:
    posterior = KINDS[kind]()
    labels = LABELS[:: len(GRID) // len(posterior.mean)][: len(posterior.mean)]
    results = []
    for some in (posterior, replace(posterior, by_ranges=True)):
        gap, _ = mutual_information_gap(some, labels)
        binned = binned_entropies(some, labels[:, :2], winners(gap)[:2], RESOLUTION)
        terms = decompose(some, 100, torch.Generator().manual_seed(1))
        results.append((gap.marginal_entropy, gap.conditional_entropy, binned, torch.tensor(terms.total_correlation)))
    torch.testing.assert_close(*results, rtol=0, atol=1e-10)


def test_a_panel_of_many_parts() -> None:
    """Where panels of a density are many, they are taken part by part."""
    posterior = replace(far(codes()), by_ranges=True)
    whole, parts = exact_entropies(posterior, LABELS), exact_entropies(posterior, LABELS, part_elements=1)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", [by_quadrature(), by_sampling(20, 0)], ids=["exact", "monte-carlo"])
def test_mig_on_another_device(method: Method) -> None:
    posterior, labels = biased(codes()), GRID.clone()
    labels[::7, 1] = -1
    with elsewhere() as device:
        there = on(posterior, device)
        gap, _ = mutual_information_gap(there, labels, method)
        binned = binned_entropies(there, labels, FIRST, RESOLUTION)
        assert active_latents(there.mean, there.log_std, there.probability).tolist() == [True, True, False]
    expected, _ = mutual_information_gap(posterior, labels, method)
    torch.testing.assert_close(gap.mutual_information, expected.mutual_information, rtol=0, atol=1e-6)
    torch.testing.assert_close(binned, binned_entropies(posterior, labels, FIRST, RESOLUTION), rtol=0, atol=1e-10)


@pytest.mark.parametrize("prior", [standard_prior(), FLOW], ids=["standard", "flow"])
def test_decomposition_on_another_device(prior: Prior) -> None:
    posterior, generator = codes(), torch.Generator()
    with elsewhere() as device:
        there = on(posterior, device)
        found = decompose(there, 100, generator.manual_seed(1), prior=prior)
        batches = estimate_terms(there, prior, "mws", 2, 32, generator.manual_seed(1))
        gaussian = gaussian_total_correlation(there.mean, there.probability)
    expected = decompose(posterior, 100, generator.manual_seed(1), prior=prior)
    assert found.sum_agrees
    for name in ("total_correlation", "index_code_mi", "dimension_wise_kl", "standard_error", "sampled_kl"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-6)
    assert (
        batches.mean.tolist() == estimate_terms(posterior, prior, "mws", 2, 32, generator.manual_seed(1)).mean.tolist()
    )
    assert gaussian == gaussian_total_correlation(posterior.mean, posterior.probability)


def on(posterior: Posterior, device: torch.device) -> Posterior:
    parts = {name: getattr(posterior, name).to(device) for name in ("mean", "log_std", "probability")}
    return replace(posterior, **parts)
