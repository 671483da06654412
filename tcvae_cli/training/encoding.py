"""The posterior of every image of a data set, in order, block by block."""

from collections.abc import Iterator

import numpy as np
import torch

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.densities import sample
from tcvae_cli.models.bits import MOST_LIT, bit_encoder
from tcvae_cli.models.model import BLOCK_ROWS, Model
from tcvae_cli.models.networks import split_posterior
from tcvae_cli.models.precision import autocast
from tcvae_cli.training.images import AnyImages

BIT_ROWS = 2048  # images that are encoded at once from their bits: each time, weights are made bfloat16
CUDA_ROWS = 4096  # on CUDA, where starting the kernels of a small block takes longer than the block


@torch.inference_mode()
def encode(model: Model, images: AnyImages, precision: str, generator: torch.Generator) -> Iterator[tuple[Array, ...]]:
    """Yield blocks of mean, log_std (block, latent) and log p(x|z) (block,) for one z drawn per image, float32.

    A model without a likelihood gives the first two only.
    """
    if not model.has_likelihood:
        yield from posteriors(model, images, precision)
        return
    device = next(model.parameters()).device
    block = rows_at_once(device)
    for start in range(0, len(images), block):
        batch = images.batch(slice(start, start + block), device)
        with autocast(precision, device):
            mean, log_std = model.posterior(batch)
        z = sample(mean, log_std, generator, model.family)
        with autocast(precision, device):
            logits = model.logits(z)
        yield mean.cpu().numpy(), log_std.cpu().numpy(), model.log_likelihood(batch, logits).cpu().numpy()


@torch.inference_mode()
def posteriors(model: Model, images: AnyImages, precision: str) -> Iterator[tuple[Array, ...]]:
    """Yield blocks of mean and log_std (block, latent) float32, without the decoder."""
    device = next(model.parameters()).device
    encoder = bit_encoder(model, precision) if images.layout.binary else None
    block = rows_at_once(device) if encoder is None else BIT_ROWS
    for start in range(0, len(images), block):
        rows = slice(start, start + block)
        packed = None if encoder is None else images.packed(rows)
        with autocast(precision, device):
            if encoder is None or packed is None or np.bitwise_count(packed).mean() > 8 * MOST_LIT:
                mean, log_std = model.posterior(images.batch(rows, device))
            else:
                mean, log_std = split_posterior(encoder(torch.from_numpy(packed)))
        yield mean.cpu().numpy(), log_std.cpu().numpy()


def rows_at_once(device: torch.device) -> int:
    """Return how many images to encode at once on a device."""
    return CUDA_ROWS if device.type == "cuda" else BLOCK_ROWS
