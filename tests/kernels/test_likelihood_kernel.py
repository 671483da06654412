"""The kernels of the Bernoulli likelihood against torch's cross-entropy in float64, values and gradients."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tcvae_cli.models.likelihoods import bernoulli_log_likelihood

BATCHES = {  # shape of the images, and how far logits reach
    "one pixel": ((3, 1), 1.0),
    "one image": ((1, 100), 3.0),
    "pixels in no whole number of blocks": ((4, 1, 37, 41), 3.0),
    "far logits": ((5, 1, 8, 8), 300.0),
    "logits around nothing": ((2, 64), 1e-6),
    "colours": ((3, 3, 16, 16), 5.0),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("binary", [True, False], ids=["bits", "grey"])
@pytest.mark.parametrize(("shape", "reach"), BATCHES.values(), ids=BATCHES)
def test_values_and_gradients(
    device: torch.device, shape: tuple[int, ...], reach: float, binary: bool, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(2)
    images = torch.rand(shape, generator=generator)
    images = images.round() if binary else images
    logits = (reach * torch.randn(shape, generator=generator)).to(dtype)
    weights = torch.rand(len(images), generator=generator) - 0.5
    theirs, ours = logits.double().requires_grad_(), logits.to(device).requires_grad_()
    found = bernoulli_log_likelihood(images.to(device), ours)
    assert "Triton" in type(found.grad_fn).__name__
    (found * weights.to(device)).sum().backward()
    expected = -F.binary_cross_entropy_with_logits(theirs, images.double(), reduction="none").flatten(1).sum(1)
    (expected * weights).sum().backward()
    torch.testing.assert_close(found.double().cpu(), expected, rtol=1e-6, atol=1e-4)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert ours.grad.dtype == dtype
    tolerance = 1e-6 if dtype == torch.float32 else 2**-7  # the interpreter cuts off, CUDA rounds
    torch.testing.assert_close(ours.grad.double().cpu(), theirs.grad, rtol=tolerance, atol=1e-7)


def test_tails_are_summed_to_the_last_digit(device: torch.device) -> None:
    logits = torch.full((1, 4096), -17.0, device=device)  # e^-17 is less than the rounding of 1
    found = bernoulli_log_likelihood(torch.zeros(1, 4096, device=device), logits)
    assert float(found) == pytest.approx(-4096 * 4.1399e-8, rel=1e-4)


def test_pixels_stay_in_the_order_in_which_they_lie(device: torch.device) -> None:
    images, logits = (torch.rand(2, 3, 8, 8).to(memory_format=torch.channels_last).to(device) for _ in range(2))
    found = bernoulli_log_likelihood(images, logits.requires_grad_())
    found.sum().backward()
    assert logits.grad is not None
    assert logits.grad.is_contiguous(memory_format=torch.channels_last)
    expected = bernoulli_log_likelihood(images.contiguous(), logits.detach().contiguous())
    torch.testing.assert_close(found.detach(), expected)
    torch.testing.assert_close(logits.grad, images - torch.sigmoid(logits.detach()))
