"""Relatives of MIG under their own names, from the same entropies."""

import torch
from torch import Tensor

from tcvae_cli.estimators.mig import InformationGap, equal_best

RESOLUTION = 8 / 100  # of a latent: Do & Tran 2020 cut [-4, 4] into 100 bins


def mig_sup(gap: InformationGap, active: Tensor) -> Tensor:
    """Return the mean over the active latents of the gap between the two factors they tell most of, in I / H(v_k): ().

    Li et al. 2020, Progressive learning and disentanglement of hierarchical representations, where the mean is over all
    latents, dead ones included. One factor has nothing for a runner-up; without active latents it is 0.
    """
    if not bool(active.any()):
        return torch.zeros((), dtype=torch.float64)
    share = (gap.mutual_information / gap.factor_entropy[:, None])[:, active]
    ordered = torch.cat([share, torch.zeros_like(share[:1])]).sort(0, descending=True).values
    return (ordered[0] - ordered[1]).mean()


def rmig(gap: InformationGap) -> Tensor:
    """Return the mean over factors of the gap in nats: (). Do & Tran 2020, Theory and evaluation metrics."""
    return (gap.gap_per_factor * gap.factor_entropy).mean()


def jemmig(gap: InformationGap, binned: Tensor) -> Tensor:
    """Return the mean over factors of H(z_i, v_k) - gap in nats, z_i the winner: (), lower is better. Do & Tran 2020.

    binned: (factor, latent), entropies of z_j in bins given v_k, of all `winners`. Where several win, the least counts.
    """
    given = binned.where(winners(gap), torch.inf).amin(1)
    return (given + gap.factor_entropy).mean() - rmig(gap)


def winners(gap: InformationGap) -> Tensor:
    """Return which latents tell as much of a factor as any, but for rounding: (factor, latent) bool."""
    return equal_best(gap.mutual_information, gap.factor_entropy[:, None])
