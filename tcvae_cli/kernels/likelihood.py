"""The Bernoulli log-likelihood of each image and its gradient, each in one pass over the logits."""

import torch
import triton
import triton.language as tl
from torch import Tensor

MOST_PIXELS = 1024  # in one block


def forward(images: Tensor, logits: Tensor) -> Tensor:
    """Return sum_p x_p l_p - ln(1 + e^l_p): (rows,) float32. Both (rows, pixels), of any floating type."""
    rows, pixels = logits.shape
    values = torch.empty(rows, device=logits.device)
    if rows:
        _forward[(rows,)](images, logits, values, pixels, block=_block(pixels))
    return values


def backward(images: Tensor, logits: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradient by the logits, in their type, for a GRADIENT (rows,) by the values."""
    rows, pixels = logits.shape
    found = torch.empty_like(logits)
    if rows:
        _backward[(rows,)](images, logits, gradient, found, pixels, block=_block(pixels))
    return found


def _block(pixels: int) -> int:
    return min(MOST_PIXELS, int(triton.next_power_of_2(pixels)))


@triton.jit
def _forward(images, logits, values, pixels, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64) * pixels
    total = tl.zeros([block], tl.float32)
    for start in range(0, pixels, block):
        pixel = start + tl.arange(0, block)
        inside = pixel < pixels
        logit = tl.load(logits + row + pixel, mask=inside, other=0.0).to(tl.float32)
        image = tl.load(images + row + pixel, mask=inside, other=0.0).to(tl.float32)
        small = tl.exp(-tl.abs(logit))
        whole = 1.0 + small
        # ln(1 + small) to the last digit: what was rounded away in the sum is made good by the quotient.
        log = tl.where(whole == 1.0, small, tl.log(whole) * (small / tl.where(whole == 1.0, 1.0, whole - 1.0)))
        total += tl.where(inside, image * logit - tl.maximum(logit, 0.0) - log, 0.0)
    tl.store(values + tl.program_id(0), tl.sum(total, 0))


@triton.jit
def _backward(images, logits, gradient, found, pixels, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64) * pixels
    slope = tl.load(gradient + tl.program_id(0))
    for start in range(0, pixels, block):
        pixel = start + tl.arange(0, block)
        inside = pixel < pixels
        logit = tl.load(logits + row + pixel, mask=inside, other=0.0).to(tl.float32)
        image = tl.load(images + row + pixel, mask=inside, other=0.0).to(tl.float32)
        small = tl.exp(-tl.abs(logit))
        sigmoid = tl.where(logit >= 0, 1.0, small) / (1.0 + small)
        tl.store(found + row + pixel, (slope * (image - sigmoid)).to(found.dtype.element_ty), mask=inside)
