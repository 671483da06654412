"""The networks in bfloat16: what the estimators are fed with is float32 all the same."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tcvae_cli.models.infogan import build_infogan
from tcvae_cli.models.model import Model
from tcvae_cli.models.vae import build_vae

IMAGE = (1, 64, 64)
MODELS: dict[str, Callable[[], Model]] = {
    "mlp": lambda: build_vae("mlp", 3, IMAGE, 0),
    "conv": lambda: build_vae("conv", 3, IMAGE, 0),
    "burgess": lambda: build_vae("burgess", 3, IMAGE, 0),
    "locatello": lambda: build_vae("locatello", 3, IMAGE, 0),
    "infogan": lambda: build_infogan(3, IMAGE, 0),
}


def rounded(tensor: Tensor) -> Tensor:
    return tensor.bfloat16().float()


@pytest.mark.parametrize("name", MODELS)
def test_mean_and_log_std_are_not_rounded(name: str) -> None:
    model = MODELS[name]().eval()
    images = torch.rand((16, *IMAGE), generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        posterior = model.posterior(images)
    for parameter in posterior:
        assert parameter.dtype == torch.float32
        assert (parameter != rounded(parameter)).float().mean() > 0.9


def test_z_enters_the_mlp_decoder_unrounded() -> None:
    vae = build_vae("mlp", 3, IMAGE, 0)
    z = torch.full((1, 3), 1 + 2**-12)  # 1 in bfloat16
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        first, rounded_first = vae.decoder[0](z), vae.decoder[0](rounded(z))
    assert torch.equal(first, nn.functional.linear(z, vae.decoder[0].weight, vae.decoder[0].bias))
    assert not torch.equal(first, rounded_first)


def test_a_network_in_float32_has_the_bits_of_its_convolutions() -> None:
    layer = build_vae("conv", 3, IMAGE, 0).encoder[-2]
    pixels = torch.rand((80, 512, 1, 1), generator=torch.Generator().manual_seed(0))
    expected = nn.functional.conv2d(pixels, layer.weight, layer.bias)
    assert torch.equal(layer(pixels), expected)


@pytest.mark.parametrize(
    ("architecture", "encoder", "decoder"),
    [
        # Weights and biases, layer by layer, of 3 channels and 10 latents.
        (
            "burgess",
            [3 * 32 * 16 + 32, *[32 * 32 * 16 + 32] * 3, 512 * 256 + 256, 256 * 256 + 256, 256 * 20 + 20],
            [10 * 256 + 256, 256 * 256 + 256, 256 * 512 + 512, *[32 * 32 * 16 + 32] * 3, 32 * 3 * 16 + 3],
        ),
        (
            "locatello",
            [3 * 32 * 16 + 32, 32 * 32 * 16 + 32, 32 * 64 * 4 + 64, 64 * 64 * 4 + 64, 1024 * 256 + 256, 256 * 20 + 20],
            [
                *[10 * 256 + 256, 256 * 1024 + 1024, 64 * 64 * 16 + 64, 64 * 32 * 16 + 32, 32 * 32 * 16 + 32],
                32 * 3 * 16 + 3,
            ],
        ),
    ],
)
def test_networks_of_other_papers_have_their_layers(architecture: str, encoder: list[int], decoder: list[int]) -> None:
    vae = build_vae(architecture, 10, (3, 64, 64), 0)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for network, wanted in ((vae.encoder, encoder), (vae.decoder, decoder)):
        counts = [sum(weight.numel() for weight in layer.parameters()) for layer in network]
        assert [count for count in counts if count] == wanted
        assert sum(isinstance(layer, nn.ReLU) for layer in network) == len(wanted) - 1
    for half in (False, True):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            mean, _ = vae.posterior(images)
            logits = vae.logits(mean)
        assert (mean.shape, logits.shape, logits.dtype == torch.bfloat16) == ((2, 10), images.shape, half)
        vae.log_likelihood(images, logits).sum().backward()
    assert all(bool(weight.grad.isfinite().all()) for weight in vae.parameters())
    with pytest.raises(ValueError, match=f"the {architecture} network takes images of side 64, not 32"):
        build_vae(architecture, 10, (1, 32, 32), 0)
