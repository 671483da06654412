"""Laplace posteriors and priors, and the flow prior: against torch.distributions, brute force and their identities."""

import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.distributions import Laplace, Normal, kl_divergence

from helpers.samples import DTYPES, TOLERANCE, sample
from tcvae_cli.estimators.decomposition import decompose
from tcvae_cli.estimators.densities import (
    FAMILIES,
    LAPLACE,
    NORMAL,
    Family,
    cross_entropy,
    differential_entropy,
    kl,
    log_density,
)
from tcvae_cli.estimators.densities import sample as draw_sample
from tcvae_cli.estimators.flow import Flow, flow_log_density, from_base, invertible, to_base
from tcvae_cli.estimators.latent_entropies import exact_entropies, monte_carlo_entropies
from tcvae_cli.estimators.mixtures import exact, minibatch_weighted
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import flow_prior, standard_prior
from tcvae_cli.models.priors import FlowPrior

SQRT_TWO = math.sqrt(2)
BOTH = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def peer(family: Family, mean: torch.Tensor, std: torch.Tensor) -> torch.distributions.Distribution:
    """Return the same distribution of torch, which gives a Laplace its scale, not its standard deviation."""
    return Normal(mean, std) if family is NORMAL else Laplace(mean, std / SQRT_TWO)


def some_flow(latents: int = 3) -> Flow:
    u, w, b = torch.randn(3, latents, 32, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return invertible(Flow(u, w, b))


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
def test_closed_forms_are_those_of_torch_distributions(family: Family, dtype: torch.dtype) -> None:
    z, mean, log_std = sample(20, 3, dtype)
    theirs = peer(family, mean, log_std.exp())
    standard = peer(family, torch.zeros_like(mean), torch.ones_like(mean))
    for found, wanted in (
        (log_density(z, mean, log_std, family), theirs.log_prob(z)),
        (differential_entropy(log_std, family), theirs.entropy()),
        (kl(mean, log_std, family, family), kl_divergence(theirs, standard)),
    ):
        torch.testing.assert_close(found, wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@BOTH
@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_cross_entropies_by_brute_force(family: Family, prior: Family) -> None:
    """Mixed families have no closed form in torch."""
    points = torch.linspace(-40, 40, 800_001, dtype=torch.float64)
    for mean, std in ((0.0, 1.0), (-1.5, 0.3), (2.0, 0.1)):
        q = peer(family, torch.tensor(mean).double(), torch.tensor(std).double()).log_prob(points).exp()
        p = peer(prior, torch.tensor(0.0).double(), torch.tensor(1.0).double()).log_prob(points)
        found = cross_entropy(torch.tensor(mean).double(), torch.tensor(std).double().log(), family, prior)
        assert float(found) == pytest.approx(float(-torch.trapezoid(q * p, points)), abs=1e-5)


@BOTH
def test_samples_have_the_moments_of_their_family(family: Family) -> None:
    mean, log_std = torch.full((200_000, 1), 2.0).double(), torch.full((200_000, 1), -0.7).double()
    z = draw_sample(mean, log_std, torch.Generator().manual_seed(0), family)
    assert float(z.mean()) == pytest.approx(2, abs=0.01)
    assert float(z.std()) == pytest.approx(math.exp(-0.7), rel=0.01)
    assert float(-log_density(z, mean, log_std, family).mean()) == pytest.approx(
        float(differential_entropy(log_std[:1], family)), abs=0.01
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_laplace_mixtures_and_gradients_are_those_of_the_textbook(dtype: torch.dtype) -> None:
    results = []
    for form in ("textbook", "ours"):
        z, mean, log_std = parameters = [t.clone().requires_grad_() for t in sample(9, 3, dtype)]
        if form == "ours":
            joint, marginals = minibatch_weighted(z, mean, log_std, 50, family=LAPLACE)
        else:
            terms = Laplace(mean[None], log_std.exp()[None] / SQRT_TWO).log_prob(z[:, None])
            constant = math.log(50 * 9)
            joint, marginals = torch.logsumexp(terms.sum(2), 1) - constant, torch.logsumexp(terms, 1) - constant
        (torch.arange(9.0) @ joint.float() - 2 * (marginals**2).sum()).backward()
        results.append([joint, marginals, *(p.grad for p in parameters)])
    for found, wanted in zip(*reversed(results), strict=True):
        torch.testing.assert_close(found, wanted, rtol=10 * TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_weights_of_biased_sampling_shift_values_and_no_gradient() -> None:
    probability = torch.arange(1.0, 9.0, dtype=torch.float64) / 100
    gradients, values = [], []
    for weights in (None, probability):
        parameters = [t.clone().requires_grad_() for t in sample(8, 2)]
        joint, marginals = minibatch_weighted(*parameters, 50, probability=weights)
        (joint.sum() - marginals.sum()).backward()
        gradients.append(torch.cat([p.grad for p in parameters]))
        values.append((joint, marginals))
    torch.testing.assert_close(*gradients)
    shift = (probability * 50).log()
    torch.testing.assert_close(values[1][0] - values[0][0], shift)
    torch.testing.assert_close(values[1][1] - values[0][1], shift[:, None].expand(-1, 2))


@pytest.mark.parametrize("std", [1e-6, 1e-3, 1.0, 1e3])
def test_one_laplace_has_its_closed_form_entropy(std: float) -> None:
    """Beside another far away, so that its cusp lies anywhere in a panel: H = mean H_n + ln 2."""
    mean = torch.tensor([[0.0], [1234.567 * std]], dtype=torch.float64)
    log_std = torch.full((2, 1), math.log(std), dtype=torch.float64)
    marginal, conditional = exact_entropies(
        Posterior.from_tensors(mean, log_std, None, LAPLACE), torch.arange(2)[:, None]
    )
    assert float(marginal) == pytest.approx(math.log(std) + LAPLACE.entropy + math.log(2), abs=2e-8)
    assert float(conditional[0]) == pytest.approx(math.log(std) + LAPLACE.entropy, abs=2e-8)


@pytest.mark.parametrize("seed", range(3))
def test_laplace_entropies_by_brute_force(seed: int) -> None:
    mean, spread = torch.randn(2, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    std = (0.7 * spread - 1).exp()
    points = torch.linspace(-60, 60, 2_000_001, dtype=torch.float64)
    density = sum(Laplace(m, s / SQRT_TWO).log_prob(points).exp() / 7 for m, s in zip(mean, std, strict=True))
    posterior = Posterior.from_tensors(mean[:, None], std.log()[:, None], None, LAPLACE)
    marginal, _ = exact_entropies(posterior, torch.arange(7)[:, None])
    assert float(marginal) == pytest.approx(float(-torch.trapezoid(torch.xlogy(density, density), points)), abs=1e-6)


@BOTH
def test_densities_do_not_depend_on_how_panels_are_taken(family: Family) -> None:
    """In one part or in many small ones: the same entropies."""
    generator = torch.Generator().manual_seed(3)
    mean, spread = torch.randn(2, 300, 1, generator=generator, dtype=torch.float64)
    posterior = Posterior.from_tensors(mean, 1.5 * spread - 3, None, family)
    classes = torch.stack([torch.arange(300) % 3, torch.arange(300) % 7], dim=1)
    whole = exact_entropies(posterior, classes)
    in_parts = exact_entropies(posterior, classes, part_elements=1)
    for found, wanted in zip(in_parts, whole, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_monte_carlo_agrees_for_laplace() -> None:
    mean, spread = torch.randn(2, 2000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    posterior, classes = Posterior.from_tensors(mean, 0.3 * spread - 1, None, LAPLACE), torch.arange(2000)[:, None] % 2
    ((marginal, error, _, _),) = monte_carlo_entropies(posterior, classes, 2000, torch.Generator().manual_seed(7))
    wanted, _ = exact_entropies(posterior, classes)
    assert (abs(marginal - wanted) < 4 * error).all()


@BOTH
def test_standard_errors_of_small_groups_are_as_large_as_the_errors(family: Family) -> None:
    """Values with one image and with two: over 80 seeds the mean square of error / standard error is near 1."""
    mean, spread = torch.randn(2, 60, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    posterior = Posterior.from_tensors(3 * mean, 0.3 * spread - 1, None, family)
    number = torch.arange(60)
    classes = torch.stack([number, number // 2], dim=1)
    _, wanted = exact_entropies(posterior, classes)
    squares = []
    for seed in range(80):
        parts = monte_carlo_entropies(posterior, classes, 60, torch.Generator().manual_seed(seed))
        squares.append(
            torch.stack([((found - wanted[k]) / error) ** 2 for k, (_, _, found, error) in enumerate(parts)])
        )
    mean_square = torch.stack(squares).mean(0)
    assert (mean_square[0] > 0.7).all()
    assert (mean_square[0] < 1.4).all()
    assert (mean_square[1] > 0.5).all()
    assert (mean_square[1] < 2).all()  # an error from two samples is itself uncertain


@BOTH
@pytest.mark.parametrize("prior", ["normal", "laplace", "flow"])
def test_decomposition_under_every_prior(family: Family, prior: str) -> None:
    mean, spread = torch.randn(2, 60, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    posterior = Posterior.from_tensors(mean, 0.5 * spread - 1, None, family)
    chosen = flow_prior(some_flow()) if prior == "flow" else standard_prior(FAMILIES[prior])
    found = decompose(posterior, 4000, torch.Generator().manual_seed(0), prior=chosen)
    total = found.index_code_mi + found.total_correlation + found.dimension_wise_kl
    assert total == pytest.approx(found.analytic_kl, abs=1e-7)
    assert float(found.kl_per_latent.sum()) == pytest.approx(found.analytic_kl)
    assert found.sampled_kl == pytest.approx(found.analytic_kl, abs=4 * found.sampled_kl_standard_error)
    z = draw_sample(mean, posterior.log_std, torch.Generator().manual_seed(5), family)
    log_qz = exact(z, mean, posterior.log_std, family=family)[0]
    assert found.joint_entropy == pytest.approx(float(-log_qz.mean()), abs=5 * float(log_qz.std()) / math.sqrt(60))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0, 20))
@example(1026, 19.465531644285324)  # so steep that all of the base goes to one point, which rounding moves
def test_every_flow_is_invertible(seed: int, size: float) -> None:
    u, w, b = size * torch.randn(3, 2, 32, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    flow = invertible(Flow(u, w, b))
    assert bool((flow.u * flow.w > -1).all())
    base = torch.linspace(-3, 3, 41, dtype=torch.float64)[:, None].expand(-1, 2)
    z = from_base(base, flow)
    rounding = 4 * torch.finfo(z.dtype).eps * (1 + z.abs())
    assert bool((z.diff(dim=0) >= -rounding[1:]).all())
    step = 1e-9 * (1 + z.abs() + flow.u.abs().sum())
    assert bool((to_base(z - step, flow)[0] <= base).all())
    assert bool((to_base(z + step, flow)[0] >= base).all())


def test_a_flow_density_integrates_to_one_and_its_samples_follow_it() -> None:
    flow = some_flow()
    points = torch.linspace(-80, 80, 800_001, dtype=torch.float64)[:, None].expand(-1, 3)
    mass = torch.trapezoid(flow_log_density(points, flow).exp(), points[:, 0], dim=0)
    torch.testing.assert_close(mass, torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-6)
    z = from_base(torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64), flow)
    mean = torch.trapezoid(points * flow_log_density(points, flow).exp(), points[:, 0], dim=0)
    torch.testing.assert_close(z.mean(0), mean, rtol=0, atol=5 * float(z.std(0).max()) / math.sqrt(20_000))


def test_a_flow_prior_learns_the_density_of_its_latents() -> None:
    """Two modes at -2 and 2: the flow's cross-entropy comes near their entropy, far below a normal's."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        prior = FlowPrior(1, NORMAL)
    optimizer = torch.optim.Adam(prior.parameters(), lr=0.01)
    for _ in range(600):
        signs = torch.randint(0, 2, (256, 1), generator=generator) * 4.0 - 2
        z = signs + 0.3 * torch.randn(256, 1, generator=generator)
        loss = -prior.log_density(z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    entropy_of_both = math.log(0.3) + NORMAL.entropy + math.log(2)
    best_normal = 0.5 * math.log(4 + 0.09) + NORMAL.entropy
    assert float(loss.detach()) < entropy_of_both + 0.25 * (best_normal - entropy_of_both)
