"""Batch norm with ReLU in the loops in C, against torch's in float64."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.models.normalised import BLOCK, RectifiedBatchNorm2d, can_fuse
from tcvae_cli.native import has

needs_loops = pytest.mark.skipif(not has("normalise_forward"), reason="needs a C compiler when tcvae is installed")
SHAPES = {"one": (2, 16, 1, 1), "pixel": (70, 32, 1, 1), "some": (5, 48, 4, 6), "blocks": (5, 16, 32, BLOCK // 64)}


def layer_for(channels: int) -> RectifiedBatchNorm2d:
    """Return a layer with weights of both signs."""
    layer = RectifiedBatchNorm2d(channels)
    with torch.no_grad():
        layer.weight.copy_(torch.linspace(-1, 2, channels))
        layer.bias.copy_(torch.linspace(1, -1, channels))
    return layer


def images_of(shape: tuple[int, ...], level: float, last: bool) -> Tensor:
    """Return images far from 0 whose channels differ, in bfloat16, the channels last in memory or not."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(shape, generator=generator) * torch.linspace(0.5, 2, shape[1])[:, None, None] + level
    form = torch.channels_last if last else torch.contiguous_format
    return images.bfloat16().contiguous(memory_format=form)


@needs_loops
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("level", [0.0, 100.0])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_values_gradients_and_moments(shape: tuple[int, ...], level: float, last: bool) -> None:
    layer, images = layer_for(shape[1]), images_of(shape, level, last).requires_grad_()
    assert can_fuse(images, layer.weight)
    found = layer(images)
    gradient = torch.randn(shape, generator=torch.Generator().manual_seed(1)).bfloat16()
    found.backward(gradient)

    wide = images.detach().double().requires_grad_()
    other = nn.BatchNorm2d(shape[1]).double()
    with torch.no_grad():
        other.weight.copy_(layer.weight)
        other.bias.copy_(layer.bias)
    wanted = F.relu(other(wide))
    settled = (wanted.detach() > 1e-4) | (found.detach() == 0)  # where rounding does not decide what is above 0
    wanted.backward(gradient.double() * (wanted > 0))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), wanted, rtol=2**-7, atol=1e-4)
    assert images.grad is not None
    assert wide.grad is not None
    torch.testing.assert_close(images.grad.double()[settled], wide.grad[settled], rtol=2**-6, atol=2e-3)
    for name, buffer in other.named_buffers():
        torch.testing.assert_close(layer.get_buffer(name).to(buffer.dtype), buffer, rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(layer.parameters(), other.parameters(), strict=True):
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad.double(), theirs.grad, rtol=1e-4, atol=1e-3)


@needs_loops
def test_threads_change_nothing() -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            layer, images = layer_for(16), images_of((9, 16, 32, 32), 1.0, True).requires_grad_()
            layer(images).float().square().sum().backward()
            assert images.grad is not None
            found.append([images.grad, layer.weight.grad, layer.get_buffer("running_var")])
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_rest_is_left_to_torch(dtype: torch.dtype) -> None:
    images, plain = torch.randn(4, 3, 5, 5).to(dtype), nn.BatchNorm2d(3)
    layer = RectifiedBatchNorm2d(3)
    for _ in range(2):
        assert torch.equal(layer(images), F.relu(plain(images)))
        layer.eval()
        plain.eval()
