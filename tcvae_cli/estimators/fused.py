"""log_mixture for normal components in float32 on the CPU, by the loops in native/mixture.c."""

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import HALF_LOG_TWO_PI, NORMAL, Family
from tcvae_cli.native import call, in_threads, library

LANES, TOGETHER = 16, 4  # of mixture.c
LOG_TWO = math.log(2)
SCALE = math.sqrt(0.5 / LOG_TWO)  # exp(-t^2/2) = 2^-(SCALE t)^2
NOTHING = -1e30  # log weight of the components that fill up the last group


@dataclass(frozen=True)
class LogWeights:
    """ln W[i, n] of sample i and component n: the component's, and for stratified sampling two more terms.

    A batch of 4 in a stratified minibatch of N = 12: component = ln 1/3 for all, own = ln 3/12, so that W[i, i] = 1/12,
    and following = ln(1 - 3/12), so that W[i, i+1] = 1/4. Each row sums to 1/12 + 1/4 + 1/3 + 1/3 = 1. Two numbers per
    sample instead of a matrix.
    """

    component: Tensor  # (components,)
    own: float = 0.0  # is added where n = first + i,
    following: float = 0.0  # where n = first + i + 1, modulo the number of components
    first: int | None = None  # no own component if None

    def rows(self, rows: slice) -> Tensor:
        """Return ln W of some samples: (1, components) where all have the same, else (rows, components)."""
        if self.first is None:
            return self.component[None]
        count = len(self.component)
        own = torch.arange(rows.start, rows.stop, device=self.component.device) + self.first
        line = torch.arange(len(own), device=own.device)
        whole = self.component.expand(len(own), count).clone()
        whole[line, own] += self.own
        whole[line, (own + 1) % count] += self.following
        return whole


def can_fuse(z: Tensor, family: Family) -> bool:
    """Return whether the loops are there, and are for this, which the empty share of a small batch is not."""
    return (
        len(z) > 0
        and z.dtype == torch.float32
        and z.device.type == "cpu"
        and family is NORMAL
        and library() is not None
    )


class FusedLogMixture(torch.autograd.Function):
    """log_mixture of mixtures.py; the backward pass computes all terms again, in no more memory than its results."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, mean: Tensor, log_std: Tensor, weights: LogWeights) -> tuple[Tensor, Tensor]:
        ctx.loops = _Loops(z, mean, log_std, weights)
        joint, marginals = ctx.loops.forward()
        ctx.save_for_backward(joint, marginals)
        return joint[: len(z)] * LOG_TWO, marginals[: len(z)] * LOG_TWO

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        return *ctx.loops.backward(*ctx.saved_tensors, *gradients), None


class _Loops:
    """The arguments of the loops. Samples are filled up to a multiple of TOGETHER, components to one of LANES.

    To base 2, since 2^x is what a processor has almost ready: exp(-t^2/2) = 2^-(SCALE t)^2 with SCALE^2 = 1/(2 ln 2),
    about 0.72. At t = 2, e^-2 = 0.135 and 2^-(0.72 * 4) = 2^-2.885 = 0.135.
    """

    def __init__(self, z: Tensor, mean: Tensor, log_std: Tensor, weights: LogWeights) -> None:
        self.samples, self.components, self.latents = len(z), len(mean), z.shape[1]
        self.groups = -(-self.components // LANES)
        self.z = _filled(z, TOGETHER)
        self.inverse_std = torch.exp(-log_std)
        offset = (-log_std - HALF_LOG_TWO_PI) / LOG_TWO
        self.weight = torch.full((self.groups * LANES,), NOTHING)
        self.weight[: self.components] = weights.component / LOG_TWO
        # No term of latent j exceeds bound[j]: sums relative to it need no search for the largest term.
        self.bound = (offset + self.weight[: self.components, None]).amax(0).contiguous()
        self.difference = torch.tensor([weights.own, weights.following]) / LOG_TWO
        self.first = -1 if weights.first is None else weights.first
        # LANES components lie side by side for each latent, their means, then scales, then offsets: with 2 lanes and
        # one latent, means 1 2 3 lie as 1 2 | s1 s2 | c1 c2 | 3 0 | s3 0 | c3 0, and the last has no weight.
        parameters = torch.stack([mean, self.inverse_std * SCALE, offset], dim=2)
        parameters = _filled(parameters, LANES).view(self.groups, LANES, self.latents, 3)
        self.parameters = parameters.permute(0, 2, 3, 1).contiguous()
        self.threads = min(torch.get_num_threads(), len(self.z) // TOGETHER)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return log2 q(z) (samples,) and log2 q(z_j) (samples, latents)."""
        joint, marginals = torch.empty(len(self.z)), torch.empty(self.z.shape)

        def work(start: int, stop: int) -> None:
            scratch = torch.empty(TOGETHER * (self.groups + self.latents) * LANES)
            call(
                "mixture_forward",
                *(self.z[start:], self.parameters, self.weight, self.bound),
                *(stop - start, self.components, self.latents, self.first_of(start), self.difference),
                *(joint[start:], marginals[start:], scratch),
            )

        in_threads(work, len(self.z), self.threads, TOGETHER)
        return joint, marginals

    def backward(
        self, joint: Tensor, marginals: Tensor, joint_gradient: Tensor, marginals_gradient: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients by z, mean and log_std."""
        joint_gradient, marginals_gradient = _filled(joint_gradient, TOGETHER), _filled(marginals_gradient, TOGETHER)
        slopes, parts = torch.empty(self.z.shape), []

        def work(start: int, stop: int) -> None:
            scratch = torch.empty(2 * TOGETHER * self.latents * LANES)
            sums = torch.zeros(self.parameters.shape)
            parts.append((start, sums))
            call(
                "mixture_backward",
                *(self.z[start:], self.parameters, self.weight),
                *(stop - start, self.components, self.latents, self.first_of(start), self.difference),
                *(joint[start:], marginals[start:], joint_gradient[start:], marginals_gradient[start:]),
                *(slopes[start:], sums, scratch),
            )

        in_threads(work, len(self.z), self.threads, TOGETHER)
        sums = torch.stack([part for _, part in sorted(parts, key=lambda part: part[0])]).sum(0)
        # Sums of u, u t and u t^2 over samples, t times SCALE: d log q is t / std by the mean, t^2 - 1 by log_std.
        none, one, two = (
            moment.permute(0, 2, 1).reshape(-1, self.latents)[: self.components] for moment in sums.unbind(2)
        )
        return (
            slopes[: self.samples] / -(SCALE**2),
            one * self.inverse_std / SCALE,
            two / SCALE**2 - none,
        )

    def first_of(self, start: int) -> int:
        """Return the own component of a part's first sample."""
        return -1 if self.first < 0 else self.first + start


def _filled(rows: Tensor, multiple: int) -> Tensor:
    """Return the rows contiguous, with zeros up to a MULTIPLE of rows."""
    return F.pad(rows, (0, 0) * (rows.dim() - 1) + (0, -len(rows) % multiple)).contiguous()
