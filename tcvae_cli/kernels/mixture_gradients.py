"""The gradients of the mixtures of mixture.py, by sample and by component.

A term counts twice: in its marginal, and in the joint, where its share is the same for all latents. The joint's shares
are written to memory, (members, samples, components), and read by each latent; of more components than SHARES hold, a
part is done after the other. Of the marginals nothing is kept: their terms are computed again.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from tcvae_cli.kernels.mixture import (
    COLUMNS,
    ROWS,
    Mixing,
    components_of,
    distances,
    fall,
    joint_terms,
    weights_of,
)

LAPLACE_STEEPNESS = tl.constexpr(0.6931471805599453)  # ln 2: the logarithms are to base 2
NORMAL_STEEPNESS = tl.constexpr(2 * 0.6931471805599453)  # for the derivative of a square
SHARES = 1 << 27  # 512 MB of float32: 32 members of a batch of 2,048


def gradients(
    mixing: Mixing, values: tuple[Tensor, Tensor], pulls: tuple[Tensor, Tensor], shares: int = SHARES
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients by z, mean and log_std, in their shapes, of a loss of both mixtures.

    VALUES are the results of `log2_joint` and `log2_marginals`; PULLS, of the same shapes, are the loss's gradients by
    their natural logarithms.
    """
    members, latents, samples, components = mixing.sizes
    (joint, marginals), (joint_pull, marginals_pull) = values, pulls
    z_gradient = torch.zeros_like(mixing.z)
    mean_gradient, log_std_gradient = torch.empty_like(mixing.mean), torch.empty_like(mixing.log_std)
    width = min(components, max(1, shares // (members * samples * COLUMNS.value)) * COLUMNS.value)
    share = mixing.z.new_empty(members, samples, width)
    rows, columns = triton.cdiv(samples, ROWS.value), triton.cdiv(width, COLUMNS.value)
    with torch.cuda.device_of(share):
        for begin in range(0, components, width):
            end = min(begin + width, components)
            common = (*mixing.arguments, share, width, begin, end)
            _joint_shares[(columns, rows, members)](*common, joint, joint_pull, **mixing.kind, **mixing.loop)
            common = (*common, marginals, marginals_pull)
            _by_sample[(rows, members * latents)](*common, z_gradient, latents, **mixing.kind)
            _by_component[(columns, members * latents)](
                *common, mean_gradient, log_std_gradient, latents, **mixing.kind
            )
    return z_gradient, mean_gradient, log_std_gradient


@triton.jit
def _joint_shares(
    z, mean, log_std, log_weight, samples, components, first, own, following,
    share, width, begin, end, joint, joint_pull,
    laplace: tl.constexpr, stratified: tl.constexpr, latents: tl.constexpr, group: tl.constexpr
):  # fmt: skip
    """Write the share of each term in its joint, times the gradient by that, of components BEGIN to END.

    Grid: blocks of components, blocks of samples, members.
    """
    member = tl.program_id(2).to(tl.int64)
    i = tl.program_id(1) * ROWS + tl.arange(0, ROWS)
    n = begin + tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    weights = weights_of(log_weight, i, n, n < end, components, first, own, following, stratified)
    terms = joint_terms(
        z, mean, log_std, weights, member, i, n, i < samples, n < end, samples, components, laplace, latents, group
    )
    total = tl.load(joint + member * samples + i, mask=i < samples, other=0.0)
    pull = tl.load(joint_pull + member * samples + i, mask=i < samples, other=0.0)
    place = share + member * samples * width + (i[:, None] * width + (n - begin)[None, :])
    inside = (i < samples)[:, None] & (n < end)[None, :]
    tl.store(place, pull[:, None] * tl.exp2(terms - total[:, None]), mask=inside)


@triton.jit
def _pulled(
    t, weights, levels, share, width, marginals, marginals_pull, row, latents, i, place,
    samples, inside, laplace: tl.constexpr
):  # fmt: skip
    """Return the loss's gradients by ln q(z_ij|n), [ROWS, COLUMNS], for components at PLACE in share."""
    # Rows beyond the end have an infinite sum, so that none of their terms has a share, however narrow its component.
    total = tl.load(marginals + row * samples + i, mask=i < samples, other=float("inf"))
    pull = tl.load(marginals_pull + row * samples + i, mask=i < samples, other=0.0)
    of_marginal = tl.exp2((weights - levels[None, :]) - total[:, None] - fall(t, laplace))
    places = share + (row // latents) * samples * width + (i[:, None] * width + place[None, :])
    of_joint = tl.load(places, mask=(i < samples)[:, None] & inside[None, :], other=0.0)
    return of_marginal * pull[:, None] + of_joint


@triton.jit
def _slope(t, laplace: tl.constexpr):
    """Return the derivative of `fall`, but for STEEPNESS."""
    return tl.where(t > 0, 1.0, tl.where(t < 0, -1.0, 0.0)) if laplace else t


@triton.jit
def _by_sample(
    z, mean, log_std, log_weight, samples, components, first, own, following,
    share, width, begin, end, marginals, marginals_pull, z_gradient, latents,
    laplace: tl.constexpr, stratified: tl.constexpr
):  # fmt: skip
    """Add what components BEGIN to END give to z_gradient. Grid: blocks of samples, members latents."""
    row = tl.program_id(1).to(tl.int64)
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    zi = tl.load(z + row * samples + i, mask=i < samples, other=0.0)
    sums = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(begin, end, COLUMNS):
        n = start + tl.arange(0, COLUMNS)
        weights = weights_of(log_weight, i, n, n < end, components, first, own, following, stratified)
        means, scale, levels = components_of(mean, log_std, row, n, n < end, components, laplace)
        t = distances(zi, means, scale)
        pulled = _pulled(
            t, weights, levels, share, width, marginals, marginals_pull, row, latents, i, n - begin,
            samples, n < end, laplace
        )  # fmt: skip
        sums += pulled * _slope(t, laplace) * scale[None, :]
    place = z_gradient + row * samples + i
    before = tl.load(place, mask=i < samples, other=0.0)
    tl.store(place, before - tl.sum(sums, 1) * (LAPLACE_STEEPNESS if laplace else NORMAL_STEEPNESS), mask=i < samples)


@triton.jit
def _by_component(
    z, mean, log_std, log_weight, samples, components, first, own, following,
    share, width, begin, end, marginals, marginals_pull, mean_gradient, log_std_gradient, latents,
    laplace: tl.constexpr, stratified: tl.constexpr
):  # fmt: skip
    """Write the gradients of components BEGIN to END. Grid: blocks of components, members latents."""
    row = tl.program_id(1).to(tl.int64)
    n = begin + tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    means, scale, levels = components_of(mean, log_std, row, n, n < end, components, laplace)
    steepness: tl.constexpr = LAPLACE_STEEPNESS if laplace else NORMAL_STEEPNESS
    by_mean = tl.zeros([ROWS, COLUMNS], tl.float32)
    by_log_std = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(0, samples, ROWS):
        i = start + tl.arange(0, ROWS)
        zi = tl.load(z + row * samples + i, mask=i < samples, other=0.0)
        weights = weights_of(log_weight, i, n, n < end, components, first, own, following, stratified)
        t = distances(zi, means, scale)
        pulled = _pulled(
            t, weights, levels, share, width, marginals, marginals_pull, row, latents, i, n - begin,
            samples, n < end, laplace
        )  # fmt: skip
        slope = pulled * _slope(t, laplace)
        by_mean += slope
        by_log_std += slope * t
        by_log_std -= pulled * (1 / steepness)  # two products added, not three
    place = row * components + n
    tl.store(mean_gradient + place, tl.sum(by_mean, 0) * scale * steepness, mask=n < end)
    tl.store(log_std_gradient + place, tl.sum(by_log_std, 0) * steepness, mask=n < end)
