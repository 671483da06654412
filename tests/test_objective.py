"""Densities against torch.distributions, and the objective's identities."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from helpers.samples import DTYPES, TOLERANCE, sample
from tcvae_cli.estimators import densities
from tcvae_cli.estimators.objective import minibatch_terms, penalty


@pytest.mark.parametrize("dtype", DTYPES)
def test_densities_are_those_of_torch_distributions(dtype: torch.dtype) -> None:
    z, mean, log_std = sample(20, 3, dtype)
    posterior, prior = Normal(mean, log_std.exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean))
    for found, wanted in (
        (densities.log_density(z, mean, log_std), posterior.log_prob(z)),
        (densities.standard_log_density(z), prior.log_prob(z)),
        (densities.differential_entropy(log_std), posterior.entropy()),
        (densities.kl(mean, log_std), kl_divergence(posterior, prior)),
    ):
        torch.testing.assert_close(found, wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("estimator", ["mws", "mss"])
def test_all_weights_one_is_the_elbo(dtype: torch.dtype, estimator: str) -> None:
    z, mean, log_std = sample(32, 4, dtype)
    terms = minibatch_terms(z, mean, log_std, 1000, estimator)
    kl = (Normal(mean, log_std.exp()).log_prob(z) - densities.standard_log_density(z)).sum(1)
    torch.testing.assert_close(penalty(terms, 1, 1, 1), kl, rtol=TOLERANCE[dtype], atol=20 * TOLERANCE[dtype])
    torch.testing.assert_close(terms.kl, kl, rtol=TOLERANCE[dtype], atol=20 * TOLERANCE[dtype])


def test_weights_weigh_their_own_term() -> None:
    terms = minibatch_terms(*sample(8, 2), 100)
    torch.testing.assert_close(penalty(terms, 0, 6, 0), 6 * terms.total_correlation)
    torch.testing.assert_close(penalty(terms, 2, 0, 0), 2 * terms.index_code_mi)


def test_gradients_of_mws_do_not_depend_on_the_data_set_size() -> None:
    gradients = []
    for size in (100, 737280):
        parameters = [t.clone().requires_grad_() for t in sample(16, 3)]
        penalty(minibatch_terms(*parameters, size), 1, 6, 1).sum().backward()
        gradients.append(torch.cat([p.grad for p in parameters]))
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("family", densities.FAMILIES.values(), ids=densities.FAMILIES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("estimator", "size"), [("mws", 100), ("mss", 100), ("exact", 9)])
def test_members_side_by_side_are_each_as_alone(
    estimator: str, size: int, dtype: torch.dtype, family: densities.Family
) -> None:
    """Three models with weights of their own in one call, against three calls, bit for bit."""
    members = [sample(9, 4, dtype, seed) for seed in range(3)]
    weights = [(1.0, 6.0, 1.0), (4.0, 4.0, 4.0), (0.5, 2.0, 3.0)]
    shares = torch.rand(3, 9, dtype=dtype, generator=torch.Generator().manual_seed(0)) if estimator == "mws" else None
    together = [torch.stack(each).requires_grad_() for each in zip(*members, strict=True)]
    terms = minibatch_terms(*together, size, estimator, family=family, probability=shares)
    stacked_weights = torch.tensor(weights, dtype=dtype).T[..., None]
    loss = penalty(terms, *stacked_weights)
    loss.sum().backward()
    for k, (member, weight) in enumerate(zip(members, weights, strict=True)):
        alone = [t.clone().requires_grad_() for t in member]
        own = None if shares is None else shares[k]
        wanted = penalty(minibatch_terms(*alone, size, estimator, family=family, probability=own), *weight)
        wanted.sum().backward()
        assert torch.equal(loss[k], wanted)
        for found, leaf in zip(together, alone, strict=True):
            assert torch.equal(found.grad[k], leaf.grad)
