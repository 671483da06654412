"""What all models are, however they are trained: an encoder and a decoder of images, with a prior between them."""

from torch import Tensor, nn

from tcvae_cli.estimators.densities import Family
from tcvae_cli.models.priors import PriorModule

BLOCK_ROWS = 512  # images that are encoded or decoded at once: activations that stay near the processor


class Model(nn.Module):
    """Encoder, decoder and prior. Images are (batch, channel, height, width) in [0, 1].

    A model without a likelihood has no ELBO: it must not be asked for log p(x|z).
    """

    family: Family  # of the posterior
    prior: PriorModule
    has_likelihood = True

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log_std of q(z|n), each (batch, latent) float32."""
        raise NotImplementedError

    def logits(self, z: Tensor) -> Tensor:
        """Return the logits of the decoder's mean images (batch, channel, height, width)."""
        raise NotImplementedError

    def log_likelihood(self, images: Tensor, logits: Tensor) -> Tensor:
        """Return log p(x|z) summed over pixels: (batch,), nats, float32."""
        raise NotImplementedError
