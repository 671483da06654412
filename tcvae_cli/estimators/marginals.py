"""One-dimensional mixtures of a location-scale family, represented to quadrature accuracy.

The density of one latent under q(z) = sum_n p(n) q(z|n), for all images and for every value of every factor at once,
as values at the Gauss-Legendre nodes of panels that adapt to the narrowest component in reach. A panel is two to
four standard deviations of its own components wide; wider components were evaluated on wider panels, whose polynomials
are evaluated at the nodes of their halves (as in a fast multipole method). So each component costs the same whatever
the others are, an outlier costs a few panels, and nothing depends on a global grid.

A family with a cusp at its mean (Laplace) is smooth on either side of it: such a component leaves out the panel that
its mean lies in, and goes on into the halves of that panel, one of which is smooth again, CUSP_LEVELS times.

Panels are taken level by level and, where they are many, part by part from left to right: memory is bounded.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family
from tcvae_cli.estimators.quadrature import NODES, Leaves, halved, quadrature_nodes

PANEL_STDS = 2.0  # width of a panel in standard deviations of its narrowest own component; the widest has half of it
BLOCK_ROWS = 4096
BLOCK_PANELS = 24
CUSP_LEVELS = 10  # a cusp of a component of weight w costs 0.005 w nats, a quarter of it is left at each: 5e-9 w
PART_ELEMENTS = 1 << 23  # of a density: 64 MB


@dataclass(frozen=True)
class Components:
    """Weighted members of a family, for one latent: mean, std, weight (data,) float64; groups (data, columns) int64."""

    mean: Tensor
    std: Tensor
    weight: Tensor
    groups: Tensor
    family: Family = NORMAL

    def __getitem__(self, rows: Tensor | slice) -> "Components":
        return Components(self.mean[rows], self.std[rows], self.weight[rows], self.groups[rows], self.family)


def marginal_density(
    components: Components, group_count: int, panel_stds: float = PANEL_STDS, part_elements: int = PART_ELEMENTS
) -> Iterator[Leaves]:
    """Yield the densities of one latent, as panels that tile the support, each once.

    Component n adds weight[n] times its density to every group in groups[n] (rows of the density). PANEL_STDS is the
    width of a panel in standard deviations of its narrowest own component; PART_ELEMENTS bounds how many numbers of a
    density are in memory at once.
    """
    components = components[torch.from_numpy(np.argsort(components.mean.numpy()))]  # six times as fast as torch's
    levels = list(_levels(components, panel_stds))
    panels = _with_ancestors([level.panels for level in levels])
    descent = _Descent(components, levels, panels, max(2, part_elements // (group_count * NODES)))
    for part in panels[0].split(descent.most_panels):
        yield from descent.below(0, part, torch.zeros(group_count, len(part), NODES, dtype=torch.float64))


@dataclass(frozen=True)
class _Level:
    """Panels of one width, and the rows of the components that are evaluated on them, in order of their means."""

    panels: Tensor  # sorted indices of the panels that the components here reach; panel i starts at origin + i width
    width: float
    own: Tensor  # components whose panels are this wide
    cusps: Tensor  # wider ones, here for the halves of the panel that their mean lies in
    final: Tensor  # whether a cusp is not followed further down: (cusps,)


def _levels(components: Components, panel_stds: float) -> Iterator[_Level]:
    """From panels of two standard deviations of the widest component down, each half as wide as the one before."""
    width = panel_stds * components.std.max().item()
    own_level = torch.log2(components.std.max() / components.std).floor().long()
    extra = CUSP_LEVELS if components.family.has_cusp else 0
    for level in range(int(own_level.max()) + extra + 1):
        own = (own_level == level).nonzero().squeeze(1)
        cusps = ((own_level < level) & (level <= own_level + extra)).nonzero().squeeze(1)
        reach = components.family.reach * components.std[own]
        first, last = (_panel_of(components.mean[own] + side * reach, components, width) for side in (-1, 1))
        panels = _union(first, last)
        at_cusps = _panel_of(components.mean[cusps], components, width).unique_consecutive()
        yield _Level(torch.cat([panels, at_cusps]).unique(), width, own, cusps, own_level[cusps] + extra == level)
        width /= 2


def _panel_of(points: Tensor, components: Components, width: float) -> Tensor:
    """Index of the panel that each point lies in: the smallest mean is the origin."""
    return ((points - components.mean[0]) / width).floor().long()


def _union(first: Tensor, last: Tensor) -> Tensor:
    """Sorted union of the ranges first .. last of integers, each (ranges,), both ends included."""
    if len(first) == 0:
        return torch.empty(0, dtype=torch.int64)
    longest = (last - first).max() + 1
    ranges = (first * longest + last - first).unique()  # few differ, and one number sorts faster than two
    first = ranges.div(longest, rounding_mode="floor")
    end = (ranges - first * longest + first).cummax(0).values
    gap = torch.cat([torch.tensor([True]), first[1:] > end[:-1] + 1])
    starts = first[gap]
    ends = end[torch.cat([gap[1:], torch.tensor([True])])]
    return torch.cat([torch.arange(int(a), int(b) + 1) for a, b in zip(starts, ends, strict=True)])


def _with_ancestors(own: list[Tensor]) -> list[Tensor]:
    """Add to each level the panels that must be split, and both halves of every split panel: sorted indices."""
    active = list(own)
    for level in range(len(own) - 1, 0, -1):
        parents = active[level].div(2, rounding_mode="floor").unique()
        active[level] = torch.stack([2 * parents, 2 * parents + 1], dim=1).flatten()
        active[level - 1] = torch.cat([active[level - 1], parents]).unique()
    return active


@dataclass(frozen=True)
class _Descent:
    """The way down through the levels, depth first, in parts of at most `most_panels`."""

    components: Components
    levels: list[_Level]
    panels: list[Tensor]  # of each level, ancestors and both halves of every split panel included
    most_panels: int

    def below(self, depth: int, panels: Tensor, density: Tensor) -> Iterator[Leaves]:
        """Complete the density (groups, panels, NODES) of wider components on PANELS and go on where they are split."""
        level = self.levels[depth]
        left = self.components.mean[0] + panels.double() * level.width
        self.add_own(level, panels, left, density)
        self.add_cusps(level, panels, density)
        deeper = self.panels[depth + 1] if depth + 1 < len(self.levels) else panels.new_empty(0)
        split = torch.isin(panels, deeper.div(2, rounding_mode="floor"))
        yield Leaves(left[~split], level.width, density[:, ~split].clamp_(min=0))
        if not split.any():
            return
        density = density[:, split]
        for part in torch.arange(density.shape[1]).split(self.most_panels // 2):
            halves = panels[split][part][:, None] * 2 + torch.arange(2)
            yield from self.below(depth + 1, halves.flatten(), halved(density[:, part]))

    def add_own(self, level: _Level, panels: Tensor, left: Tensor, density: Tensor) -> None:
        """Add the components of this width to all panels that they reach, but for the one in which they have a cusp."""
        own = self.components[level.own]
        if len(own.mean) == 0:
            return
        reach = own.family.reach * own.std.max()
        near = torch.stack([left[0] - reach, left[-1] + level.width + reach])
        own = own[slice(*torch.searchsorted(own.mean, near).tolist())]
        for block in _blocks(own.mean, level.width):
            some = own[block]
            reach = own.family.reach * some.std.max()
            ends = torch.stack([some.mean[0] - reach - level.width, some.mean[-1] + reach])
            first, last = torch.searchsorted(left, ends).tolist()
            if first < last:
                at = _panel_of(some.mean, self.components, level.width)
                middle = len(at) // 2
                from_middle = (panels[first:last] - at[middle]).double() * level.width
                from_middle -= self.past_edge(some.mean[middle], level.width)
                kernel = _kernel_on_panels(some, from_middle, level.width)
                if own.family.has_cusp:
                    kernel.view(len(at), -1, NODES)[at[:, None] == panels[first:last]] = 0
                added = _sum_by_group(kernel, some, len(density))
                density[:, first:last] += added.reshape(len(density), -1, NODES)

    def add_cusps(self, level: _Level, panels: Tensor, density: Tensor) -> None:
        """Add components to the other half of the panel that their mean lies in, and finally to that half itself."""
        at = _panel_of(self.components.mean[level.cusps], self.components, level.width)
        start, stop = torch.searchsorted(at.div(2, rounding_mode="floor"), (panels[[0, -1]] // 2) + torch.arange(2))
        rows, at, final = level.cusps[start:stop], at[start:stop], level.final[start:stop]
        for block in torch.arange(len(rows)).split(BLOCK_ROWS * 4):
            self.add_to_panels(self.components[rows[block]], at[block], 1, (panels, level.width, density))
        for block in final.nonzero().squeeze(1).split(BLOCK_ROWS * 4):
            self.add_to_panels(self.components[rows[block]], at[block], 0, (panels, level.width, density))

    def add_to_panels(self, some: Components, at: Tensor, flip: int, where: tuple[Tensor, float, Tensor]) -> None:
        """Add each of SOME to the panel AT (rows,) that its mean lies in, or with FLIP 1 to the other half there."""
        panels, width, density = where
        from_mean = (((at ^ flip) - at).double() * width - self.past_edge(some.mean, width))[:, None]
        t = (from_mean + (quadrature_nodes() + 1) * (width / 2)) / some.std[:, None]
        kernel = _kernel(t, some.family) * _height(some)[:, None]
        place = torch.searchsorted(panels, at ^ flip)
        for column in some.groups.T:
            density.view(-1, NODES).index_add_(0, column * density.shape[1] + place, kernel)

    def past_edge(self, mean: Tensor, width: float) -> Tensor:
        """How far a mean is from the left edge of its panel, exactly: no position on the axis loses digits here."""
        return torch.remainder(mean - self.components.mean[0], width)


def _blocks(sorted_mean: Tensor, width: float) -> Iterator[slice]:
    """Slices of neighbours: at most BLOCK_ROWS components whose means span at most BLOCK_PANELS panels."""
    start = 0
    while start < len(sorted_mean):
        near = int(torch.searchsorted(sorted_mean, sorted_mean[start] + BLOCK_PANELS * width, right=True))
        stop = min(start + BLOCK_ROWS, near)
        yield slice(start, stop)
        start = stop


def _kernel_on_panels(own: Components, from_middle: Tensor, width: float) -> Tensor:
    """Standard densities of neighbours, sorted by mean, at the nodes of panels: (rows, panels NODES).

    from_middle: (panels,) the left edges relative to the mean of the middle row.
    """
    nodes = (from_middle[:, None] + (quadrature_nodes() + 1) * (width / 2)).flatten()
    t = nodes[None, :] / own.std[:, None]
    t -= ((own.mean - own.mean[len(own.mean) // 2]) / own.std)[:, None]
    return _kernel(t, own.family)


def _sum_by_group(kernel: Tensor, own: Components, group_count: int) -> Tensor:
    """Rows of the kernel (rows, points), each times its height, added up in the groups it belongs to: (groups, points).

    A product with the (groups, rows) matrix of heights, of which all but a few entries a row are 0.
    """
    group = own.groups.T.flatten()
    narrow = group.numpy().astype(np.min_scalar_type(group_count))  # 16 bits are sorted in linear time
    order = torch.from_numpy(np.argsort(narrow, kind="stable"))
    rows = order % len(kernel)
    start = torch.searchsorted(group[order], torch.arange(group_count))
    heights = _height(own)[rows]
    return F.embedding_bag(rows, kernel, start, mode="sum", per_sample_weights=heights)


def _height(own: Components) -> Tensor:
    """What the kernel is to be multiplied by: (rows,)."""
    return own.weight / own.std * math.exp(-own.family.log_normaliser)


def _kernel(t: Tensor, family: Family) -> Tensor:
    """The unnormalised standard density at t. Below e^-60: subnormal, slow, and nothing."""
    return family.log_kernel(t).clamp_(min=-60).exp_()
