"""Information between the means and the classes, by counting: of all images, each by its p(n), in nats."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import entr

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.histogram import histogram_entropies
from tcvae_cli.estimators.scores.representation import Representation


def binned_information(given: Representation, bins: int) -> Array:
    """Return I of the means in so many equal BINS and the classes: (factor, latent)."""
    information = np.zeros((given.classes.shape[1], given.means.shape[1]))
    for factor, column in enumerate(given.classes.T):
        known = column >= 0
        weight = torch.from_numpy(given.probability[known] / given.probability[known].sum())
        means, classes = torch.from_numpy(given.means[known]), torch.from_numpy(column[known, None])
        marginal, conditional = histogram_entropies(means, classes, weight, bins)
        information[factor] = (marginal - conditional[0]).clamp(min=0).numpy()
    return information


def counted_information(given: Representation, values: Sequence[Array]) -> Array:
    """Return I(z_j; v_k) / H(v_k) of latents with VALUES 0, 1, ... (data,) each: (factor, latent)."""
    information = np.zeros((given.classes.shape[1], len(values)))
    for factor, column in enumerate(given.classes.T):
        known = column >= 0
        classes, weight = column[known], given.probability[known] / given.probability[known].sum()
        of_factor = counted_entropy(classes, weight)
        for latent, value in enumerate(values):
            both = counted_entropy(value[known] * (classes.max() + 1) + classes, weight)
            information[factor, latent] = of_factor + counted_entropy(value[known], weight) - both
        information[factor] /= of_factor or 1.0
    return information.clip(0, 1)


def counted_entropy(places: Array, weight: Array) -> float:
    """Return H in nats of the places 0, 1, ... where images are, of WEIGHT each."""
    return float(entr(np.bincount(places, weight)).sum())
