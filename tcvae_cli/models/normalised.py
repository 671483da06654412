"""Batch normalisation followed by ReLU: as torch does it, or in bfloat16 on a CPU in the loops of native/normalise.c.

Those read the images once for their moments and once for the values, and on the way back as often, which takes a
fraction of the time: torch's own are several times as slow in bfloat16.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.models.distributed import MOMENTUM, SharedBatchNorm2d
from tcvae_cli.native import call, has, in_threads

LANES, BLOCK = 16, 2048  # of native/normalise.c


class RectifiedBatchNorm2d(SharedBatchNorm2d):
    """Batch norm and then ReLU."""

    def forward(self, images: Tensor) -> Tensor:
        if not (self.training and can_fuse(images, self.weight)):
            return F.relu(super().forward(images), inplace=True)
        found, mean, variance = _FusedNorm.apply(images, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        count = images.numel() // len(mean)
        self.get_buffer("num_batches_tracked").add_(1)
        self.get_buffer("running_mean").lerp_(mean, MOMENTUM)
        self.get_buffer("running_var").lerp_(variance * (count / (count - 1)), MOMENTUM)
        return found  # type: ignore[no-any-return]


def can_fuse(images: Tensor, weight: Tensor) -> bool:
    """Return whether the loops in C can do it: they are there, and the tensors are of a kind that they know."""
    return (
        images.dtype == torch.bfloat16
        and weight.dtype == torch.float32
        and images.device.type == "cpu"
        and images.shape[1] % LANES == 0
        and images.numel() > images.shape[1]  # torch says what is wrong with a single pixel
        and not dist.is_initialized()  # then the moments are those of all processes
        and has("normalise_forward")
    )


class _FusedNorm(torch.autograd.Function):
    """Images, and their mean and variance (channel,) over all places, float32. Only the images have a gradient."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        images = images.contiguous(memory_format=torch.channels_last)
        x, found = in_rows(images), torch.empty_like(images)
        shift = x[0].float()  # with which squares are small even where the mean is large
        first, second = sums("normalise_sums", [x], [shift]) / len(x)
        variance = (second - first.square()).clamp_min(0)
        mean, deviation = shift + first, (variance + eps).sqrt()
        scale = weight / deviation
        offset = bias - mean * scale
        scale, offset, mean, variance = (tensor.float() for tensor in (scale, offset, mean, variance))
        over_rows("normalise_forward", [x], [scale, offset], in_rows(found))
        ctx.save_for_backward(images, scale, offset, mean, deviation)
        ctx.mark_non_differentiable(mean, variance)
        return found, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        images, scale, offset, mean, deviation = ctx.saved_tensors
        x, found = in_rows(images), torch.empty_like(images)
        g = in_rows(gradients[0].contiguous(memory_format=torch.channels_last))
        of_bias, product = sums("normalise_gradient_sums", [x, g], [mean, scale, offset])
        of_weight = product / deviation
        slope = -scale * of_weight / deviation / len(x)
        level = -scale * of_bias / len(x) - slope * mean
        over_rows("normalise_backward", [x, g], [scale, offset, slope.float(), level.float()], in_rows(found))
        return found, of_weight.float(), of_bias.float(), None


def in_rows(images: Tensor) -> Tensor:
    """Return images (batch, channel, height, width), whose channels are last in memory, as (places, channel)."""
    return images.permute(0, 2, 3, 1).view(-1, images.shape[1])


def sums(loop: str, by_row: Sequence[Tensor], by_channel: Sequence[Tensor]) -> Tensor:
    """Return two sums over all rows: (2, channel) float64, the same for any number of threads."""
    rows, channels = by_row[0].shape
    parts = torch.empty(-(-rows // BLOCK), 2, channels, dtype=torch.float64)
    over_rows(loop, by_row, by_channel, parts, BLOCK)
    return parts.sum(0)


def over_rows(
    loop: str, by_row: Sequence[Tensor], by_channel: Sequence[Tensor], found: Tensor, rows_of_one: int = 1
) -> None:
    """Run a loop over rows in threads, into FOUND, of which each entry is of so many rows."""
    rows, channels = by_row[0].shape

    def work(start: int, stop: int) -> None:
        parts = (tensor[start:] for tensor in by_row)
        call(loop, *parts, *by_channel, stop - start, channels, found[start // rows_of_one :])

    in_threads(work, rows, min(torch.get_num_threads(), -(-rows // BLOCK)), BLOCK)
