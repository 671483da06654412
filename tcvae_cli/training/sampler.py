"""Which rows are in which batch: one seeded sampler for every objective, a function of seed, stream and epoch alone."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import ImageSource

STREAM_SEED = 0x9E3779B9  # far from any epoch; the CPU's generator heeds the lower 32 bits of a seed only


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Return the number of batches in an epoch. The last may be short, but one image left over joins the one before."""
    return max(1, math.ceil(rows / batch_size) - (rows % batch_size == 1 and rows > batch_size))


def epoch_batches(
    images: ImageSource, settings: Settings, probability: Tensor | None, epoch: int, stream: int
) -> list[Tensor]:
    """Return the rows of each batch of an epoch.

    Without replacement when sampling is uniform; else each row drawn by its probability, with replacement.
    """
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch + stream * STREAM_SEED)
    if probability is None:
        order = images.order(generator)
    else:
        order = torch.searchsorted(
            probability.cumsum(0), torch.rand(len(images), generator=generator, dtype=torch.float64)
        ).clamp_(max=len(images) - 1)
    batches = list(order.split(settings.batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def batches_from(
    step: int, images: ImageSource, settings: Settings, probability: Tensor | None, stream: int = 0
) -> Iterator[Tensor]:
    """Yield batches for the steps after STEP, without end. Streams are independent, with batches of equal sizes."""
    per_epoch = steps_per_epoch(len(images), settings.batch_size)
    epoch, done = divmod(step, per_epoch)
    while True:
        yield from epoch_batches(images, settings, probability, epoch, stream)[done:]
        epoch, done = epoch + 1, 0
