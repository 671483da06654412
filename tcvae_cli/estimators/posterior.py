"""The posterior of every image, q(z|n), and how likely each image is: what all estimators start from."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family
from tcvae_cli.estimators.marginals import Components

NARROWEST = 2.0**-50  # of the largest mean: four steps of float64 there


@dataclass(frozen=True)
class Posterior:
    """q(z|n) of every image: mean, log_std (data, latent), and p(n) (data,), which sums to 1."""

    mean: Tensor
    log_std: Tensor
    probability: Tensor
    family: Family = NORMAL
    by_ranges: bool = False  # of the components of a latent

    @classmethod
    def from_tensors(
        cls, mean: Tensor, log_std: Tensor, probability: Tensor | None = None, family: Family = NORMAL
    ) -> "Posterior":
        """Return a posterior, with uniform p(n) where none is given.

        A posterior narrower than `narrowest_log_std` of its latent is taken to be that wide.
        """
        log_std = log_std.maximum(narrowest_log_std(mean).to(log_std.dtype))
        if probability is None:
            probability = torch.full((len(mean),), 1 / len(mean), dtype=torch.float64, device=mean.device)
        return cls(mean, log_std, probability.double(), family)

    def components(self, latent: int, groups: Tensor | None = None) -> Components:
        """Return the components of one latent, all in one group 0 if no groups (data, columns) are given."""
        if groups is None:
            groups = torch.zeros(len(self.mean), 1, dtype=torch.int64, device=self.mean.device)
        mean, log_std = self.mean[:, latent].double(), self.log_std[:, latent].double()
        return Components(mean, log_std.exp(), self.probability, groups, self.family, self.by_ranges)

    @property
    def device(self) -> torch.device:
        """Return where the tensors are."""
        return self.mean.device

    def __getitem__(self, rows: Tensor) -> "Posterior":
        """Return the posterior of some images, with p(n) normalised again."""
        weight = self.probability[rows]
        return replace(self, mean=self.mean[rows], log_std=self.log_std[rows], probability=weight / weight.sum())


def narrowest_log_std(mean: Tensor) -> Tensor:
    """Return ln of the least standard deviation that float64 can place among the means of a latent: (latent,)."""
    return (NARROWEST * mean.double().abs().amax(0)).log()
