"""Which latents of two models say the same: correlations of their means, and the best one-to-one assignment."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.activity import rounding_of


@dataclass(frozen=True)
class Pair:
    """A latent of one model, the latent of the other that is assigned to it, and Pearson's r of their means."""

    latent: int
    other: int
    correlation: float


def correlations(first: Tensor, second: Tensor, probability: Tensor | None = None) -> Tensor:
    """Return Pearson's r of each latent of FIRST (data, D) with each of SECOND (data, E): (D, E), 0 if constant.

    PROBABILITY is p(n) of the images (data,), None where all are equally likely.
    """
    return (standardised(first, probability).T @ standardised(second, probability)).clamp(-1, 1)  # beyond is rounding


def standardised(mean: Tensor, probability: Tensor | None = None) -> Tensor:
    """Return the columns shifted to mean 0 and scaled to norm 1, float64; zeros where they are constant to rounding.

    With PROBABILITY each image counts by it: its row is also scaled by the root of its p(n), such that the product of
    two columns is their weighted covariance over both standard deviations.
    """
    rounding, mean = rounding_of(mean), mean.double()
    largest = mean.abs().amax(0)
    if probability is None:
        centred = mean - mean.mean(0)
    else:
        probability = probability.double()
        centred = (mean - probability @ mean) * (len(mean) * probability).sqrt()[:, None]
    norm = centred.norm(dim=0)
    constant = norm <= rounding * largest * math.sqrt(len(mean))
    return torch.where(constant, 0.0, centred / norm.where(~constant, torch.ones(())))


def matched(correlation: Tensor, active: Tensor, other_active: Tensor) -> list[Pair]:
    """Return the one-to-one pairs with the largest sum of |r|, in the order of the first model's latents.

    correlation: (D, E); active: (D,) bool and other_active: (E,) bool. The latents that are active are matched among
    themselves, then those that are left: what a dead latent happens to correlate with takes no partner from a live one.
    There are min(D, E) pairs. With |r| of [[0.9, 0.8], [0.7, 0.0]], all active, latent 0 is paired with 1 and 1 with 0:
    1.5 is more than 0.9.
    """
    from scipy.optimize import linear_sum_assignment

    found: dict[int, int] = {}
    rows, columns = active.nonzero()[:, 0], other_active.nonzero()[:, 0]
    for _ in range(2):
        own, other = linear_sum_assignment(correlation[rows][:, columns].abs().numpy(), maximize=True)
        found |= dict(zip(rows[own].tolist(), columns[other].tolist(), strict=True))
        rows = torch.tensor([i for i in range(len(active)) if i not in found], dtype=torch.int64)
        columns = torch.tensor([j for j in range(len(other_active)) if j not in found.values()], dtype=torch.int64)
    return [Pair(i, j, float(correlation[i, j])) for i, j in sorted(found.items())]
