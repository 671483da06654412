"""Priors of the latents as modules: a standard normal or Laplace, or a learned factorial flow."""

import torch
from torch import Tensor, nn

from tcvae_cli.estimators.densities import Family, standard_log_density
from tcvae_cli.estimators.flow import Flow, flow_log_density, from_base, invertible

FLOW_STEPS = 32


class StandardPrior(nn.Module):
    """The standard member of a family for every latent. It has no parameters."""

    def __init__(self, family: Family) -> None:
        super().__init__()
        self.family = self.base = family

    def log_density(self, z: Tensor) -> Tensor:
        """Return ln p(z_j), shaped like z (batch, latent)."""
        return standard_log_density(z, self.family)

    def from_base(self, base: Tensor) -> Tensor:
        """Return the latents of draws from the standard member, which are these draws themselves."""
        return base


class FlowPrior(nn.Module):
    """A factorial normalizing flow over a standard normal, jointly trained: Chen et al. 2018, appendix."""

    def __init__(self, latents: int, base: Family) -> None:
        super().__init__()
        self.base = base
        self.u, self.w, self.b = (nn.Parameter(0.01 * torch.randn(latents, FLOW_STEPS)) for _ in range(3))

    def flow(self) -> Flow:
        """Return the steps as they are used: increasing, whatever the parameters."""
        return invertible(Flow(self.u, self.w, self.b))

    def log_density(self, z: Tensor) -> Tensor:
        """Return ln p(z_j), shaped like z (batch, latent)."""
        return flow_log_density(z, self.flow())

    @torch.no_grad()
    def from_base(self, base: Tensor) -> Tensor:
        """Return the latents (batch, latent) that the flow takes to BASE: samples of p(z) for standard normal draws."""
        return from_base(base, self.flow())


PriorModule = StandardPrior | FlowPrior
