"""The decoder's last layer as a matrix product, against torch's transposed convolution in float64."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tcvae_cli.models.doubling import Doubling, doubled


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 8)])
def test_the_product_is_the_transposed_convolution(channels: int, size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, 5, *size, generator=generator, dtype=torch.float64)
    weight = torch.randn(5, channels, 4, 4, generator=generator, dtype=torch.float64)
    wanted = F.conv_transpose2d(images, weight, None, 2, 1)
    torch.testing.assert_close(doubled(images, weight), wanted, rtol=1e-6, atol=1e-5)  # summed in float32


@pytest.mark.parametrize("channels", [1, 3])
def test_training_in_bfloat16_has_its_values_and_gradients(channels: int) -> None:
    torch.manual_seed(0)
    layer, images = Doubling(32, channels), torch.randn(4, 32, 8, 8).bfloat16()
    found = []
    for training in (True, False):
        layer.train(training).zero_grad()
        mine = images.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = layer(mine)
        assert outputs.dtype == torch.bfloat16
        outputs.float().square().sum().backward()
        found.append([outputs, mine.grad, *(parameter.grad for parameter in layer.parameters())])
    for one, other in zip(*found, strict=True):
        assert one is not None
        assert other is not None
        torch.testing.assert_close(one.float(), other.float(), rtol=0.02, atol=0.02 * float(other.detach().abs().max()))
