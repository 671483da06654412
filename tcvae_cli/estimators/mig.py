"""Mutual information gap: eq. 5 and 6 of Chen et al. 2018, from entropies however they were estimated."""

from dataclasses import dataclass

import torch
from torch import Tensor

NEGLIGIBLE = 1e-9  # nats, or of H(v_k) where that is less: rounding, by which no latent must be chosen


@dataclass(frozen=True)
class InformationGap:
    """MIG and what it is made of. Factors k, latents j; all in nats but the gaps, which are shares of H(v_k)."""

    marginal_entropy: Tensor  # H(z_j): (latent,), or (factor, latent) over the images whose label is known
    conditional_entropy: Tensor  # H(z_j|v_k): (factor, latent)
    factor_entropy: Tensor  # H(v_k): (factor,)
    mutual_information: Tensor  # I(z_j; v_k) = H(z_j) - H(z_j|v_k), from 0 to H(v_k): (factor, latent)
    gap_per_factor: Tensor  # (factor,)
    mig: Tensor  # ()
    winner: Tensor  # latent with the largest I(z_j; v_k): (factor,)
    runner_up: Tensor | None  # latent with the second largest: (factor,); None where there is one latent only


def information_gap(marginal_entropy: Tensor, conditional_entropy: Tensor, factor_entropy: Tensor) -> InformationGap:
    """Return the gaps between the two most informative latents of each factor, and their mean.

    A single latent has no runner-up, and its gap is all of its information. Of latents that are equal but for rounding
    the first is named. Factors of zero entropy must not be passed: the gap of a constant factor is 0/0.
    """
    most = factor_entropy[:, None]
    information = (marginal_entropy - conditional_entropy).minimum(most)
    information = information.where(information > rounding_of(most), 0)
    ordered = information.sort(dim=1, descending=True).values
    alone = information.shape[1] == 1
    gap = (ordered[:, 0] - (0 if alone else ordered[:, 1])) / factor_entropy
    winner = best(information, most)
    others = information.scatter(1, winner[:, None], -torch.inf)
    return InformationGap(
        marginal_entropy=marginal_entropy,
        conditional_entropy=conditional_entropy,
        factor_entropy=factor_entropy,
        mutual_information=information,
        gap_per_factor=gap,
        mig=gap.mean(),
        winner=winner,
        runner_up=None if alone else best(others, most),
    )


def best(information: Tensor, factor_entropy: Tensor) -> Tensor:
    """Return the first latent that has as much information as any but for rounding: (factor,)."""
    return equal_best(information, factor_entropy).long().argmax(1)


def equal_best(information: Tensor, factor_entropy: Tensor) -> Tensor:
    """Return which latents have as much information as any but for rounding: (factor, latent) bool."""
    return information >= information.amax(1, keepdim=True) - rounding_of(factor_entropy)


def rounding_of(factor_entropy: Tensor) -> Tensor:
    """Return how much information is rounding where a factor has this entropy."""
    return NEGLIGIBLE * factor_entropy.clamp(max=1)
