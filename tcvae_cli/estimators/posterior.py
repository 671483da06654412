"""The posterior of every image, q(z|n), and how likely each image is: what all estimators start from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family
from tcvae_cli.estimators.marginals import Components

NARROWEST = 1e-12


@dataclass(frozen=True)
class Posterior:
    """q(z|n) of every image: mean, log_std (data, latent), and p(n) (data,), which sums to 1."""

    mean: Tensor
    log_std: Tensor
    probability: Tensor
    family: Family = NORMAL

    @classmethod
    def from_tensors(
        cls, mean: Tensor, log_std: Tensor, probability: Tensor | None = None, family: Family = NORMAL
    ) -> "Posterior":
        """Return a posterior, with uniform p(n) where none is given.

        A posterior narrower than NARROWEST times the largest mean of its latent is taken to be that wide: float64 could
        not place it among the others.
        """
        narrowest = (NARROWEST * mean.double().abs().amax(0)).log().to(log_std.dtype)
        log_std = log_std.maximum(narrowest)
        if probability is None:
            probability = torch.full((len(mean),), 1 / len(mean), dtype=torch.float64)
        return cls(mean, log_std, probability.double(), family)

    def components(self, latent: int, groups: Tensor | None = None) -> Components:
        """Return the components of one latent, all in one group 0 if no groups (data, columns) are given."""
        if groups is None:
            groups = torch.zeros(len(self.mean), 1, dtype=torch.int64)
        mean, log_std = self.mean[:, latent].double(), self.log_std[:, latent].double()
        return Components(mean, log_std.exp(), self.probability, groups, self.family)
