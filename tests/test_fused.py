"""The loops in C: what torch computes, in values and gradients, for any shape, weight and number of threads."""

import subprocess
import sys
import textwrap

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tcvae_cli import native
from tcvae_cli.estimators import mixtures
from tcvae_cli.estimators.fused import LogWeights, can_fuse
from tcvae_cli.estimators.mixtures import (
    exact,
    log_mixture,
    minibatch_weighted,
    stratified_log_weights,
)
from tcvae_cli.models import likelihoods
from tcvae_cli.models.networks import ConvTranspose2d, WholeConv2d, WholeConvTranspose2d

needs_loops = pytest.mark.skipif(native.library() is None, reason="needs a C compiler when tcvae is installed")
Results = list[torch.Tensor]


def batch(samples: int, components: int, latents: int, seed: int = 0, spread: float = 0.5) -> Results:
    generator = torch.Generator().manual_seed(seed)
    mean, widths = torch.randn(2, components, latents, generator=generator)
    z = torch.randn(samples, latents, generator=generator) * 1.5
    return [z, mean, spread * widths]


def results(parameters: Results, weights: LogWeights, dtype: torch.dtype) -> Results:
    """Return values and the gradients of a combination of them."""
    leaves = [tensor.to(dtype).requires_grad_() for tensor in parameters]
    weights = LogWeights(weights.component.to(dtype), weights.own, weights.following, weights.first)
    joint, marginals = log_mixture(*leaves, weights)
    generator = torch.Generator().manual_seed(9)
    pull = torch.randn(len(joint), 1 + marginals.shape[1], generator=generator).to(dtype)
    total = (torch.cat([joint[:, None], marginals], dim=1) * pull).sum()
    return [joint.detach(), marginals.detach(), *torch.autograd.grad(total, leaves)]


def check_close(found: Results, wanted: Results) -> None:
    """Demand 1e-5 of the largest of each, and the rounding of a logarithm, which is an error of its exponential."""
    tolerance = 1e-5 + 3e-7 * max(float(logarithm.abs().max()) for logarithm in wanted[:2])
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=tolerance, atol=tolerance * float(other.abs().max()))


@needs_loops
@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(1, 70), st.integers(1, 20), st.integers(0, 1000), st.booleans())
def test_loops_are_what_torch_computes(samples: int, components: int, latents: int, seed: int, own: bool) -> None:
    parameters = batch(samples, components, latents, seed)
    weights = torch.rand(components, generator=torch.Generator().manual_seed(seed)).log()
    first = 3 if own and samples + 3 <= components else None
    chosen = LogWeights(weights, -2.0, -0.3, first) if first is not None else LogWeights(weights)
    assert can_fuse(parameters[0], mixtures.NORMAL)
    assert not can_fuse(parameters[0].double(), mixtures.NORMAL)
    check_close(results(parameters, chosen, torch.float32), results(parameters, chosen, torch.float64))


@needs_loops
@pytest.mark.parametrize("spread", [0.5, 3.0, 6.0])
@pytest.mark.parametrize("far", [0.0, 10.0, 30.0])
def test_loops_lose_nothing_far_from_all_components(far: float, spread: float) -> None:
    """Where every term is below the smallest number beside the bound that the sums are relative to."""
    z, mean, log_std = batch(12, 40, 4, spread=spread)
    parameters, weights = [z + far, mean, log_std - 1], LogWeights(torch.zeros(40))
    check_close(results(parameters, weights, torch.float32), results(parameters, weights, torch.float64))


@needs_loops
def test_threads_change_rounding_only_and_repetition_nothing(torch_threads: None) -> None:
    parameters, weights = batch(50, 50, 6), mixtures.stratified_log_weights(torch.zeros(50, 1), 80)
    wanted = results(parameters, weights, torch.float64)
    for count in (1, 2, 3, 64):
        torch.set_num_threads(count)
        found = results(parameters, weights, torch.float32)
        check_close(found, wanted)
        for one, again in zip(found, results(parameters, weights, torch.float32), strict=True):
            assert torch.equal(one, again)


@needs_loops
def test_what_is_not_a_number_stays_none() -> None:
    z, mean, log_std = batch(9, 9, 3)
    z[4, 1] = torch.nan
    joint, marginals = exact(z, mean, log_std)
    assert joint.isnan().tolist() == [row == 4 for row in range(9)]
    assert marginals.isnan().nonzero().tolist() == [[4, 1]]


def test_a_batch_of_65536_needs_little_memory() -> None:
    """All its components for a few z, against torch.logsumexp; the whole batch would be 160 GB at once."""
    z, mean, log_std = batch(8, 65_536, 10)
    joint, marginals = minibatch_weighted(z.requires_grad_(), mean, log_std, 737_280)
    (joint.sum() + marginals.sum()).backward()
    terms = torch.distributions.Normal(mean.double(), log_std.double().exp()).log_prob(z.detach().double()[:, None])
    constant = torch.tensor(737_280.0 * 65_536).double().log()
    torch.testing.assert_close(joint.double(), terms.sum(2).logsumexp(1) - constant, rtol=1e-5, atol=0)
    torch.testing.assert_close(marginals.double(), terms.logsumexp(1) - constant, rtol=1e-5, atol=0)
    assert z.grad is not None
    assert z.grad.isfinite().all()


@needs_loops
def test_without_the_loops_torch_does_it() -> None:
    z, mean, log_std = batch(7, 7, 3)
    weights = stratified_log_weights(mean, 20)
    with_loops, without = (log_mixture(z, mean, log_std, weights, fused=fused) for fused in (True, False))
    for one, other in zip(with_loops, without, strict=True):
        torch.testing.assert_close(one, other)


def test_a_library_that_does_not_load_is_none() -> None:
    script = """
        import ctypes, torch
        from tcvae_cli import native
        def refuse(path): raise OSError(path)
        ctypes.CDLL = refuse
        assert native.library() is None
        from tcvae_cli.estimators.densities import NORMAL
        from tcvae_cli.estimators.fused import can_fuse
        assert not can_fuse(torch.zeros(7, 3), NORMAL)
        native.library.cache_clear()
        ctypes.CDLL = lambda path: object()  # built before a loop was added
        assert native.library() is None
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=300)


@needs_loops
@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 100), st.sampled_from([torch.float32, torch.bfloat16]))
def test_likelihoods_are_those_of_torch(rows: int, groups: int, seed: int, dtype: torch.dtype) -> None:
    """Soft and hard targets, logits up to 60, against torch in float64 on the same logits."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(rows, 1, groups, 16, generator=generator)
    images[0] = images[0].round()
    logits = (20 * torch.randn(images.shape, generator=generator)).to(dtype).requires_grad_()
    wanted_logits = logits.detach().double().requires_grad_()
    assert likelihoods.can_fuse(images, logits)
    values = likelihoods.bernoulli_log_likelihood(images, logits)
    wanted = likelihoods.bernoulli_log_likelihood(images.double(), wanted_logits)
    pull = torch.randn(rows, generator=generator)
    (values @ pull).backward()
    (wanted @ pull.double()).backward()
    torch.testing.assert_close(values.double(), wanted, rtol=1e-6, atol=1e-5)
    assert logits.grad is not None
    assert wanted_logits.grad is not None
    rounding = 1e-6 if dtype == torch.float32 else 2**-8
    torch.testing.assert_close(logits.grad.double(), wanted_logits.grad, rtol=rounding, atol=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs", "side"),
    [
        (ConvTranspose2d(6, 5, 4, stride=2, padding=1), torch.nn.ConvTranspose2d(6, 5, 4, stride=2, padding=1), 8),
        (ConvTranspose2d(6, 5, 1), torch.nn.ConvTranspose2d(6, 5, 1), 1),
        (WholeConvTranspose2d(6, 5, 4), torch.nn.ConvTranspose2d(6, 5, 4), 1),
        (WholeConv2d(6, 5, 4), torch.nn.Conv2d(6, 5, 4), 4),
    ],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_layers_are_those_of_torch(
    ours: torch.nn.Module, theirs: torch.nn.Module, side: int, layout: torch.memory_format
) -> None:
    theirs.load_state_dict(ours.state_dict())
    ours, theirs = (layer.double().to(memory_format=layout) for layer in (ours, theirs))
    images = torch.randn(3, 6, side, side, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = []
    for layer in (ours, theirs):
        given = images.clone().to(memory_format=layout).requires_grad_()
        outputs = layer(given)
        outputs.square().sum().backward()
        found.append([outputs, given.grad, layer.weight.grad, layer.bias.grad])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)
