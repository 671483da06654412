"""An encoder of packed bits gives what it gives of the unpacked images."""

import numpy as np
import pytest
import torch
from torch import nn

from tcvae_cli.models.bits import BitLinear, bit_encoder
from tcvae_cli.models.networks import split_posterior
from tcvae_cli.models.precision import autocast
from tcvae_cli.models.vae import build_vae
from tcvae_cli.native import has
from tcvae_cli.training.encoding import encode, posteriors
from tcvae_cli.training.images import Images, Layout

CPU = torch.device("cpu")
needs_loops = pytest.mark.skipif(not has("bits_forward"), reason="needs a C compiler when tcvae is installed")


def images_of(share: float, rows: int = 70, side: int = 16) -> Images:
    """Return images of which about a SHARE of the pixels are 1."""
    pixels = np.random.default_rng(0).random((rows, side * side)) < share
    return Images(np.packbits(pixels, axis=1), Layout((1, side, side), True))


@needs_loops
@pytest.mark.parametrize(("pixels", "outputs"), [(64, 64), (128, 5), (2112, 130)])
@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_sums_of_bits_are_the_products_with_pixels(pixels: int, outputs: int, share: float) -> None:
    generator = np.random.default_rng(1)
    layer = nn.Linear(pixels, outputs)
    bits = generator.random((9, pixels)) < share
    with torch.no_grad():
        found = BitLinear(layer)(torch.from_numpy(np.packbits(bits, axis=1)))
        weight, bias = (tensor.bfloat16().double() for tensor in (layer.weight, layer.bias))
        wanted = torch.from_numpy(bits).double() @ weight.T + bias
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), wanted, rtol=2**-8, atol=1e-6)


@needs_loops
def test_posteriors_are_those_of_the_unpacked_images() -> None:
    model, images = build_vae("mlp", 3, (1, 16, 16), 0).eval(), images_of(0.05)
    encoder = bit_encoder(model, "bfloat16")
    assert encoder is not None
    with torch.no_grad(), autocast("bfloat16", CPU):
        wanted = model.posterior(images.batch(slice(None), CPU))
        found = split_posterior(encoder(torch.from_numpy(images.pixels)))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=2e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_posteriors_alone_are_those_beside_the_likelihood(precision: str, share: float) -> None:
    model, images = build_vae("mlp", 3, (1, 16, 16), 0).eval(), images_of(share)
    whole = list(encode(model, images, precision, torch.Generator().manual_seed(0)))
    alone = list(posteriors(model, images, precision))
    for place in range(2):
        found, wanted = (np.concatenate([block[place] for block in blocks]) for blocks in (alone, whole))
        np.testing.assert_allclose(found, wanted, rtol=0.02, atol=2e-3)


def test_other_encoders_take_no_bits() -> None:
    mlp, odd = build_vae("mlp", 3, (1, 16, 16), 0), build_vae("mlp", 3, (1, 10, 10), 0)
    assert bit_encoder(mlp, "float32") is None
    assert bit_encoder(odd, "bfloat16") is None
    assert bit_encoder(build_vae("conv", 3, (1, 32, 32), 0), "bfloat16") is None
