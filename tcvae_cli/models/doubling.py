"""The last layer of a convolutional decoder, which doubles the side of its images: as a matrix product on a CPU.

A transposed convolution to one or three channels is what oneDNN is slowest at: it took an eighth of a training step.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

# Row 2 a of the doubled image is row 1 of the kernel at place a and row 3 at a - 1; row 2 a + 1 is row 2 at a and row 0
# at a + 1. Columns alike.
ROWS = ((1, 3, -1), (2, 0, 1))  # of the kernel at the place itself, of the kernel at its neighbour, which neighbour


class Doubling(nn.ConvTranspose2d):
    """Transposed convolution of kernel 4, stride 2, padding 1, with the bias added outside (see ConvTranspose2d)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 4, stride=2, padding=1)

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert self.bias is not None
        if self.training and images.dtype == torch.bfloat16 and images.device.type == "cpu":
            outputs = _Doubled.apply(images, self.weight.bfloat16())  # type: ignore[no-untyped-call]
        else:
            outputs = F.conv_transpose2d(images, self.weight, None, 2, 1)
        return outputs.add_(self.bias.to(outputs.dtype)[:, None, None])  # type: ignore[no-any-return]


class _Doubled(torch.autograd.Function):
    """The product forward; backward what torch does, which is fast."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(images, weight)
        return doubled(images, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        images, weight = ctx.saved_tensors
        geometry = [2, 2], [1, 1], [1, 1], True, [0, 0], 1
        wanted = [True, True, False]
        of_images, of_weight, _ = torch.ops.aten.convolution_backward(
            gradients[0], images, weight, None, *geometry, wanted
        )
        return of_images, of_weight


def doubled(images: Tensor, weight: Tensor) -> Tensor:
    """Return the transposed convolution of images (batch, before, height, width), weight being (before, after, 4, 4).

    Each entry of the kernel by itself is a matrix product, rounded to the images' type; their sums are float32.
    """
    batch, before, height, width = images.shape
    places = images.permute(0, 2, 3, 1).reshape(-1, before)
    taps = (weight.flatten(1).T.contiguous() @ places.T).view(-1, 4, 4, batch, height, width)
    found = images.new_empty(batch, len(taps), 2 * height, 2 * width)
    for row, (above, beyond, down) in enumerate(ROWS):
        for column, (left, right, along) in enumerate(ROWS):
            total = taps[:, above, left].float()
            add_shifted(total, taps[:, beyond, left], down, 0)
            add_shifted(total, taps[:, above, right], 0, along)
            add_shifted(total, taps[:, beyond, right], down, along)
            found[:, :, row::2, column::2] = total.transpose(0, 1)
    return found


def add_shifted(total: Tensor, part: Tensor, down: int, along: int) -> None:
    """Add to each place of TOTAL (..., height, width) the place of PART that is DOWN and ALONG by -1, 0 or 1."""
    (rows, from_rows), (columns, from_columns) = shifted(total.shape[-2], down), shifted(total.shape[-1], along)
    total[..., rows, columns] += part[..., from_rows, from_columns]


def shifted(size: int, by: int) -> tuple[slice, slice]:
    """Return which of SIZE places have another one further on BY, and those others."""
    return slice(max(0, -by), size - max(0, by)), slice(max(0, by), size - max(0, -by))
