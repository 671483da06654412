"""The posterior of every image of a data set, in order, block by block."""

from collections.abc import Iterator

import torch

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.densities import sample
from tcvae_cli.models.model import BLOCK_ROWS, Model
from tcvae_cli.models.precision import autocast
from tcvae_cli.training.images import AnyImages


@torch.inference_mode()
def encode(model: Model, images: AnyImages, precision: str, generator: torch.Generator) -> Iterator[tuple[Array, ...]]:
    """Yield blocks of mean, log_std (block, latent) and log p(x|z) (block,) for one z drawn per image, float32.

    A model without a likelihood gives the first two only.
    """
    device = next(model.parameters()).device
    for start in range(0, len(images), BLOCK_ROWS):
        batch = images.batch(slice(start, start + BLOCK_ROWS), device)
        with autocast(precision, device):
            mean, log_std = model.posterior(batch)
        if not model.has_likelihood:
            yield mean.cpu().numpy(), log_std.cpu().numpy()
            continue
        z = sample(mean, log_std, generator, model.family)
        with autocast(precision, device):
            logits = model.logits(z)
        yield mean.cpu().numpy(), log_std.cpu().numpy(), model.log_likelihood(batch, logits).cpu().numpy()
