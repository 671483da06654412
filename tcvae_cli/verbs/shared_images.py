"""What runs make of the same images: images of a data set, and the posterior of a run over them."""

from dataclasses import dataclass

import numpy as np
import torch

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.activity import mean_share
from tcvae_cli.estimators.decomposition import mean_kl
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import flow_prior, standard_prior
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.models.priors import FlowPrior
from tcvae_cli.training.trained import Run


@dataclass(frozen=True)
class Reading:
    """What a run makes of some images, all equally likely."""

    mean: torch.Tensor  # of the posteriors: (image, latent)
    kl: torch.Tensor  # mean KL to the prior, in nats: (latent,)
    share: torch.Tensor  # of the aggregated variance that the mean has: (latent,)


def sampled_images(data: DataSet, most: int, seed: int = 0) -> Array:
    """Return the images of `sampled_rows`: see `intensities`."""
    return intensities(data, sampled_rows(data, most, seed).tolist())


def sampled_rows(data: DataSet, most: int, seed: int = 0) -> Array:
    """Draw MOST rows without repetition, all if there are no more, in their order; none of probability 0.

    They are drawn since evenly spaced rows of a grid can miss classes of its fastest factors.
    """
    rows = np.arange(data.description.rows) if data.probability is None else np.flatnonzero(data.probability)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def intensities(data: DataSet, rows: list[int]) -> Array:
    """Return some images as networks take them: (row, height, width[, 3]) float32 in [0, 1]."""
    levels = data.rows(rows).astype(np.float32)
    return levels if data.description.pixel_kind == "binary" else levels / np.float32(255)


def read_images(run: Run, images: Array) -> Reading:
    """Encode some images (image, height, width[, 3]) with a run."""
    encoded, prior = run.posterior(images), run.model.prior
    known = flow_prior(prior.flow()) if isinstance(prior, FlowPrior) else standard_prior(prior.family)
    mean, log_std = torch.as_tensor(encoded.mean), torch.as_tensor(encoded.log_std)
    with torch.inference_mode():
        posterior = Posterior.from_tensors(mean, log_std, family=run.model.family)
        share = mean_share(posterior.mean, posterior.log_std, posterior.probability)
        return Reading(mean, mean_kl(posterior, known), share)
