"""The total correlation that a normal distribution of the same covariance would have."""

import torch
from torch import Tensor

from tcvae_cli.estimators.activity import rounding_of


def gaussian_total_correlation(mean: Tensor, probability: Tensor) -> Tensor:
    """Return - 1/2 ln det of the correlation matrix of the posterior means: (), in nats, inf if they depend linearly.

    mean: (data, latent); probability: (data,), sums to 1. Of the means only, as Locatello et al. 2019 report it beside
    the disentanglement measures: neither the posterior's width nor any dependence beyond correlation counts. Constant
    means are left out.
    """
    centred = mean.double() - probability @ mean.double()
    covariance = (centred.T @ (probability[:, None] * centred)).cpu()
    spread = covariance.diagonal().sqrt()
    varies = spread > rounding_of(mean) * mean.abs().amax(0).cpu()
    correlation = covariance[varies][:, varies] / torch.outer(spread[varies], spread[varies])
    smallest = torch.linalg.eigvalsh(correlation).min() if len(correlation) else correlation.new_ones(())
    if smallest < 1e-12:
        return correlation.new_tensor(torch.inf)
    return (-0.5 * torch.logdet(correlation)).clamp(min=0)
