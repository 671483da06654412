"""log q(z) and log q(z_j): against the reference minibatches, the textbook formula, enumeration and identities."""

import itertools
import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch.distributions import Normal

from helpers.samples import DTYPES, TOLERANCE, sample
from tcvae_cli.estimators.fused import LogWeights
from tcvae_cli.estimators.mixtures import (
    exact,
    log_mixture,
    minibatch_stratified,
    minibatch_weighted,
    stratified_log_weights,
)


def textbook(
    z: torch.Tensor, mean: torch.Tensor, log_std: torch.Tensor, log_weight: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Return the mixtures by broadcasting B x B x D with torch.distributions and logsumexp."""
    log_density = Normal(mean[None], log_std.exp()[None]).log_prob(z[:, None])
    joint = torch.logsumexp(log_density.sum(2) + log_weight, dim=1)
    return joint, torch.logsumexp(log_density + log_weight[..., None], dim=1)


def stratified_matrix(batch: int, size: int) -> torch.Tensor:
    """Return the MSS weights as written in the paper's appendix, entry by entry."""
    others = batch - 1
    weight = torch.full((batch, batch), 1 / others, dtype=torch.float64)
    for i in range(batch):
        weight[i, i] = 1 / size
        weight[i, (i + 1) % batch] = (size - others) / (size * others)
    return weight


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["small", "paper_like", "pair"])
def test_reference_minibatches(shared: Path, name: str, dtype: torch.dtype) -> None:
    expected = json.loads((shared / "vectors/expected.json").read_text())["minibatches"][name]
    batch = load_file(shared / f"vectors/minibatch_{name}.safetensors")
    z, mean, log_std = (batch[key].to(dtype) for key in ("z", "mean", "log_std"))
    for estimator, prefix in ((minibatch_weighted, "mws"), (minibatch_stratified, "mss")):
        log_qz, log_qzj = estimator(z, mean, log_std, expected["dataset_size"])
        for found, key in ((log_qz, "log_qz"), (log_qzj.sum(1), "log_prod_qzj")):
            wanted = torch.tensor(expected[f"{prefix}_{key}"], dtype=torch.float64)
            torch.testing.assert_close(found.double(), wanted, rtol=TOLERANCE[dtype], atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("block", [1, 100, 1 << 19])
def test_values_and_gradients_are_those_of_the_textbook(dtype: torch.dtype, block: int) -> None:
    weight = stratified_matrix(7, 50).log()
    results = []
    for form in ("textbook", "ours"):
        parameters = [t.clone().requires_grad_() for t in sample(7, 3, dtype)]
        if form == "ours":
            weights = stratified_log_weights(parameters[1], 50)
            joint, marginals = log_mixture(*parameters, weights, block_elements=block)
        else:
            joint, marginals = textbook(*parameters, weight.to(dtype))
        (torch.arange(7.0) @ joint.float() - 2 * (marginals**2).sum()).backward()
        results.append([joint, marginals, *(p.grad for p in parameters)])
    for found, wanted in zip(*reversed(results), strict=True):
        torch.testing.assert_close(found, wanted, rtol=10 * TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_gradients_by_finite_differences() -> None:
    parameters = [t.requires_grad_() for t in sample(4, 2)]
    assert torch.autograd.gradcheck(lambda *p: minibatch_weighted(*p, 10), parameters)


@given(st.integers(2, 12), st.integers(0, 200))
def test_stratified_rows_sum_to_one(batch: int, more: int) -> None:
    size = batch + more
    rows = stratified_log_weights(torch.zeros(batch, 1, dtype=torch.float64), size).rows(slice(0, batch))
    torch.testing.assert_close(rows.exp().sum(1), torch.ones(batch, dtype=torch.float64))
    torch.testing.assert_close(rows.exp(), stratified_matrix(batch, size))


def test_stratified_estimate_is_unbiased_over_all_minibatches() -> None:
    z, mean, log_std = sample(5, 2)
    truth = exact(z[:1], mean, log_std)[0].exp()
    estimates = []
    for others in itertools.permutations(range(1, 5), 2):  # batches of 3 in every order, with image 0 and its z first
        rows = [0, *others]
        estimates.append(minibatch_stratified(z[rows], mean[rows], log_std[rows], 5)[0][0].exp())
    own, rest = Normal(mean, log_std.exp()).log_prob(z[0]).sum(1).exp().split([1, 4])
    expectation = own[0] / 5 + 4 / 5 * rest.mean()
    torch.testing.assert_close(torch.stack(estimates).mean(), expectation)
    torch.testing.assert_close(expectation, truth[0])


def test_far_away_samples_stay_finite_in_value_and_gradient() -> None:
    z, mean, log_std = sample(6, 2, torch.float32)
    z = (z + 300).requires_grad_()
    joint, marginals = exact(z, mean, log_std)
    (joint.sum() + marginals.sum()).backward()
    wanted = textbook(z.double(), mean.double(), log_std.double(), torch.full((6, 6), -math.log(6)).double())
    torch.testing.assert_close(joint.double(), wanted[0], rtol=1e-5, atol=0)
    assert torch.isfinite(z.grad).all()


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_permuting_rows_and_latents_changes_nothing(seed: int) -> None:
    z, mean, log_std = sample(8, 3, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    rows, latents = torch.randperm(8, generator=generator), torch.randperm(3, generator=generator)
    joint, marginals = exact(z, mean, log_std)
    again, again_marginals = exact(z, mean[rows][:, latents][:, latents.argsort()], log_std[rows])
    torch.testing.assert_close(joint, again)
    torch.testing.assert_close(marginals, again_marginals)


@pytest.mark.parametrize(("batch", "size"), [(1, 10), (11, 10)])
def test_stratified_refuses_undefined_batches(batch: int, size: int) -> None:
    with pytest.raises(ValueError, match="2 <= batch <= N"):
        minibatch_stratified(*sample(batch, 2), size)


def test_one_component_is_its_own_mixture() -> None:
    z, mean, log_std = sample(1, 3)
    joint, marginals = log_mixture(z, mean, log_std, LogWeights(torch.zeros(1, dtype=torch.float64)))
    wanted = Normal(mean, log_std.exp()).log_prob(z)
    torch.testing.assert_close(marginals, wanted)
    torch.testing.assert_close(joint, wanted.sum(1))
