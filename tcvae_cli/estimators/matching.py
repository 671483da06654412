"""Which latents of two models say the same: correlations of their means, and the best one-to-one assignment."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

ROUNDING = 2.0**-23  # of float32: a mean that varies less is constant


@dataclass(frozen=True)
class Pair:
    """A latent of one model, the latent of the other that is assigned to it, and Pearson's r of their means."""

    latent: int
    other: int
    correlation: float


def correlations(first: Tensor, second: Tensor) -> Tensor:
    """Return Pearson's r of each latent of FIRST (data, D) with each of SECOND (data, E): (D, E), 0 if constant."""
    return standardised(first).T @ standardised(second)


def standardised(mean: Tensor) -> Tensor:
    """Return the columns shifted to mean 0 and scaled to norm 1, float64; zeros where they are constant to rounding."""
    mean = mean.double()
    largest = mean.abs().amax(0)
    centred = mean - mean.mean(0)
    norm = centred.norm(dim=0)
    constant = norm <= ROUNDING * largest * math.sqrt(len(mean))
    return torch.where(constant, 0.0, centred / norm.where(~constant, torch.ones(())))


def matched(first: Tensor, second: Tensor) -> list[Pair]:
    """Return the one-to-one pairs of latents with the largest sum of |r|, in the order of FIRST's latents.

    first: (data, D), second: (data, E), the posterior means of the same images; there are min(D, E) pairs. With
    |r| of [[0.9, 0.8], [0.7, 0.0]] latent 0 is paired with 1 and 1 with 0: 1.5 is more than 0.9.
    """
    from scipy.optimize import linear_sum_assignment

    found = correlations(first, second)
    rows, columns = linear_sum_assignment(found.abs().numpy(), maximize=True)
    return [Pair(i, j, float(found[i, j])) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
