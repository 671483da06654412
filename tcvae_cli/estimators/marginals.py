"""One-dimensional mixtures of a location-scale family, represented to quadrature accuracy.

The density of one latent under q(z) = sum_n p(n) q(z|n), for all images and for every value of every factor at once,
as values at the Gauss-Legendre nodes of panels that adapt to the narrowest component in reach. A panel is two to
four standard deviations of its own components wide; wider components were evaluated on wider panels, whose polynomials
are evaluated at the nodes of their halves (as in a fast multipole method). So each component costs the same whatever
the others are, an outlier costs a few panels, and nothing depends on a global grid.

A family with a cusp at its mean (Laplace) is smooth on either side of it: such a component leaves out the panel that
its mean lies in, and goes on into the halves of that panel, one of which is smooth again, CUSP_LEVELS times.

Panels are taken level by level and, where they are many, part by part from left to right: memory is bounded.

An example to follow, normals with means 0, 0 and 100 and standard deviations 1, 1/4 and 1. The widest have a standard
deviation of 1, so panels of level 0 are 2 wide, panel i from 2 i to 2 i + 2, and a component reaches 7 standard
deviations: those of level 0 are panels -4 .. 3 for the first component, and 46 .. 53 for the outlier, which costs these
8 and none in between. The narrow component has its own level, log2(1 / (1/4)) = 2, where panels are 1/2 wide; it
reaches from -1.75 to 1.75, that is its panels -4 .. 3 there. Their parents on level 1 are -2 .. 1, and theirs on level
0 are -1 and 0: those two panels of level 0 are split, twice, and the first component's polynomial on them is evaluated
at the nodes of the 8 quarters. So 14 panels of level 0 and 8 of level 2 are yielded, and each component was evaluated
on 8 panels only.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family
from tcvae_cli.estimators.panel_sums import Placed, add_between
from tcvae_cli.estimators.quadrature import NODES, Leaves, halved, quadrature_nodes

PANEL_STDS = 2.0  # width of a panel in standard deviations of its narrowest own component; the widest has half of it
BLOCK_ROWS = 4096
BLOCK_PANELS = 24
CUSP_LEVELS = 12  # a cusp of a component of weight w costs up to 0.07 w nats, a quarter is left at each: 4e-9 w
PART_ELEMENTS = 1 << 23  # of a density: 64 MB
PART_ELEMENTS_ON_CUDA = 1 << 26
POSITION_ROUNDING = 2.0**-50  # of a position on the axis, which only chooses what is near


@dataclass(frozen=True)
class Components:
    """Weighted members of a family, for one latent: mean, std, weight (data,) float64; groups (data, columns) int64."""

    mean: Tensor
    std: Tensor
    weight: Tensor
    groups: Tensor
    family: Family = NORMAL
    by_ranges: bool = False  # whether a density is summed as in panel_sums.py, which it always is on CUDA

    def __getitem__(self, rows: Tensor | slice) -> "Components":
        mean, std, weight = self.mean[rows], self.std[rows], self.weight[rows]
        return Components(mean, std, weight, self.groups[rows], self.family, self.by_ranges)

    @property
    def in_blocks(self) -> bool:
        """Return whether a density is summed block by block, in a CPU's cache."""
        return self.mean.device.type == "cpu" and not self.by_ranges


def marginal_density(
    components: Components, group_count: int, panel_stds: float = PANEL_STDS, part_elements: int | None = None
) -> Iterator[Leaves]:
    """Yield the densities of one latent, as panels that tile the support, each once.

    Component n adds weight[n] times its density to every group in groups[n] (rows of the density). PANEL_STDS is the
    width of a panel in standard deviations of its narrowest own component; PART_ELEMENTS bounds how many numbers of a
    density are in memory at once.
    """
    components = components[_order(components.mean)]  # so that neighbours are slices
    levels = list(_levels(components, panel_stds))
    panels = _with_ancestors([level.panels for level in levels])
    part_elements = part_elements or (PART_ELEMENTS if components.mean.device.type == "cpu" else PART_ELEMENTS_ON_CUDA)
    descent = _Descent(components, levels, panels, max(2, part_elements // (group_count * NODES)))
    for part in panels[0].split(descent.most_panels):
        yield from descent.below(0, part, components.mean.new_zeros(group_count, len(part), NODES))


def _order(mean: Tensor) -> Tensor:
    """Return the rows in the order of their means. On the CPU NumPy sorts six times as fast as torch."""
    if mean.device.type == "cpu":
        return torch.from_numpy(np.argsort(mean.numpy()))
    return mean.argsort(stable=True)


@dataclass(frozen=True)
class _Level:
    """Panels of one width, and the rows of the components that are evaluated on them, in order of their means.

    Panels, which are few, are counted on the CPU; rows are where the components are.
    """

    panels: Tensor  # sorted indices of the panels that the components here reach; panel i starts at origin + i width
    width: float
    own: Tensor  # components whose panels are this wide
    cusps: Tensor  # wider ones, here for the halves of the panel that their mean lies in
    final: Tensor  # whether a cusp is not followed further down: (cusps,)


def _levels(components: Components, panel_stds: float) -> Iterator[_Level]:
    """Yield the levels, from panels of two standard deviations of the widest component, each half as wide as before.

    A component of half the widest's standard deviation is on level 1, one of 0.3 times it, too: log2(1 / 0.3) = 1.7.
    """
    width = panel_stds * components.std.max().item()
    own_level = torch.log2(components.std.max() / components.std).floor().long()
    extra = CUSP_LEVELS if components.family.has_cusp else 0
    for level in range(int(own_level.max()) + extra + 1):
        own = (own_level == level).nonzero().squeeze(1)
        # A component with a cusp goes on below its own level, in ever smaller panels around its mean.
        cusps = ((own_level < level) & (level <= own_level + extra)).nonzero().squeeze(1)
        reach = components.family.reach * components.std[own]
        home, past_edge = (of(components.mean[own], components, width) for of in (_panel_of, _past_edge))
        first, last = (home + ((past_edge + side * reach) / width).floor().long() for side in (-1, 1))
        panels = _union(first, last)
        at_cusps = _panel_of(components.mean[cusps], components, width).unique_consecutive()
        yield _Level(torch.cat([panels, at_cusps.cpu()]).unique(), width, own, cusps, own_level[cusps] + extra == level)
        width /= 2


def _panel_of(points: Tensor, components: Components, width: float) -> Tensor:
    """Return the index of the panel that each point lies in, counted from the smallest mean.

    By way of what is left over, which is exact: rounding never takes a mean just below an edge to be beyond it.
    """
    return ((points - components.mean[0] - _past_edge(points, components, width)) / width).round().long()


def _past_edge(points: Tensor, components: Components, width: float) -> Tensor:
    """Return how far a point is from the left edge of its panel, exactly: no position on the axis loses digits."""
    return torch.remainder(points - components.mean[0], width)


def _union(first: Tensor, last: Tensor) -> Tensor:
    """Return the sorted union of the ranges first .. last of integers, each (ranges,), both ends included, on the CPU.

    0 .. 2, 1 .. 4 and 7 .. 8 are 0 1 2 3 4 7 8.
    """
    if len(first) == 0:
        return torch.empty(0, dtype=torch.int64)
    # A range as one number, first longest + (last - first): few differ, and one number sorts faster than two. Above the
    # longest has 4 integers, so 1 .. 4 is 1 * 4 + 3 = 7, which is taken apart again as 7 // 4 = 1 and 7 - 4 + 1 = 4.
    longest = int((last - first).max()) + 1
    ranges = (first * longest + last - first).unique().cpu()
    first = ranges.div(longest, rounding_mode="floor")
    end = (ranges - first * longest + first).cummax(0).values  # the farthest that any range up to here goes
    # A new piece of the union starts where a range begins beyond all that came before, and not just behind it.
    gap = torch.cat([torch.tensor([True]), first[1:] > end[:-1] + 1])
    starts = first[gap]
    ends = end[torch.cat([gap[1:], torch.tensor([True])])]
    return torch.cat([torch.arange(int(a), int(b) + 1) for a, b in zip(starts, ends, strict=True)])


def _with_ancestors(own: list[Tensor]) -> list[Tensor]:
    """Add to each level the panels that must be split, and both halves of every split panel: sorted indices.

    Panel i has the halves 2 i and 2 i + 1 on the next level. With nothing but panel 5 of level 2: its parent is 2, so
    level 2 has 4 and 5; the parent of 2 is 1, so level 1 has 2 and 3; and level 0 has 1.
    """
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
        """Complete the density (groups, panels, NODES) of wider components on PANELS and go on where they are split.

        Depth first: what is in memory is one part of each level, and not all panels of the lowest.
        """
        level = self.levels[depth]
        left = self.components.mean[0] + panels.to(density.device).double() * level.width
        if self.components.in_blocks:
            self.add_own(level, panels, left, density)
            self.add_cusps(level, panels, density)
        else:
            self.add_in_ranges(level, panels.to(density.device), density)
        deeper = self.panels[depth + 1] if depth + 1 < len(self.levels) else panels.new_empty(0)
        split = torch.isin(panels, deeper.div(2, rounding_mode="floor"))
        # Interpolated from a wider panel a density that is all but 0 may come out below it, by rounding.
        yield Leaves(left[~split], level.width, density[:, ~split].clamp_(min=0))
        if not split.any():
            return
        density = density[:, split]
        for part in torch.arange(density.shape[1]).split(self.most_panels // 2):
            halves = panels[split][part][:, None] * 2 + torch.arange(2)
            yield from self.below(depth + 1, halves.flatten(), halved(density[:, part]))

    def add_own(self, level: _Level, panels: Tensor, left: Tensor, density: Tensor) -> None:
        """Add the components of this width to all panels that they reach, but for the one in which they have a cusp.

        Neighbours are taken together: their kernels on all panels that any of them reaches are one matrix, summed by
        group in one product. The few panels too many cost less than loops would.
        """
        own = self.components[level.own]
        if len(own.mean) == 0:
            return
        reach = own.family.reach * own.std.max()
        near = torch.stack([left[0] - reach, left[-1] + level.width + reach])
        near += POSITION_ROUNDING * near.abs() * torch.tensor([-1, 1])
        own = own[slice(*torch.searchsorted(own.mean, near).tolist())]
        for block in _blocks(own.mean, level.width):
            some = own[block]
            reach = own.family.reach * some.std.max()
            home = _panel_of(some.mean, self.components, level.width)  # where each mean lies
            past_edge = _past_edge(some.mean[[0, -1]], self.components, level.width)
            ends = (past_edge + torch.stack([-reach - level.width, reach])).div(level.width).ceil().long()
            first, last = torch.searchsorted(panels, home[[0, -1]] + ends).tolist()
            if first < last:
                middle = len(home) // 2
                # Distances from the middle mean, not positions: of means near 1e9 and panels 1e-6 wide, a difference
                # of panel numbers is exact and a difference of positions is rounding.
                from_middle = (panels[first:last] - home[middle]).double() * level.width
                from_middle -= _past_edge(some.mean[middle], self.components, level.width)
                kernel = _kernel_on_panels(some, from_middle, level.width)
                if own.family.has_cusp:
                    kernel.view(len(home), -1, NODES)[home[:, None] == panels[first:last]] = 0
                added = _sum_by_group(kernel, some, len(density))
                density[:, first:last] += added.reshape(len(density), -1, NODES)

    def add_cusps(self, level: _Level, panels: Tensor, density: Tensor) -> None:
        """Add components to the other half of the panel that their mean lies in, and finally to that half itself.

        A mean in panel 5 left out that panel's parent, 2, one level up. On panel 4, the other half of 2, the density is
        smooth, so it is added there; panel 5, with the cusp, is left to its own halves, 10 and 11, and so on.
        """
        home = _panel_of(self.components.mean[level.cusps], self.components, level.width)
        start, stop = torch.searchsorted(home.div(2, rounding_mode="floor"), (panels[[0, -1]] // 2) + torch.arange(2))
        rows, home, final = level.cusps[start:stop], home[start:stop], level.final[start:stop]
        for block in torch.arange(len(rows)).split(BLOCK_ROWS * 4):
            other_half = home[block] ^ 1  # 4 of 5, and 5 of 4
            kernel = self.kernel_on(other_half, self.components[rows[block]], home[block], level.width)
            self.add_rows(kernel, self.components[rows[block]], torch.searchsorted(panels, other_half), density)
        for block in final.nonzero().squeeze(1).split(BLOCK_ROWS * 4):
            kernel = self.kernel_on(home[block], self.components[rows[block]], home[block], level.width)
            self.add_rows(kernel, self.components[rows[block]], torch.searchsorted(panels, home[block]), density)

    def add_in_ranges(self, level: _Level, panels: Tensor, density: Tensor) -> None:
        """Add what `add_own` and `add_cusps` do, for all panels at once: each takes the components at home near it."""
        own = self.placed(level.own, level.width)
        if len(own.home):
            reach = math.floor(own.family.reach * float(own.std.max()) / level.width) + 1
            if own.family.has_cusp:
                add_between(density, own, panels, level.width, panels - reach, panels - 1)
                add_between(density, own, panels, level.width, panels + 1, panels + reach)
            else:
                add_between(density, own, panels, level.width, panels - reach, panels + reach)
        if len(level.cusps):
            cusps = self.placed(level.cusps, level.width)
            add_between(density, cusps, panels, level.width, panels ^ 1, panels ^ 1)
            add_between(density, cusps[level.final], panels, level.width, panels, panels)

    def placed(self, rows: Tensor, width: float) -> Placed:
        """Return some components with their places among panels of a width."""
        some = self.components[rows]
        home, past_edge = (of(some.mean, self.components, width) for of in (_panel_of, _past_edge))
        return Placed(home, past_edge, some.std, _height(some), some.groups, some.family)

    def kernel_on(self, panel: Tensor, some: Components, home: Tensor, width: float) -> Tensor:
        """Return the weighted density of each of SOME, whose mean lies in panel HOME, on one PANEL: (rows, NODES)."""
        from_mean = ((panel - home).double() * width - _past_edge(some.mean, self.components, width))[:, None]
        t = (from_mean + (quadrature_nodes() + 1) * (width / 2)) / some.std[:, None]
        return _kernel(t, some.family) * _height(some)[:, None]

    def add_rows(self, kernel: Tensor, some: Components, place: Tensor, density: Tensor) -> None:
        """Add each row of a KERNEL to the density at its PLACE among the panels, in every group it belongs to."""
        for column in some.groups.T:
            density.view(-1, NODES).index_add_(0, column * density.shape[1] + place, kernel)


def _blocks(sorted_mean: Tensor, width: float) -> Iterator[slice]:
    """Yield slices of neighbours: at most BLOCK_ROWS components whose means span at most BLOCK_PANELS panels."""
    start = 0
    while start < len(sorted_mean):
        near = int(torch.searchsorted(sorted_mean, sorted_mean[start] + BLOCK_PANELS * width, right=True))
        stop = min(start + BLOCK_ROWS, near)
        yield slice(start, stop)
        start = stop


def _kernel_on_panels(own: Components, from_middle: Tensor, width: float) -> Tensor:
    """Return the standard densities of neighbours, sorted by mean, at the nodes of panels: (rows, panels NODES).

    from_middle: (panels,) the left edges relative to the mean of the middle row.
    """
    nodes = (from_middle[:, None] + (quadrature_nodes() + 1) * (width / 2)).flatten()
    t = nodes[None, :] / own.std[:, None]
    t -= ((own.mean - own.mean[len(own.mean) // 2]) / own.std)[:, None]
    return _kernel(t, own.family)


def _sum_by_group(kernel: Tensor, own: Components, group_count: int) -> Tensor:
    """Return the rows of the kernel (rows, points) times their heights, added up by group: (groups, points).

    It is a product with a (groups, rows) matrix of heights, of which all but a few entries per row are 0: with groups
    [[0, 2], [1, 2]] and heights 5 and 7 that matrix is [[5, 0], [0, 7], [5, 7]]. embedding_bag adds up, for each group,
    the rows in one list between two of the `start`s: here rows 0 | 1 | 0 1.
    """
    group = own.groups.T.flatten()
    narrow = group.numpy().astype(np.min_scalar_type(group_count))  # 16 bits are sorted in linear time
    order = torch.from_numpy(np.argsort(narrow, kind="stable"))
    rows = order % len(kernel)
    start = torch.searchsorted(group[order], torch.arange(group_count))
    heights = _height(own)[rows]
    return F.embedding_bag(rows, kernel, start, mode="sum", per_sample_weights=heights)


def _height(own: Components) -> Tensor:
    """Return what the kernel is to be multiplied by: (rows,)."""
    return own.weight / own.std * math.exp(-own.family.log_normaliser)


def _kernel(t: Tensor, family: Family) -> Tensor:
    """Return the unnormalised standard density at t, at least e^-60: less is slow to compute with, and nothing."""
    return family.log_kernel(t).clamp_(min=-60).exp_()
