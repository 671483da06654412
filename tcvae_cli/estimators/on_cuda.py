"""log_mixture in float32 by the Triton kernels of kernels/mixture.py: on CUDA, for all members at once."""

from typing import Any

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.estimators.fused import LOG_TWO, LogWeights
from tcvae_cli.kernels import usable


def can_run(z: Tensor, family: Family) -> bool:
    """Return whether the kernels run where z is, and are for this, which the empty share of a small batch is not."""
    return z.numel() > 0 and z.dtype == torch.float32 and family in (NORMAL, LAPLACE) and usable(z)


class KernelLogMixture(torch.autograd.Function):
    """log_mixture of mixtures.py, of tensors with a members axis. The backward pass computes all terms again."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, mean: Tensor, log_std: Tensor, weights: LogWeights, family: Family
    ) -> tuple[Tensor, Tensor]:
        from tcvae_cli.kernels.mixture import Mixing, log2_joint, log2_marginals

        ctx.mixing = Mixing(
            _rows_last(z),
            _rows_last(mean),
            _rows_last(log_std),
            log_weight=weights.component.contiguous(),
            laplace=family is LAPLACE,
            first=-1 if weights.first is None else weights.first,
            own=weights.own,
            following=weights.following,
        )
        joint, marginals = log2_joint(ctx.mixing), log2_marginals(ctx.mixing)
        ctx.save_for_backward(joint, marginals)
        return joint * LOG_TWO, marginals.transpose(1, 2) * LOG_TWO

    @staticmethod
    def backward(ctx: Any, *pulls: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        from tcvae_cli.kernels.mixture_gradients import gradients

        found = gradients(ctx.mixing, ctx.saved_tensors, (pulls[0].contiguous(), _rows_last(pulls[1])))
        z_gradient, mean_gradient, log_std_gradient = (tensor.transpose(1, 2) for tensor in found)
        return z_gradient, mean_gradient, log_std_gradient, None, None


def _rows_last(tensor: Tensor) -> Tensor:
    """Turn (members, rows, latents) into (members, latents, rows), contiguous."""
    return tensor.detach().transpose(1, 2).contiguous()
