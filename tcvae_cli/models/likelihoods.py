"""log p(x|z) from the decoder's outputs, summed over pixels in float32 whatever the networks ran in."""

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, log_density
from tcvae_cli.kernels import usable
from tcvae_cli.native import call, in_threads, library

LANES = 16  # of native/likelihood.c
NARROW = (torch.float32, torch.bfloat16)  # what the loops take


def bernoulli_log_likelihood(images: Tensor, logits: Tensor) -> Tensor:
    """Return log p(x|z) (batch,), nats, of LOGITS in float32 or bfloat16. Grey levels in [0, 1] are soft targets."""
    if usable(logits) and logits.dtype in NARROW and images.is_floating_point() and not images.requires_grad:
        return _TritonBernoulli.apply(*_as_they_lie(images, logits))  # type: ignore[no-untyped-call,no-any-return]
    if can_fuse(images, logits):
        return _FusedBernoulli.apply(images, logits)  # type: ignore[no-untyped-call,no-any-return]
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return -F.binary_cross_entropy_with_logits(wide, images.to(wide.dtype), reduction="none").flatten(1).sum(1)


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
        and logits.dtype in NARROW
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


class _TritonBernoulli(torch.autograd.Function):
    """The same by the kernels for CUDA, for any number of pixels."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, logits: Tensor) -> Tensor:
        from tcvae_cli.kernels import likelihood

        images, rows = images.flatten(1).contiguous(), logits.flatten(1).contiguous()
        ctx.save_for_backward(images, rows)
        ctx.shape = logits.shape
        return likelihood.forward(images, rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        from tcvae_cli.kernels import likelihood

        images, rows = ctx.saved_tensors
        return None, likelihood.backward(images, rows, gradients[0].contiguous()).view(ctx.shape)


def _as_they_lie(images: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return both with colours last if the logits lie so in memory, where convolutions left them: no copy is made."""
    if logits.dim() == 4 and logits.is_contiguous(memory_format=torch.channels_last):
        return images.movedim(1, -1), logits.movedim(1, -1)
    return images, logits


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
