"""Factorised priors p(z) = prod_j p(z_j), and cross-entropies with them by quadrature."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family, standard_log_density
from tcvae_cli.estimators.flow import Flow, flow_log_density
from tcvae_cli.estimators.quadrature import NODES, Leaves, interpolation, quadrature_nodes, quadrature_weights

CHUNK_PANELS = 4096
MOST_HALVINGS = 12
TOLERANCE = 1e-11  # nats, of one panel


@dataclass(frozen=True)
class Prior:
    """ln p(z_j) of each latent, and the family whose standard member it is, if it is one."""

    log_density: Callable[[Tensor], Tensor]  # (..., latent) -> (..., latent)
    marginal: Callable[[int], Callable[[Tensor], Tensor]]  # ln p(z_j) alone, elementwise
    family: Family | None


def standard_prior(family: Family = NORMAL) -> Prior:
    """Return the member of mean 0 and standard deviation 1 for every latent."""

    def log_density(z: Tensor) -> Tensor:
        return standard_log_density(z, family)

    return Prior(log_density, lambda latent: log_density, family)


def flow_prior(flow: Flow) -> Prior:
    """Return a learned density for each latent, computed in float64."""
    u, w, b = flow.u.double(), flow.w.double(), flow.b.double()

    def marginal(latent: int) -> Callable[[Tensor], Tensor]:
        alone = Flow(u[[latent]], w[[latent]], b[[latent]])
        return lambda points: flow_log_density(points[..., None], alone)[..., 0]

    return Prior(lambda z: flow_log_density(z, Flow(u.to(z.device), w.to(z.device), b.to(z.device))), marginal, None)


def marginal_cross_entropy(panels: list[Leaves], prior: Prior, latent: int) -> Tensor:
    """Return - integral of q(z_j) ln p(z_j) for the one-group density q(z_j) in PANELS: (), in nats.

    Each panel is cut into twice as many pieces until its part moves less than TOLERANCE: a prior may be rougher than
    the posterior. The pieces end at 0, where the standard Laplace density has its cusp.
    """
    log_prior = prior.marginal(latent)
    total = torch.zeros((), dtype=torch.float64)
    for level in panels:
        for start in range(0, len(level.left), CHUNK_PANELS):
            chunk = slice(start, start + CHUNK_PANELS)
            part = Leaves(level.left[chunk], level.width, level.density[:, chunk])
            value = _minus_integral(part, log_prior, 1)
            for halvings in range(1, MOST_HALVINGS + 1):
                finer = _minus_integral(part, log_prior, 2**halvings)
                rough = (finer - value).abs() > TOLERANCE
                total = total + finer[~rough].sum()
                part = Leaves(part.left[rough], part.width, part.density[:, rough])
                value = finer[rough]
                if len(value) == 0:
                    break
            total = total + value.sum()
    return total


def _minus_integral(panels: Leaves, function: Callable[[Tensor], Tensor], pieces: int) -> Tensor:
    """Return - integral of the density times FUNCTION over each panel, cut into PIECES: (panels,)."""
    panel = torch.arange(len(panels.left)).repeat_interleave(pieces)
    start = (torch.arange(pieces, dtype=torch.float64) * (2 / pieces) - 1).repeat(len(panels.left))
    end, zero = start + 2 / pieces, -2 * panels.left[panel] / panels.width - 1  # on the panel's own [-1, 1]
    across = (start < zero) & (zero < end)
    start, end = torch.cat([start, zero[across]]), torch.cat([torch.where(across, zero, end), end[across]])
    panel = torch.cat([panel, panel[across]])
    local = start[:, None] + (quadrature_nodes() + 1) * ((end - start) / 2)[:, None]  # (pieces, NODES)
    density = torch.einsum(
        "pnk,pk->pn", interpolation(local.flatten()).reshape(*local.shape, NODES), panels.density[0, panel]
    )
    points = panels.left[panel, None] + (local + 1) * (panels.width / 2)
    weights = quadrature_weights() * ((end - start) * (panels.width / 4))[:, None]
    over_pieces = (weights * density * function(points)).sum(1)
    return torch.zeros_like(panels.left).index_add_(0, panel, over_pieces, alpha=-1)
