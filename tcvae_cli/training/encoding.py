"""The posterior of every image of a data set, in order, block by block."""

from collections.abc import Iterator

import torch

from tcvae_cli.files.data_sets import Array
from tcvae_cli.models.vae import Vae, bernoulli_log_likelihood
from tcvae_cli.training.images import Images
from tcvae_cli.training.precision import autocast

BLOCK_ROWS = 512  # activations that stay near the processor


@torch.inference_mode()
def encode(
    vae: Vae, images: Images, precision: str, generator: torch.Generator
) -> Iterator[tuple[Array, Array, Array]]:
    """Blocks of mean, log_std (block, latent) and log p(x|z) (block,) for one z drawn per image, float32."""
    device = next(vae.parameters()).device
    for start in range(0, len(images), BLOCK_ROWS):
        batch = images.batch(slice(start, start + BLOCK_ROWS), device)
        with autocast(precision, device):
            mean, log_std = vae.posterior(batch)
        noise = torch.randn(mean.shape, generator=generator).to(device)
        with autocast(precision, device):
            logits = vae.logits(mean + log_std.exp() * noise)
        yield mean.cpu().numpy(), log_std.cpu().numpy(), bernoulli_log_likelihood(batch, logits).cpu().numpy()
