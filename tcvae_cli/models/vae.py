"""The variational autoencoder: a posterior family, a factorised prior, Bernoulli likelihood on logits."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.estimators.densities import FAMILIES, NORMAL, Family
from tcvae_cli.models.networks import conv_decoder, conv_encoder, mlp_decoder, mlp_encoder, split_posterior
from tcvae_cli.models.priors import FlowPrior, Prior, StandardPrior


class Vae(nn.Module):
    """Encoder, decoder and prior. Images are (batch, channel, side, side) in [0, 1]."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, family: Family, prior: Prior) -> None:
        super().__init__()
        self.encoder, self.decoder, self.family, self.prior = encoder, decoder, family, prior

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log_std of q(z|n), each (batch, latent) float32."""
        return split_posterior(self.encoder(images))

    def logits(self, z: Tensor) -> Tensor:
        """Logits of the Bernoulli means of p(x|z), float32."""
        return self.decoder(z).float()  # type: ignore[no-any-return]


def build_vae(
    architecture: str,
    latents: int,
    image: tuple[int, int, int],
    seed: int,
    posterior: str = "normal",
    prior: str = "normal",
) -> Vae:
    """A freshly initialised `mlp` or `conv` VAE for images (channels, side, side), the same for the same seed.

    ValueError if the architecture cannot take such images.
    """
    channels, height, width = image
    check_image(architecture, image)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if architecture == "conv":
            encoder, decoder = conv_encoder(channels, 2 * latents), conv_decoder(latents, channels)
        else:
            encoder = mlp_encoder(channels * height * width, 2 * latents)
            decoder = mlp_decoder(latents, channels, height)
        vae = Vae(
            encoder,
            decoder,
            FAMILIES[posterior],
            FlowPrior(latents, NORMAL) if prior == "flow" else StandardPrior(FAMILIES[prior]),
        )
    if architecture == "conv":  # twice as fast on the CPU in bfloat16
        return vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
    return vae


def check_image(architecture: str, image: tuple[int, int, int]) -> None:
    """ValueError if the architecture cannot take images (channels, height, width)."""
    _, height, width = image
    if height != width:
        raise ValueError(f"images must be square, not {height} x {width}")
    if architecture == "conv" and height != 64:
        raise ValueError(f"the conv network takes 64 x 64 images, not {height} x {width}")


def bernoulli_log_likelihood(images: Tensor, logits: Tensor) -> Tensor:
    """log p(x|z) summed over pixels: (batch,), nats. Grey levels in [0, 1] are soft targets."""
    return -F.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)
