"""Entropies of binned posterior means: what other libraries' MIG is computed from. Not the aggregated posterior."""

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.arrays import Array


def histogram_entropies(mean: Tensor, classes: Tensor, probability: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """Return H(b_j) (latent,) and H(b_j|v_k) (factor, latent), where b_j is the bin of latent j's mean, in nats.

    mean: (data, latent); classes: (data, factor). Equal bins from each latent's smallest to its largest mean;
    disentanglement_lib (Locatello et al. 2019) takes 20 and 10,000 images. The edges are numpy.histogram's, to the last
    bit and in the means' own precision: means that form a grid lie on them.
    """
    marginal = torch.zeros(mean.shape[1], dtype=torch.float64)
    conditional = torch.zeros(classes.shape[1], mean.shape[1], dtype=torch.float64)
    for j, column in enumerate(mean.numpy().T):
        place = torch.from_numpy(places(column, bins))
        marginal[j] = mass_entropy(torch.zeros(bins, dtype=torch.float64).index_add_(0, place, probability))
        for k, labels in enumerate(classes.T):
            values, index = labels.unique(return_inverse=True)
            cells, cell = (index * bins + place).unique(return_inverse=True)  # not all values x bins: most are empty
            joint = torch.zeros(len(cells), dtype=torch.float64).index_add_(0, cell, probability)
            alone = torch.zeros(len(values), dtype=torch.float64).index_add_(0, index, probability)
            conditional[k, j] = mass_entropy(joint) - mass_entropy(alone)
    return marginal, conditional


def places(column: Array, bins: int) -> Array:
    """Return the bin of each number, from 0 on: (rows,). Numbers too close for BINS edges in between become float64."""
    try:
        edges = np.histogram_bin_edges(column, bins)
    except ValueError:  # their differences have digits that they themselves do not
        column = column.astype(np.float64) - column.min()
        edges = np.linspace(0, column.max(), bins + 1)
    found: Array = np.digitize(column, edges[1:-1])
    return found


def mass_entropy(mass: Tensor) -> Tensor:
    """Return - sum p ln p of a normalised mass function: ()."""
    return -torch.xlogy(mass, mass).sum()
