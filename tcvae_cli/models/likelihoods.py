"""log p(x|z) from the decoder's outputs, summed over pixels in float32 whatever the networks ran in."""

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, log_density
from tcvae_cli.native import call, in_threads, library

LANES = 16  # of native/likelihood.c


def bernoulli_log_likelihood(images: Tensor, logits: Tensor) -> Tensor:
    """Return log p(x|z) (batch,), nats, of LOGITS in float32 or bfloat16. Grey levels in [0, 1] are soft targets."""
    if can_fuse(images, logits):
        return _FusedBernoulli.apply(images, logits)  # type: ignore[no-untyped-call,no-any-return]
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return -F.binary_cross_entropy_with_logits(wide, images, reduction="none").flatten(1).sum(1)


def gaussian_log_likelihood(images: Tensor, means: Tensor, log_std: Tensor) -> Tensor:
    """Return log p(x|z) of normal pixels that share one standard deviation, which is learned: Rybkin et al. 2021."""
    return log_density(images, means, log_std, NORMAL).flatten(1).sum(1)


def can_fuse(images: Tensor, logits: Tensor) -> bool:
    """Return whether the loops in C can do it: they are there, and the tensors are of a kind that they know."""
    return (
        library() is not None
        and len(images) > 0  # a process has an empty share of a small batch
        and images.device.type == "cpu"
        and images.dtype == torch.float32
        and not images.requires_grad
        and logits.dtype in (torch.float32, torch.bfloat16)
        and images.shape == logits.shape
        and math.prod(images.shape[1:]) % LANES == 0
    )


class _FusedBernoulli(torch.autograd.Function):
    """One pass over the logits forward and one backward, in the loops of native/likelihood.c."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, logits: Tensor) -> Tensor:
        images, logits = images.flatten(1).contiguous(), logits.contiguous()
        values = torch.empty(len(images))
        _in_rows("likelihood_forward", images, logits, values)
        ctx.save_for_backward(images, logits)
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        images, logits = ctx.saved_tensors
        found = torch.empty_like(logits)
        _in_rows("likelihood_backward", images, logits, gradients[0].contiguous(), found)
        return None, found


def _in_rows(loop: str, images: Tensor, logits: Tensor, *others: Tensor) -> None:
    """Run a loop over the rows in as many threads as torch has."""

    def work(start: int, stop: int) -> None:
        half = int(logits.dtype == torch.bfloat16)
        call(
            loop,
            *(images[start:], logits[start:], half, stop - start, images.shape[1]),
            *(other[start:] for other in others),
        )

    in_threads(work, len(images), min(len(images), torch.get_num_threads()))
