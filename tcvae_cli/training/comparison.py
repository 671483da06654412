"""What models make of the same images: an unaligned sample of a data set, and the posterior of each model on it."""

from dataclasses import dataclass

import numpy as np
import torch

from tcvae_cli.estimators.activity import mean_share
from tcvae_cli.estimators.decomposition import mean_kl
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.priors import flow_prior, standard_prior
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.models.model import Model
from tcvae_cli.models.priors import FlowPrior
from tcvae_cli.training.encoding import encode
from tcvae_cli.training.images import Images, layout_of


@dataclass(frozen=True)
class Reading:
    """What a model makes of some images, all equally likely."""

    mean: torch.Tensor  # of the posteriors: (image, latent)
    kl: torch.Tensor  # mean KL to the prior, in nats: (latent,)
    share: torch.Tensor  # of the aggregated variance that the mean has: (latent,)


def sampled_images(data: DataSet, most: int, seed: int = 0) -> Images:
    """MOST images drawn without repetition, all if there are no more, in their order.

    Drawn, since evenly spaced rows of a grid can miss classes of its fastest factors.
    """
    rows, layout = data.description.rows, layout_of(data)
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
    pixels = [layout.pack(data.rows(slice(row, row + 1)), data.path) for row in chosen.tolist()]
    return Images(np.concatenate(pixels), layout)


def read_images(model: Model, images: Images, precision: str) -> Reading:
    """What a model makes of some images."""
    blocks = list(encode(model, images, precision, torch.Generator().manual_seed(0)))
    mean, log_std = (torch.from_numpy(np.concatenate([block[part] for block in blocks])) for part in (0, 1))
    prior = model.prior
    known = flow_prior(prior.flow()) if isinstance(prior, FlowPrior) else standard_prior(prior.family)
    with torch.inference_mode():
        posterior = Posterior.of(mean, log_std, family=model.family)
        share = mean_share(posterior.mean, posterior.log_std, posterior.probability)
        return Reading(mean, mean_kl(posterior, known), share)
