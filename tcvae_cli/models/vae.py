"""The variational autoencoder: a posterior family, a factorised prior, a likelihood."""

import torch
from torch import Tensor, nn

from tcvae_cli.estimators.densities import FAMILIES, NORMAL, Family
from tcvae_cli.models.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood
from tcvae_cli.models.model import Model
from tcvae_cli.models.networks import check_input, conv_decoder, conv_encoder, mlp_decoder, mlp_encoder, split_posterior
from tcvae_cli.models.plain_networks import PLAIN, plain_decoder, plain_encoder
from tcvae_cli.models.priors import FlowPrior, PriorModule, StandardPrior


class Vae(Model):
    """A variational autoencoder, whose likelihood is Bernoulli or, if `gaussian`, normal with a learned deviation."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, family: Family, prior: PriorModule, gaussian: bool = False
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.family, self.prior = encoder, decoder, family, prior
        self.pixel_log_std = nn.Parameter(torch.zeros(())) if gaussian else None

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log_std of q(z|n), each (batch, latent) float32."""
        return split_posterior(self.encoder(images))

    def logits(self, z: Tensor) -> Tensor:
        """Return the logits of the means of p(x|z), in the precision that the decoder ran in."""
        return self.decoder(z)  # type: ignore[no-any-return]

    def log_likelihood(self, images: Tensor, logits: Tensor) -> Tensor:
        """Return log p(x|z) summed over pixels: (batch,), nats, float32. Stacked models have their members in front."""
        if self.pixel_log_std is None:
            of_rows = bernoulli_log_likelihood(images.flatten(0, -4), logits.flatten(0, -4))
            return of_rows.view(images.shape[:-3])
        return gaussian_log_likelihood(images, torch.sigmoid(logits.float()), self.pixel_log_std)


def build_vae(
    architecture: str,
    latents: int,
    input_shape: tuple[int, int, int],
    seed: int,
    posterior: str = "normal",
    prior: str = "normal",
    likelihood: str = "bernoulli",
) -> Vae:
    """Return a freshly initialised VAE of an architecture, the same for the same seed.

    input_shape: (channels, side, side) of the images. ValueError if the architecture cannot take such images.
    """
    channels, height, width = input_shape
    check_input(architecture, input_shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if architecture == "conv":
            encoder, decoder = conv_encoder(channels, height, 2 * latents), conv_decoder(latents, channels, height)
        elif architecture in PLAIN:
            encoder = plain_encoder(architecture, channels, 2 * latents)
            decoder = plain_decoder(architecture, latents, channels)
        else:
            encoder = mlp_encoder(channels * height * width, 2 * latents)
            decoder = mlp_decoder(latents, channels, height)
        vae = Vae(
            encoder,
            decoder,
            FAMILIES[posterior],
            FlowPrior(latents, NORMAL) if prior == "flow" else StandardPrior(FAMILIES[prior]),
            gaussian=likelihood == "gaussian",
        )
    if architecture != "mlp":  # twice as fast on the CPU in bfloat16
        return vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
    return vae
