"""log2 q(z) and log2 q(z_j) as mixtures of normal or Laplace components, for many members, without temporaries.

A program holds a block of ROWS samples against COLUMNS components at a time, and goes through all components, or a part
of them where too few programs would fill the device. Everything is to base 2, which is what a GPU has ready: with t =
(z - mean) s, a density is that at the mean times 2^-t^2 for normals, where s = sqrt(1 / (2 ln 2)) / std, and times
2^-|t| for Laplace, where s = sqrt(2) / ln 2 / std. Rows and columns beyond the ends are masked, and in place of what
they would read stands a component of no weight. The gradients are in mixture_gradients.py.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

ROWS = tl.constexpr(32)
COLUMNS = tl.constexpr(64)
PROGRAMS = 512  # about what fills a device of 132 processors
UNROLLED = 16  # latents, at most; more go in groups of GROUP
GROUP = 8
LOG2_E = tl.constexpr(1.4426950408889634)
# log2 of what the density at the mean is divided by besides std, and s times what that level of the density is
NORMAL_LEVEL = tl.constexpr(1.3257480647361593)  # log2 sqrt(2 pi)
NORMAL_SCALE = tl.constexpr(2.1289340388624525)  # sqrt(pi / ln 2)
LAPLACE_LEVEL = tl.constexpr(0.5)  # log2 sqrt(2)
LAPLACE_SCALE = tl.constexpr(2.8853900817779268)  # 2 / ln 2
LOWEST = tl.constexpr(-3e38)  # in place of -infinity, whose difference to itself is not a number
TOO_SMALL = tl.constexpr(2.0**-40)  # a sum that numbers below 2^-126, which are lost, may have been part of


@dataclass(frozen=True)
class Mixing:
    """The terms ln W[i, n] + ln q(z_i|n) of each member: float32, contiguous, on one device.

    W[i, n] is the weight of component n for sample i: exp(log_weight[n]); unless first is negative, times e^own where
    n = first + i, and times e^following where n = first + i + 1 modulo components, neither of them above 1.
    """

    z: Tensor  # (members, latents, samples)
    mean: Tensor  # (members, latents, components)
    log_std: Tensor  # (members, latents, components), ln of the standard deviation, whatever the family
    log_weight: Tensor  # (components,)
    laplace: bool = False  # else normal
    first: int = -1
    own: float = 0.0
    following: float = 0.0

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Members, latents, samples, components."""
        members, latents, samples = self.z.shape
        return members, latents, samples, self.mean.shape[2]

    @property
    def arguments(self) -> tuple[Tensor | int | float, ...]:
        """What all kernels begin with."""
        _, _, samples, components = self.sizes
        tensors = (self.z, self.mean, self.log_std, self.log_weight)
        return *tensors, samples, components, self.first, self.own, self.following

    @property
    def kind(self) -> dict[str, bool]:
        """What kernels are compiled for."""
        return {"laplace": self.laplace, "stratified": self.first >= 0}

    @property
    def loop(self) -> dict[str, int]:
        """How kernels go through the latents."""
        latents = self.z.shape[1]
        return {"latents": latents, "group": latents if latents <= UNROLLED else GROUP}


def log2_joint(mixing: Mixing) -> Tensor:
    """Return log2 sum_n W[i, n] q(z_i|n), (members, samples).

    Samples may be many more or fewer than components, and as far from them as float32 reaches. The error is that of
    exponents in float32: some 1e-7 of |(z - mean) / std|^2 at the nearest component.
    """
    members, _, samples, components = mixing.sizes
    blocks = triton.cdiv(samples, ROWS.value)
    parts, part = _parts(components, blocks * members)
    found = mixing.z.new_empty(members, parts, samples)
    with torch.cuda.device_of(found):
        _joint[(blocks, parts, members)](*mixing.arguments, found, part, **mixing.kind, **mixing.loop)
    return _together(found)


def log2_marginals(mixing: Mixing) -> Tensor:
    """Return log2 sum_n W[i, n] q(z_ij|n), (members, latents, samples), as near as `log2_joint`."""
    members, latents, samples, components = mixing.sizes
    blocks = triton.cdiv(samples, ROWS.value)
    parts, part = _parts(components, blocks * latents * members)
    bound = (mixing.log_weight - mixing.log_std).amax(2)  # in nats, and without the family's own level
    found = mixing.z.new_empty(members * latents, parts, samples)
    with torch.cuda.device_of(found):
        _marginals[(blocks, members * latents, parts)](*mixing.arguments, bound, found, part, **mixing.kind)
    return _together(found).view(members, latents, samples)


def _parts(components: int, programs: int) -> tuple[int, int]:
    """Return into how many parts to divide the components, and their length, so that PROGRAMS fill the device."""
    blocks = triton.cdiv(components, COLUMNS.value)
    each = triton.cdiv(blocks, max(1, min(blocks, PROGRAMS // programs)))
    return triton.cdiv(blocks, each), each * COLUMNS.value


def _together(parts: Tensor) -> Tensor:
    """Return log2 of the sum over (rows, parts, samples) of 2^parts: (rows, samples)."""
    rows, count, samples = parts.shape
    if count == 1:
        return parts.squeeze(1)
    found = parts.new_empty(rows, samples)
    with torch.cuda.device_of(found):
        blocks = triton.cdiv(samples, ROWS.value)
        _add_parts[(blocks, rows)](parts, found, samples, count, room=triton.next_power_of_2(count))
    return found


@triton.jit
def weights_of(log_weight, i, n, inside, components, first, own, following, stratified: tl.constexpr):
    """Return the logarithms of the weights to base 2, [1, COLUMNS] or [ROWS, COLUMNS]; -infinity outside."""
    weights = tl.load(log_weight + n, mask=inside, other=float("-inf"))[None, :] * LOG2_E
    if stratified:
        mine = tl.where(n[None, :] == (first + i)[:, None], own, 0.0)
        next_one = tl.where(n[None, :] == ((first + i + 1) % components)[:, None], following, 0.0)
        weights = weights + (mine + next_one) * LOG2_E
    return weights


@triton.jit
def components_of(mean, log_std, row, n, inside, components, laplace: tl.constexpr):
    """Return means, scales and minus log2 of the densities at the means, of one ROW (member and latent)."""
    level: tl.constexpr = LAPLACE_LEVEL if laplace else NORMAL_LEVEL
    means = tl.load(mean + row * components + n, mask=inside, other=0.0)
    levels = tl.load(log_std + row * components + n, mask=inside, other=0.0) * LOG2_E + level
    scale = tl.exp2(-levels) * (LAPLACE_SCALE if laplace else NORMAL_SCALE)
    return means, scale, levels


@triton.jit
def distances(zi, means, scale):
    """Return t of all samples from all components, [ROWS, COLUMNS]."""
    return (zi[:, None] - means[None, :]) * scale[None, :]


@triton.jit
def fall(t, laplace: tl.constexpr):
    """Return by how much the logarithm of a density, to base 2, is below that at the mean."""
    return tl.abs(t) if laplace else t * t


@triton.jit
def joint_terms(
    z, mean, log_std, weights, member, i, n, has_i, has_n, samples, components, laplace: tl.constexpr,
    latents: tl.constexpr, group: tl.constexpr
):  # fmt: skip
    """Return the terms of one member's joint [ROWS, COLUMNS] to base 2."""
    terms = tl.zeros([ROWS, COLUMNS], tl.float32)
    total_levels = tl.zeros([COLUMNS], tl.float32)
    for start in range(0, latents, group):
        for step in tl.static_range(group):
            d = start + step
            there, row = d < latents, member * latents + d
            zi = tl.load(z + row * samples + i, mask=has_i & there, other=0.0)
            means, scale, levels = components_of(mean, log_std, row, n, has_n & there, components, laplace)
            terms -= fall(distances(zi, means, scale), laplace)
            total_levels += tl.where(there, levels, 0.0)
    return terms + (weights - total_levels[None, :])


@triton.jit
def _joint(
    z, mean, log_std, log_weight, samples, components, first, own, following, found, part,
    laplace: tl.constexpr, stratified: tl.constexpr, latents: tl.constexpr, group: tl.constexpr
):  # fmt: skip
    """Write found (members, parts, samples). Grid: blocks of samples, parts, members."""
    member = tl.program_id(2).to(tl.int64)
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    begin = tl.program_id(1) * part
    end = tl.minimum(begin + part, components)
    largest = tl.full([ROWS, COLUMNS], LOWEST, tl.float32)
    sums = tl.zeros([ROWS, COLUMNS], tl.float32)  # of 2^(terms - largest), each column of its own
    for start in range(begin, end, COLUMNS):
        n = start + tl.arange(0, COLUMNS)
        weights = weights_of(log_weight, i, n, n < end, components, first, own, following, stratified)
        terms = joint_terms(
            z, mean, log_std, weights, member, i, n, i < samples, n < end, samples, components, laplace, latents, group
        )
        larger = tl.maximum(largest, terms)
        sums = sums * tl.exp2(largest - larger) + tl.exp2(terms - larger)
        largest = larger
    top = tl.max(largest, 1)
    result = top + tl.log2(tl.sum(sums * tl.exp2(largest - top[:, None]), 1))
    place = (member * tl.num_programs(1) + tl.program_id(1)) * samples + i
    tl.store(found + place, result, mask=i < samples)


@triton.jit
def _marginal_terms(
    mean, log_std, log_weight, row, zi, i, n, end, components, first, own, following, above,
    laplace: tl.constexpr, stratified: tl.constexpr
):  # fmt: skip
    """Return the terms of one latent's marginal [ROWS, COLUMNS] to base 2, less ABOVE."""
    weights = weights_of(log_weight, i, n, n < end, components, first, own, following, stratified)
    means, scale, levels = components_of(mean, log_std, row, n, n < end, components, laplace)
    return (weights - (levels + above)[None, :]) - fall(distances(zi, means, scale), laplace)


@triton.jit
def _marginals(
    z, mean, log_std, log_weight, samples, components, first, own, following, bound, found, part,
    laplace: tl.constexpr, stratified: tl.constexpr
):  # fmt: skip
    """Write found (members latents, parts, samples). Grid: blocks of samples, members latents, parts."""
    row = tl.program_id(1).to(tl.int64)
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    zi = tl.load(z + row * samples + i, mask=i < samples, other=0.0)
    begin = tl.program_id(2) * part
    end = tl.minimum(begin + part, components)
    above = tl.load(bound + row) * LOG2_E  # no term exceeds it: no search for the largest
    sums = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(begin, end, COLUMNS):
        n = start + tl.arange(0, COLUMNS)
        sums += tl.exp2(
            _marginal_terms(
                mean, log_std, log_weight, row, zi, i, n, end, components, first, own, following, above,
                laplace, stratified
            )
        )  # fmt: skip
    total = tl.sum(sums, 1)
    result = tl.log2(total) + above
    small = total < TOO_SMALL
    if tl.max(small.to(tl.int32), 0) > 0:  # so far from all components that sums must be relative to the largest term
        largest = tl.full([ROWS, COLUMNS], LOWEST, tl.float32)
        for start in range(begin, end, COLUMNS):
            n = start + tl.arange(0, COLUMNS)
            terms = _marginal_terms(
                mean, log_std, log_weight, row, zi, i, n, end, components, first, own, following, 0.0,
                laplace, stratified
            )  # fmt: skip
            largest = tl.maximum(largest, terms)
        top = tl.max(largest, 1)
        sums = tl.zeros([ROWS, COLUMNS], tl.float32)
        for start in range(begin, end, COLUMNS):
            n = start + tl.arange(0, COLUMNS)
            terms = _marginal_terms(
                mean, log_std, log_weight, row, zi, i, n, end, components, first, own, following, 0.0,
                laplace, stratified
            )  # fmt: skip
            sums += tl.exp2(terms - top[:, None])
        result = tl.where(small, top + tl.log2(tl.sum(sums, 1)), result)
    place = (row * tl.num_programs(2) + tl.program_id(2)) * samples + i
    tl.store(found + place, result, mask=i < samples)


@triton.jit
def _add_parts(parts, found, samples, count, room: tl.constexpr):
    """Write found (rows, samples). Grid: blocks of samples, rows."""
    row = tl.program_id(1).to(tl.int64)
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    part = tl.arange(0, room)[None, :]
    terms = tl.load(
        parts + (row * count + part) * samples + i, mask=(part < count) & (i < samples), other=float("-inf")
    )
    top = tl.maximum(tl.max(terms, 1), LOWEST)[:, None]
    total = top + tl.log2(tl.sum(tl.exp2(terms - top), 1, keep_dims=True))
    tl.store(found + row * samples + i, total, mask=i < samples)
