"""The kernels of the mixtures against autograd of the textbook formula in float64: values and gradients."""

import math
from dataclasses import dataclass

import pytest
import torch
from torch.distributions import Laplace, Normal

from tcvae_cli.estimators.densities import FAMILIES, LAPLACE, NORMAL, Family
from tcvae_cli.estimators.fused import LogWeights
from tcvae_cli.estimators.mixtures import exact, log_mixture, minibatch_weighted, stratified_log_weights

# Triton's interpreter is numpy, which warns of what a GPU does silently.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:All-NaN slice encountered:RuntimeWarning"),
]
Results = list[torch.Tensor]


@dataclass(frozen=True)
class Case:
    """Sizes of one batch, how far its samples lie from its components, and how narrow these are."""

    members: int = 2
    samples: int = 70  # no multiple of a block, as most sizes here
    components: int = 70
    latents: int = 2
    far: float = 0.0
    log_std: float = 0.0
    spread: float = 0.5  # of log_std
    first: int | None = None  # the first sample's own component, of stratified weights
    tolerance: float = 3e-5


CASES = {
    "one of each": Case(1, 1, 1, 1),
    "whole blocks": Case(1, 32, 64, 4),
    "few samples, many components": Case(1, 3, 300, 2),
    "many samples, few components": Case(2, 100, 5, 2),
    "one latent": Case(latents=1),
    "latents in groups": Case(1, 20, 40, 19),
    "forty latents": Case(1, 20, 20, 40),
    "stratified": Case(samples=40, components=40, first=0),
    "stratified, a later share": Case(1, 33, 70, 2, first=37),
    "narrow": Case(log_std=-6.0, tolerance=1e-3),
    "of all widths": Case(spread=3.0, tolerance=1e-4),
    "far": Case(far=20.0, log_std=-1.0, tolerance=2e-3),
    "beyond the smallest number": Case(far=300.0, log_std=-1.0, spread=0.0, tolerance=1.0),
}


def drawn(case: Case) -> Results:
    generator = torch.Generator().manual_seed(1)
    mean, widths = torch.randn(2, case.members, case.components, case.latents, generator=generator)
    log_std = case.log_std + case.spread * widths
    noise = torch.randn(case.members, case.samples, case.latents, generator=generator)
    own = torch.arange(case.samples) % case.components
    return [mean[:, own] + log_std[:, own].exp() * noise + case.far, mean, log_std]


def weights_of(case: Case) -> LogWeights:
    if case.first is not None:
        return stratified_log_weights(torch.zeros(case.components, 1), 3 * case.components, case.first)
    return LogWeights(torch.rand(case.components, generator=torch.Generator().manual_seed(2)).log())


def textbook(parameters: Results, weights: LogWeights, family: Family) -> Results:
    """Return the mixtures by broadcasting members x samples x components x latents."""
    z, mean, log_std = parameters
    scale = log_std.exp()[:, None]
    peer = Normal(mean[:, None], scale) if family is NORMAL else Laplace(mean[:, None], scale / math.sqrt(2))
    terms = peer.log_prob(z[:, :, None])
    log_weight = weights.rows(slice(0, z.shape[1])).double()
    return [(terms.sum(3) + log_weight).logsumexp(2), (terms + log_weight[..., None]).logsumexp(2)]


def with_gradients(values: Results, leaves: Results) -> Results:
    """Return the values and the gradients of a combination of them."""
    generator = torch.Generator().manual_seed(3)
    pulls = [torch.randn(value.shape, generator=generator).to(value) for value in values]
    total = sum((value * pull).sum() for value, pull in zip(values, pulls, strict=True))
    return [value.detach().double().cpu() for value in (*values, *torch.autograd.grad(total, leaves))]


def by_kernels(parameters: Results, weights: LogWeights, family: Family, device: torch.device) -> Results:
    leaves = [tensor.to(device).requires_grad_() for tensor in parameters]
    on_device = LogWeights(weights.component.to(device), weights.own, weights.following, weights.first)
    joint, marginals = log_mixture(*leaves, on_device, family)
    assert "Kernel" in type(joint.grad_fn).__name__
    return with_gradients([joint, marginals], leaves)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_gradients(device: torch.device, case: Case, family: Family) -> None:
    parameters, weights = drawn(case), weights_of(case)
    leaves = [tensor.double().requires_grad_() for tensor in parameters]
    wanted = with_gradients(textbook(leaves, weights, family), leaves)
    found = by_kernels(parameters, weights, family, device)
    for one, other in zip(found[:2], wanted[:2], strict=True):
        torch.testing.assert_close(one, other, rtol=3e-6, atol=3e-6)
    for one, other in zip(found[2:], wanted[2:], strict=True):
        torch.testing.assert_close(one, other, rtol=case.tolerance, atol=case.tolerance * float(other.abs().max()))


@pytest.mark.parametrize("case", ["narrow", "far", "beyond the smallest number"])
def test_as_far_off_as_on_the_cpu(device: torch.device, case: str) -> None:
    """Where float32 itself is at its end, the kernels are as near to float64 as torch is."""
    parameters, weights = drawn(CASES[case]), weights_of(CASES[case])
    exactly, on_cpu = ([tensor.to(dtype).requires_grad_() for tensor in parameters] for dtype in (torch.float64, None))
    wanted = with_gradients(textbook(exactly, weights, NORMAL), exactly)
    peer = with_gradients(list(log_mixture(*on_cpu, weights, NORMAL, fused=False)), on_cpu)
    found = by_kernels(parameters, weights, NORMAL, device)
    for one, other, truth in zip(found, peer, wanted, strict=True):
        assert (one - truth).norm() <= 4 * (other - truth).norm() + 5e-5 * truth.norm()


def test_the_joints_shares_in_parts(device: torch.device) -> None:
    """With room for a few components' shares at a time the gradients stay the same, but for rounding."""
    from tcvae_cli.kernels.mixture import Mixing, log2_joint, log2_marginals
    from tcvae_cli.kernels.mixture_gradients import gradients

    parameters = drawn(Case(1, 20, 130, 2))
    mixing = Mixing(*(t.to(device).transpose(1, 2).contiguous() for t in parameters), torch.zeros(130, device=device))
    values = log2_joint(mixing), log2_marginals(mixing)
    pulls = torch.ones_like(values[0]), torch.ones_like(values[1])
    whole, parts = gradients(mixing, values, pulls), gradients(mixing, values, pulls, shares=20 * 64)
    for one, other in zip(parts, whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_an_image_that_is_never_drawn_counts_for_nothing(device: torch.device, family: Family) -> None:
    z, mean, log_std = (tensor[0].to(device) for tensor in drawn(Case(1, 9, 70, 2)))
    probability = torch.full((70,), 1 / 69, device=device)
    probability[64:] = 0  # all that a block has, and one before it
    probability[3] = 0
    there = probability > 0
    leaf = mean.clone().requires_grad_()
    joint, marginals = exact(z, leaf, log_std, probability, family=family)
    wanted = exact(z, mean[there], log_std[there], probability[there], family=family)
    torch.testing.assert_close(joint.detach(), wanted[0])
    torch.testing.assert_close(marginals.detach(), wanted[1])
    (joint.sum() + marginals.sum()).backward()
    assert leaf.grad is not None
    assert leaf.grad.isfinite().all()
    assert not leaf.grad[~there].any()


def test_what_is_not_a_number_stays_in_its_member_and_row(device: torch.device) -> None:
    z, mean, log_std = (tensor.to(device) for tensor in drawn(Case(3, 40, 40, 2)))
    z[0, 4, 1] = torch.nan
    mean[2, 7, 0] = torch.nan
    joint, marginals = minibatch_weighted(z.requires_grad_(), mean, log_std, 100)
    (joint.sum() + marginals.sum()).backward()
    assert joint[0].isnan().nonzero().tolist() == [[4]]
    assert marginals[0].isnan().nonzero().tolist() == [[4, 1]]
    assert joint[1].isfinite().all()
    assert marginals[1].isfinite().all()
    assert joint[2].isnan().all()
    assert marginals[2, :, 1].isfinite().all()
    assert z.grad is not None
    assert z.grad[1].isfinite().all()


def test_a_single_model_is_one_member(device: torch.device) -> None:
    z, mean, log_std = (tensor[0].to(device) for tensor in drawn(Case(1)))
    alone = minibatch_weighted(z, mean, log_std, 100, family=LAPLACE)
    member = minibatch_weighted(z[None], mean[None], log_std[None], 100, family=LAPLACE)
    for one, other in zip(alone, member, strict=True):
        assert torch.equal(one, other[0])


def test_other_numbers_and_an_empty_share_go_through_torch(device: torch.device) -> None:
    z, mean, log_std = (tensor.to(device) for tensor in drawn(Case(2)))
    narrow = minibatch_weighted(z, mean, log_std, 100)
    wide = minibatch_weighted(z.double(), mean.double(), log_std.double(), 100)
    for one, other in zip(narrow, wide, strict=True):
        assert other.dtype == torch.float64
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5)
    assert [tensor.numel() for tensor in minibatch_weighted(z[:, :0], mean, log_std, 100)] == [0, 0]
