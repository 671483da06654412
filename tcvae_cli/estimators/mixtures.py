"""log q(z) and log q(z_j) as mixtures over images: from a minibatch (MWS, MSS) or over all N images (exact).

Each returns the pair (log q(z) (samples,), log q(z_j) (samples, latent)). Only differences of minibatch values
at equal batch size mean anything: their absolute values are biased, MWS by up to (D - 1) ln N in the TC.

All tensors may have one more axis in front, (members, ...), for models that are trained side by side: each member is a
mixture of its own, and the results have that axis too. Only the weights of components are the same for all members.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.estimators import on_cuda
from tcvae_cli.estimators.densities import NORMAL, Family
from tcvae_cli.estimators.fused import FusedLogMixture, LogWeights, can_fuse

Mixture = tuple[Tensor, Tensor]
BLOCK_ELEMENTS = 1 << 19  # 2 MB of float32: temporaries of a block stay in cache
SMALLEST_EXPONENT = -60.0  # see _log_sum_exp


def minibatch_weighted(
    z: Tensor,
    mean: Tensor,
    log_std: Tensor,
    data_set_size: int,
    *,
    family: Family = NORMAL,
    probability: Tensor | None = None,
) -> Mixture:
    """Mix by minibatch-weighted sampling, eq. 3 of Chen et al. 2018: sample i has weights p(n_i) / B, or 1/(N B).

    z: (samples, latent), z[i] drawn from the image n_i; mean, log_std: (batch, latent). probability: (samples,), p(n_i)
    of the own image of each sample where images were drawn by p(n), with replacement. It shifts each logarithm by a
    constant, and so no gradient.
    """
    batch = mean.shape[-2]
    if batch < 2:
        raise ValueError("minibatch-weighted sampling needs a batch of 2 or more")
    shares = mean.new_full((batch,), -math.log(batch))
    joint, marginals = log_mixture(z, mean, log_std, LogWeights(shares), family)
    if probability is None:
        return joint - math.log(data_set_size), marginals - math.log(data_set_size)
    log_probability = probability.to(z.dtype).log()
    return joint + log_probability, marginals + log_probability[..., None]


def minibatch_stratified(
    z: Tensor, mean: Tensor, log_std: Tensor, data_set_size: int, *, family: Family = NORMAL, first: int = 0
) -> Mixture:
    """Mix by minibatch-stratified sampling: Chen et al. 2018, appendix C.2. Unbiased for q(z) itself.

    z: (samples, latent), z[i] drawn from image first + i of the batch; mean, log_std: (batch, latent). The weight of
    image i for its own sample is 1/N, of one other image (N - M)/(N M), of the rest 1/M; M = batch - 1. Needs
    2 <= batch <= N images drawn uniformly without replacement, else ValueError.
    """
    return log_mixture(z, mean, log_std, stratified_log_weights(mean, data_set_size, first), family)


def stratified_log_weights(mean: Tensor, data_set_size: int, first: int = 0) -> LogWeights:
    """Return ln W for MSS: W[i, i] = 1/N, W[i, i+1 mod B] = (N - M)/(N M), all else 1/M, i counted from FIRST.

    mean: (B, latent), for B, dtype and device.
    """
    batch = mean.shape[-2]
    if not 2 <= batch <= data_set_size:
        raise ValueError(f"minibatch-stratified sampling needs 2 <= batch <= N, not batch {batch} of N {data_set_size}")
    others = batch - 1
    return LogWeights(
        component=mean.new_full((batch,), -math.log(others)),
        own=math.log(others / data_set_size),
        following=math.log1p(-others / data_set_size),
        first=first,
    )


def exact(
    z: Tensor, mean: Tensor, log_std: Tensor, probability: Tensor | None = None, *, family: Family = NORMAL
) -> Mixture:
    """Mix over all N images with weights p(n), 1/N by default.

    z: (samples, latent); mean, log_std: (data, latent); probability: (data,), sums to 1.
    """
    if probability is None:
        probability = mean.new_full((mean.shape[-2],), 1 / mean.shape[-2])
    return log_mixture(z, mean, log_std, LogWeights(probability.to(z.dtype).log()), family)


def log_mixture(
    z: Tensor,
    mean: Tensor,
    log_std: Tensor,
    weights: LogWeights,
    family: Family = NORMAL,
    *,
    fused: bool = True,
    block_elements: int | None = None,
) -> Mixture:
    """Return (ln sum_n W[i, n] q(z_i|n), ln sum_n W[i, n] q(z_ij|n)), differentiable in z, mean and log_std.

    z: (samples, latent); mean, log_std: (components, latent); FUSED uses the kernels for CUDA, or the loops in C, where
    they are there and are for this. Without them memory is a few blocks of BLOCK_ELEMENTS whatever the number of
    samples: the backward pass computes each block again. By default a block fits a CPU's cache, and on CUDA is a
    64th of the device's memory.
    """
    if fused and on_cuda.can_run(z, family):
        return _by_kernels(z, mean, log_std, weights, family)
    if z.dim() == 3:
        members = zip(z, mean, log_std, strict=True)
        return _stacked([log_mixture(*m, weights, family, fused=fused, block_elements=block_elements) for m in members])
    if fused and can_fuse(z, family):
        return FusedLogMixture.apply(z, mean, log_std, weights)  # type: ignore[no-untyped-call,no-any-return]
    block_elements = block_elements or _block_elements(z.device)
    return _LogMixture.apply(z, mean, log_std, weights, family, block_elements)  # type: ignore[no-untyped-call,no-any-return]


def _by_kernels(z: Tensor, mean: Tensor, log_std: Tensor, weights: LogWeights, family: Family) -> Mixture:
    """Mix with the kernels for CUDA; without an axis of members it is one."""
    if z.dim() == 3:
        return on_cuda.KernelLogMixture.apply(z, mean, log_std, weights, family)  # type: ignore[no-untyped-call,no-any-return]
    joint, marginals = _by_kernels(z[None], mean[None], log_std[None], weights, family)
    return joint[0], marginals[0]


def _block_elements(device: torch.device) -> int:
    """Return the number of float32 numbers in a block: the same at each call, so that rounding is, too."""
    if device.type != "cuda":
        return BLOCK_ELEMENTS
    return torch.cuda.get_device_properties(device).total_memory // (64 * 4)


def _stacked(members: Sequence[Mixture]) -> Mixture:
    """Return the members' results as one, along a new first axis."""
    joints, marginals = zip(*members, strict=True)
    return torch.stack(joints), torch.stack(marginals)


def _row_blocks(samples: int, components: Tensor, elements: int) -> list[slice]:
    """Return slices of samples, each with a bounded number of elements when weighed against all COMPONENTS."""
    rows = max(1, elements // components.numel())
    return [slice(start, min(start + rows, samples)) for start in range(0, samples, rows)]


def _log_sum_exp(log_terms: Tensor) -> Tensor:
    """Return logsumexp over the last axis, in place.

    Terms below e^-60 of the largest are rounded up to it. That is far below the rounding of float64 even for 1e9 of
    them, and keeps exp, and its products with gradients, away from subnormal numbers, which the CPU computes 30 times
    slower.
    """
    largest = log_terms.amax(-1, keepdim=True)
    total = log_terms.sub_(largest).clamp_(min=SMALLEST_EXPONENT).exp_().sum(-1)
    return total.log_().add_(largest.squeeze(-1))


class _LogMixture(torch.autograd.Function):
    """log_mixture in blocks of samples. Tensors inside are (latent, samples, components)."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, mean: Tensor, log_std: Tensor, weights: LogWeights, family: Family, block_elements: int
    ) -> Mixture:
        ctx.weights, ctx.family, ctx.block_elements = weights, family, block_elements
        joint, marginals = z.new_empty(len(z)), z.new_empty(z.shape)
        for rows in _row_blocks(len(z), mean, ctx.block_elements):
            log_component = _log_components(_standardised(z[rows], mean, log_std), log_std, family)
            weight = weights.rows(rows)
            joint[rows] = _log_sum_exp(log_component.sum(0) + weight)
            marginals[rows] = _log_sum_exp(log_component.add_(weight)).T
        ctx.save_for_backward(z, mean, log_std, joint, marginals)
        return joint, marginals

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        z, mean, log_std, joint, marginals = ctx.saved_tensors
        joint_gradient, marginal_gradient = gradients
        z_gradient = torch.empty_like(z)
        mean_gradient, log_std_gradient = torch.zeros_like(mean), torch.zeros_like(log_std)
        inverse_std = torch.exp(-log_std)
        for rows in _row_blocks(len(z), mean, ctx.block_elements):
            t = _standardised(z[rows], mean, log_std)
            share = _log_components(t, log_std, ctx.family)  # becomes d loss / d log q(z_ij|n), component by component
            weight = ctx.weights.rows(rows)
            own = (share.sum(0) + (weight - joint[rows, None])).clamp_(min=SMALLEST_EXPONENT).exp_()
            own *= joint_gradient[rows, None]
            share.add_(weight).sub_(marginals[rows].T[:, :, None]).clamp_(min=SMALLEST_EXPONENT).exp_()
            share.mul_(marginal_gradient[rows].T[:, :, None]).add_(own)
            log_std_gradient -= share.sum(1).T
            slope = share.mul_(ctx.family.slope(t))  # d loss / d mean, times std
            z_gradient[rows] = -torch.einsum("dij,jd->id", slope, inverse_std)
            mean_gradient += slope.sum(1).T
            log_std_gradient += slope.mul_(t).sum(1).T
        return z_gradient, mean_gradient * inverse_std, log_std_gradient, None, None, None


def _standardised(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return (z_i - mean_n) / std_n: (latent, samples, components)."""
    return (z.T[:, :, None] - _components_last(mean)).mul_(_components_last(torch.exp(-log_std)))


def _log_components(t: Tensor, log_std: Tensor, family: Family) -> Tensor:
    """Return log q(z_ij|n) from the standardised distance."""
    return family.log_kernel(t).sub_(_components_last(log_std + family.log_normaliser))


def _components_last(parameter: Tensor) -> Tensor:
    """Turn (components, latent) into (latent, 1, components), contiguous so that the inner loops are vectorised."""
    return parameter.T.contiguous()[:, None, :]
