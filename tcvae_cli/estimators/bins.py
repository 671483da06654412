"""Entropies of z cut into equal bins, averaged over where the bins begin: what stays of a density however narrow it is.

With P(x) the mass between x and x + w, bins of width w that begin anywhere have the mean entropy -1/w integral P ln P.
That is the differential entropy of z plus a uniform number of width w, less ln w (Zamir & Feder 1992): of a density
that is wide against the bins its own differential entropy less ln w, and of a point 0.

P is a difference of the distribution function at two points. That is a polynomial on each panel of the density, which
marginals.py gives, and so P is one between any two of the panels' edges, moved by w / 2 to either side.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tcvae_cli.arrays import MISSING
from tcvae_cli.estimators.information import among
from tcvae_cli.estimators.latent_entropies import factor_entropies, group_columns, most_latents
from tcvae_cli.estimators.marginals import Components, marginal_density
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.quadrature import NODES, Leaves, integration, quadrature_nodes, quadrature_weights
from tcvae_cli.estimators.threads import map_in_threads

FINE = 1 << 10  # bins in a standard deviation: more make no difference, and subtract what is all but equal
FEW_NODES = 8  # between two edges: each panel has those of another shift in it, and an integral is smoother
BATCH, BATCH_ON_CUDA = 1 << 16, 1 << 26  # values x images that are integrated together
BLOCK_ELEMENTS, BLOCK_ELEMENTS_ON_CUDA = 1 << 21, 1 << 25  # numbers of distribution functions at once: 16 and 256 MB
LARGEST_LOSS = 1e-6  # of all mass


def binned_entropies(
    posterior: Posterior,
    classes: Tensor,
    wanted: Tensor,
    width: float,
    advance: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """Return the entropy of z_j in bins of WIDTH among images with one value of v_k: (factor, latent) in nats, >= 0.

    classes: (data, factor) int64, MISSING where not known. wanted: (factor, latent) bool, which to compute; the others
    are infinite, and so are those of codes whose means are so far apart, or widths so different, that float64 does not
    hold such bins. ADVANCE is told of each that is done.
    """

    def of(place: tuple[int, int]) -> Tensor:
        factor, latent = place
        known = classes[:, factor] != MISSING
        part, labels = among(posterior, known), classes[known, factor][:, None]
        groups, slices = group_columns(labels)
        given = factor_entropies(groups, slices, part.probability)[0]
        components = part.components(latent, groups.to(posterior.device))
        return (joint_entropy(components, width).cpu() - given).clamp(min=0)

    found = torch.full(wanted.shape, math.inf, dtype=torch.float64)
    places = [(factor, latent) for factor, latent in wanted.nonzero().tolist()]
    entropies = map_in_threads(of, places, lambda place: advance(1), most_latents(posterior))
    for (factor, latent), entropy in zip(places, entropies, strict=True):
        found[factor, latent] = entropy
    return found


def joint_entropy(components: Components, width: float) -> Tensor:
    """Return the entropy of bins of WIDTH together with the group, of components that have one each: ()."""
    mass, surprise = torch.stack([integrals(some, width) for some in batches(components)]).sum(0)
    lost = (mass - components.weight.sum()).abs() > LARGEST_LOSS
    return torch.where(lost, torch.inf, surprise - math.log(width))


def batches(components: Components) -> Iterator[Components]:
    """Yield the components of some groups after the others, the groups numbered from 0 on in each part."""
    sizes = components.groups[:, 0].unique(return_counts=True)[1].tolist()
    rows = components.groups[:, 0].argsort(stable=True)
    start = stop = values = 0
    most = BATCH if components.in_blocks else BATCH_ON_CUDA
    for size in sizes:
        if values and (values + 1) * (stop + size - start) > most:
            yield numbered(components[rows[start:stop]])
            start, values = stop, 0
        stop, values = stop + size, values + 1
    yield numbered(components[rows[start:stop]])


def numbered(some: Components) -> Components:
    """Return components with their groups numbered from 0 on."""
    return replace(some, groups=some.groups.unique(return_inverse=True)[1])


@dataclass(frozen=True)
class Distribution:
    """The distribution function of each group, not normalised, on panels in their order."""

    left: Tensor  # (panels,)
    width: Tensor  # (panels,)
    density: Tensor  # (groups, panels, NODES)
    before: Tensor  # (groups, panels): the mass to the left of each panel

    @classmethod
    def of_panels(cls, leaves: list[Leaves]) -> "Distribution":
        """Return the integral of a density."""
        left = torch.cat([some.left for some in leaves])
        order = left.argsort()
        density = torch.cat([some.density for some in leaves], dim=1)[:, order]
        width = torch.cat([torch.full_like(some.left, some.width) for some in leaves])[order]
        mass = density @ quadrature_weights().to(density.device) * (width / 2)
        before = mass.cpu().cumsum(1).to(mass.device) - mass  # on CUDA a sum so far may be in another order each time
        return cls(left[order], width, density, before)

    def at(self, points: Tensor) -> Tensor:
        """Return the mass to the left of POINTS (points,): (groups, points)."""
        panel = (torch.searchsorted(self.left, points, right=True) - 1).clamp(min=0)
        local = (2 * (points - self.left[panel]) / self.width[panel] - 1).clamp(-1, 1)
        within = (self.density[:, panel] * integration(local)).sum(2) * (self.width[panel] / 2)
        total: Tensor = self.before[:, panel] + within
        return total

    def shifted_edges(self, shift: float) -> Tensor:
        """Return the edges of the panels, moved by SHIFT to either side, in order."""
        ends = self.left + self.width
        apart = torch.ones_like(ends, dtype=torch.bool)
        apart[:-1] = self.left[1:] > ends[:-1] + shift * 1e-9
        edges = torch.cat([self.left, ends[apart]])
        shifted: Tensor = torch.cat([edges - shift, edges + shift]).unique()
        return shifted


def integrals(some: Components, width: float) -> Tensor:
    """Return the integrals of q and of - q ln q, over all groups, of the density q of z plus a uniform number: (2,)."""
    width = max(width, float(some.std.min()) / FINE)
    moved = replace(some, mean=some.mean - some.mean.min())
    distribution = Distribution.of_panels(list(marginal_density(moved, int(some.groups.max()) + 1)))
    edges = distribution.shifted_edges(width / 2)
    elements = BLOCK_ELEMENTS if some.mean.device.type == "cpu" else BLOCK_ELEMENTS_ON_CUDA
    at_once = max(1, elements // FEW_NODES // NODES // len(distribution.density))
    found = edges.new_zeros(2)
    few_nodes, few_weights = (of(FEW_NODES).to(edges.device) for of in (quadrature_nodes, quadrature_weights))
    for left, size in zip(edges[:-1].split(at_once), edges.diff().split(at_once), strict=True):
        nodes = (left[:, None] + (few_nodes + 1) * (size / 2)[:, None]).flatten()
        q = (distribution.at(nodes + width / 2) - distribution.at(nodes - width / 2)).clamp(min=0) / width
        weight = (few_weights * (size / 2)[:, None]).flatten()
        found += torch.stack([q.sum(0) @ weight, -torch.xlogy(q, q).sum(0) @ weight])
    return found
