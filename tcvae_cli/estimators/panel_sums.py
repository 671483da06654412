"""Densities on panels as sums over ranges of neighbours: what CUDA does where marginals.py goes block by block.

The components that reach a panel are neighbours in the order of their means, so those of one group are a range in the
order of groups and means. All ranges are summed at once, in float64, by a Triton kernel or with torch. The order of the
additions follows from the shapes alone, so the same codes give the same bytes.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.estimators.quadrature import NODES, quadrature_nodes
from tcvae_cli.kernels import usable

PIECE = 16  # components that torch adds up at once for one range
PIECES_AT_ONCE = 1 << 15  # of PIECE x NODES float64: 64 MB for each temporary
SCALES = {NORMAL: math.sqrt(0.5), LAPLACE: math.sqrt(2)}  # of a standard deviation: exp(-t^2), exp(-|t|)


@dataclass(frozen=True)
class Placed:
    """Components in the order of their means, and where they lie: (rows,) each, groups (rows, columns)."""

    home: Tensor  # the panel that the mean lies in, int64
    past_edge: Tensor  # how far the mean is from the left edge of that panel
    std: Tensor
    height: Tensor
    groups: Tensor
    family: Family

    def __getitem__(self, rows: Tensor | slice) -> "Placed":
        home, past_edge, std = self.home[rows], self.past_edge[rows], self.std[rows]
        return Placed(home, past_edge, std, self.height[rows], self.groups[rows], self.family)


def add_between(density: Tensor, placed: Placed, panels: Tensor, width: float, first: Tensor, last: Tensor) -> None:
    """Add to the DENSITY (groups, panels, NODES) on each panel the components whose home is from FIRST to LAST.

    panels, first, last: (panels,) int64. An example, with one group: components at home on panels 0 0 1 3, panels 0 and
    2, of which each takes its neighbours: first -1 and 1, last 1 and 3. The components 0 .. 2 are added to panel 0, and
    2 .. 3 to panel 2.
    """
    if len(placed.home) == 0 or len(panels) == 0:
        return
    placed = placed[slice(*torch.searchsorted(placed.home, torch.stack([first.min(), last.max() + 1])).tolist())]
    if len(placed.home) == 0:
        return
    ends, rows = _ranges(len(density), placed, torch.stack([first, last + 1]))
    filled = (ends[0] < ends[1]).nonzero().squeeze(1)
    sums = _sums(ends[:, filled].contiguous(), panels[filled % len(panels)], placed[rows], width)
    density.view(-1, NODES).index_add_(0, filled, sums)  # each place once


def _ranges(group_count: int, placed: Placed, bounds: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the range of each group and panel begins and ends, (2, groups panels), in an order of rows.

    bounds: (2, panels), the first home of a panel's range and the first beyond it. A row that is in several groups is
    as often in that order.
    """
    edges = bounds.unique()
    count = len(edges) + 1
    # Homes below all bounds are at place 0, those from edges[i - 1] up to edges[i] at place i.
    place = torch.searchsorted(edges, placed.home, right=True)
    key, order = (placed.groups.T * count + place).flatten().sort(stable=True)
    group = torch.arange(group_count, device=key.device)[:, None] * count
    ends = torch.stack([torch.searchsorted(key, group + place + 1) for place in torch.searchsorted(edges, bounds)])
    return ends.flatten(1), order % len(placed.home)


def _sums(ends: Tensor, panel: Tensor, placed: Placed, width: float) -> Tensor:
    """Return the sum of the densities of the components in each range at the nodes of its panel: (ranges, NODES)."""
    if not usable(ends) or placed.family not in SCALES:
        return sums_with_torch(ends, panel, placed, width)
    from tcvae_cli.kernels import density

    nodes = (quadrature_nodes() + 1) * (width / 2)
    geometry = torch.cat([nodes, nodes.new_tensor([width])]).to(ends.device)
    numbers = torch.stack([placed.past_edge, SCALES[placed.family] / placed.std, placed.height])
    return density.sums(ends, panel, placed.home, numbers, geometry, cusp=placed.family.has_cusp)


def sums_with_torch(ends: Tensor, panel: Tensor, placed: Placed, width: float) -> Tensor:
    """Return what the kernel does, by pieces of ranges, padded to one length: (ranges, NODES)."""
    start, stop = ends
    pieces = (stop - start + PIECE - 1).div(PIECE, rounding_mode="floor")
    of_range = torch.arange(len(panel), device=panel.device).repeat_interleave(pieces)
    within = torch.arange(len(of_range), device=panel.device) - (pieces.cumsum(0) - pieces)[of_range]
    nodes = (quadrature_nodes() + 1).to(panel.device) * (width / 2)
    lane = torch.arange(PIECE, device=panel.device)
    found = [placed.height.new_empty(0, NODES)]
    for some, inner in zip(of_range.split(PIECES_AT_ONCE), within.split(PIECES_AT_ONCE), strict=True):
        row = (start[some] + inner * PIECE)[:, None] + lane
        inside = row < stop[some, None]
        row = row.clamp(max=len(placed.home) - 1)
        apart = (panel[some, None] - placed.home[row]).double() * width - placed.past_edge[row]
        t = (apart[..., None] + nodes) / placed.std[row, None]
        kernel = placed.family.log_kernel(t).clamp_(min=-60).exp_()
        found.append(((placed.height[row] * inside)[..., None] * kernel).sum(1))
    summed: Tensor = torch.segment_reduce(torch.cat(found), "sum", lengths=pieces, axis=0)
    return summed
