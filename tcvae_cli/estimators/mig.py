"""Mutual information gap: eq. 5 and 6 of Chen et al. 2018, from entropies however they were estimated."""

from dataclasses import dataclass

import torch
from torch import Tensor

NEGLIGIBLE = 1e-9  # nats: less is rounding, by which a runner-up must not be chosen


@dataclass(frozen=True)
class InformationGap:
    """MIG and what it is made of. Factors k, latents j; all in nats but the gaps, which are shares of H(v_k)."""

    marginal_entropy: Tensor  # H(z_j): (latent,), or (factor, latent) over the images whose label is known
    conditional_entropy: Tensor  # H(z_j|v_k): (factor, latent)
    factor_entropy: Tensor  # H(v_k): (factor,)
    mutual_information: Tensor  # I(z_j; v_k) = max(H(z_j) - H(z_j|v_k), 0): (factor, latent)
    gap_per_factor: Tensor  # (factor,)
    mig: Tensor  # ()
    winner: Tensor  # latent with the largest I(z_j; v_k): (factor,)
    runner_up: Tensor | None  # latent with the second largest: (factor,); None where there is one latent only


def information_gap(marginal_entropy: Tensor, conditional_entropy: Tensor, factor_entropy: Tensor) -> InformationGap:
    """Return the gaps between the two most informative latents of each factor, and their mean.

    A single latent has no runner-up, and its gap is all of its information. Factors of zero entropy must not be
    passed: the gap of a constant factor is 0/0.
    """
    information = marginal_entropy - conditional_entropy
    information = information.where(information > NEGLIGIBLE, 0)
    order = information.argsort(dim=1, descending=True, stable=True)
    winner, runner_up = order[:, 0], order[:, 1] if order.shape[1] > 1 else None
    factors = torch.arange(len(information))
    second = 0 if runner_up is None else information[factors, runner_up]
    gap = (information[factors, winner] - second) / factor_entropy
    return InformationGap(
        marginal_entropy=marginal_entropy,
        conditional_entropy=conditional_entropy,
        factor_entropy=factor_entropy,
        mutual_information=information,
        gap_per_factor=gap,
        mig=gap.mean(),
        winner=winner,
        runner_up=runner_up,
    )
