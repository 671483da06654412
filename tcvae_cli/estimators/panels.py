"""One-dimensional mixtures of normals, represented to quadrature accuracy.

The density of one latent under q(z) = sum_n p(n) q(z|n), for all images and for every value of every factor at once,
as values at the Gauss-Legendre nodes of panels that adapt to the narrowest component in reach. A panel is two to
four standard deviations of its own components wide; wider components were evaluated on wider panels, whose polynomials
are evaluated at the nodes of their halves (as in a fast multipole method). So each component costs the same whatever
the others are, an outlier costs a few panels, and nothing depends on a global grid.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from numpy.polynomial import legendre
from torch import Tensor

NODES = 16
REACH = 7.0  # standard deviations: 2.6e-12 of a component lies beyond
PANEL_STDS = 2.0  # width of a panel in standard deviations of its widest own component
BLOCK_ROWS = 4096
BLOCK_PANELS = 24


@dataclass(frozen=True)
class Leaves:
    """Panels that tile the support: left edges (panels,), one width, densities (groups, panels, NODES).

    Densities are unnormalised over groups: each integrates to the total weight of its group.
    """

    left: Tensor
    width: float
    density: Tensor

    def integrate(self, values: Tensor) -> Tensor:
        """Integral over the panels of values (groups, panels, NODES) at the nodes: (groups,)."""
        return torch.einsum("gpn,n->g", values, quadrature_weights() * (self.width / 2))

    def nodes(self) -> Tensor:
        """Positions of the nodes: (panels, NODES)."""
        return self.left[:, None] + (quadrature_nodes() + 1) * (self.width / 2)


def quadrature_nodes() -> Tensor:
    """Gauss-Legendre nodes on [-1, 1]."""
    return torch.from_numpy(legendre.leggauss(NODES)[0])


def quadrature_weights() -> Tensor:
    """Gauss-Legendre weights on [-1, 1]."""
    return torch.from_numpy(legendre.leggauss(NODES)[1])


def barycentric_weights() -> Tensor:
    """Weights of Lagrange interpolation through the nodes (Berrut & Trefethen 2004, eq. 3.2)."""
    nodes = quadrature_nodes()
    difference = nodes[:, None] - nodes[None, :]
    difference.fill_diagonal_(1)
    return 1 / difference.prod(1)


def interpolation(points: Tensor) -> Tensor:
    """Matrix (points, NODES) that takes values at the nodes to values at POINTS of [-1, 1]."""
    difference = points[:, None] - quadrature_nodes()[None, :]
    exact = difference == 0
    terms = barycentric_weights() / torch.where(exact, 1.0, difference)
    matrix = terms / terms.sum(1, keepdim=True)
    return torch.where(exact.any(1, keepdim=True), exact.to(matrix.dtype), matrix)


@dataclass(frozen=True)
class Components:
    """Weighted normals of one latent: mean, std, weight (data,) float64; groups (data, columns) int64."""

    mean: Tensor
    std: Tensor
    weight: Tensor
    groups: Tensor

    def __getitem__(self, rows: Tensor | slice) -> "Components":
        return Components(self.mean[rows], self.std[rows], self.weight[rows], self.groups[rows])


def leaves(components: Components, group_count: int, dtype: torch.dtype = torch.float64) -> Iterator[Leaves]:
    """The densities of one latent, level by level from the widest panels to the narrowest.

    Component n adds weight[n] N(mean[n], std[n]^2) to every group in groups[n] (rows of the density). Kernels are
    computed in DTYPE, all else in float64: float32 costs half and is good to about 1e-6 of the density's peak.
    """
    level_of = torch.log2(components.std.max() / components.std).floor().long()
    origin, width = components.mean.min().item(), PANEL_STDS * components.std.max().item()
    active = _with_ancestors(_own_panels(components, level_of, origin, width))
    inherited: Tensor | float = 0.0
    for level, panels in enumerate(active):
        density = torch.zeros(group_count, len(panels), NODES, dtype=torch.float64) + inherited
        left = origin + panels.double() * width
        own = components[level_of == level]
        own = own[own.mean.argsort()]
        for block in _blocks(own.mean, width):
            _add(density, left, width, own[block], dtype)
        deeper = active[level + 1] // 2 if level + 1 < len(active) else panels.new_empty(0)
        split = torch.isin(panels, deeper)
        yield Leaves(left[~split], width, density[:, ~split].clamp_(min=0))
        inherited = _halves(density[:, split])
        width /= 2


def _halves(density: Tensor) -> Tensor:
    """Densities at the nodes of the left and right half of each panel: (groups, 2 panels, NODES)."""
    nodes = quadrature_nodes()
    both = interpolation(torch.cat([(nodes - 1) / 2, (nodes + 1) / 2]))
    return (density @ both.T).reshape(len(density), -1, NODES)


def _own_panels(components: Components, level_of: Tensor, origin: float, width: float) -> list[Tensor]:
    """Per level, the sorted indices of the panels that the components of that level reach."""
    own = []
    for level in range(int(level_of.max()) + 1):
        here = components[level_of == level]
        first = ((here.mean - REACH * here.std - origin) / width).floor().long()
        last = ((here.mean + REACH * here.std - origin) / width).floor().long()
        own.append(_union(torch.stack([first, last], dim=1).unique(dim=0)))
        width /= 2
    return own


def _union(ranges: Tensor) -> Tensor:
    """Sorted union of integer ranges (ranges, 2), both ends included, sorted by their start."""
    if len(ranges) == 0:
        return torch.empty(0, dtype=torch.int64)
    end = ranges[:, 1].cummax(0).values
    gap = torch.cat([torch.tensor([True]), ranges[1:, 0] > end[:-1] + 1])
    starts = ranges[gap, 0]
    ends = end[torch.cat([gap[1:], torch.tensor([True])])]
    return torch.cat([torch.arange(int(a), int(b) + 1) for a, b in zip(starts, ends, strict=True)])


def _with_ancestors(own: list[Tensor]) -> list[Tensor]:
    """Add to each level the panels that must be split, and both halves of every split panel: sorted indices."""
    active = list(own)
    for level in range(len(own) - 1, 0, -1):
        parents = (active[level] // 2).unique()
        active[level] = torch.stack([2 * parents, 2 * parents + 1], dim=1).flatten()
        active[level - 1] = torch.cat([active[level - 1], parents]).unique()
    return active


def _blocks(sorted_mean: Tensor, width: float) -> Iterator[slice]:
    """Slices of neighbours: at most BLOCK_ROWS components whose means span at most BLOCK_PANELS panels."""
    start = 0
    while start < len(sorted_mean):
        near = int(torch.searchsorted(sorted_mean, sorted_mean[start] + BLOCK_PANELS * width, right=True))
        stop = min(start + BLOCK_ROWS, near)
        yield slice(start, stop)
        start = stop


def _add(density: Tensor, left: Tensor, width: float, own: Components, dtype: torch.dtype) -> None:
    """Add components, sorted by mean, to the density at the nodes of all panels (by their left edges) they reach."""
    reach = REACH * own.std.max()
    first = torch.searchsorted(left, own.mean[0] - reach - width)
    last = torch.searchsorted(left, own.mean[-1] + reach)
    centre = own.mean[len(own.mean) // 2]  # positions relative to it lose nothing in float32
    nodes = ((left[first:last] - centre)[:, None] + (quadrature_nodes() + 1) * (width / 2)).flatten()
    scale = 1 / own.std
    t = nodes.to(dtype)[None, :] * scale.to(dtype)[:, None]
    t -= ((own.mean - centre) * scale).to(dtype)[:, None]
    kernel = (t * t).mul_(-0.5).clamp_(min=-60).exp_()  # below: subnormal, slow, and nothing
    height = (own.weight * scale / math.sqrt(2 * math.pi)).to(dtype)
    member = torch.zeros(len(density), len(height), dtype=dtype)
    member.scatter_(0, own.groups.T, height.expand(own.groups.shape[1], -1))
    density[:, first:last] += (member @ kernel).reshape(len(density), -1, NODES)
