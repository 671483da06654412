"""Sums of one-dimensional densities over ranges of components, in float64: the density of a latent on its panels."""

import torch
import triton
import triton.language as tl
from torch import Tensor

ROWS = 64  # components at once in one program
PROGRAMS = 2048  # fewer ranges than these are cut into parts, so that a GPU has work for all of its processors
MOST_PARTS = 64


def sums(ends: Tensor, panel: Tensor, home: Tensor, numbers: Tensor, geometry: Tensor, *, cusp: bool) -> Tensor:
    """Return, for each range of components, the sum of their densities at the nodes of a panel: (ranges, nodes).

    ends: (2, ranges) int64, where each range begins and ends among the components. panel: (ranges,) int64. home:
    (components,) int64, the panel of each mean. numbers: (3, components) float64: how far each mean is from the left
    edge of its panel, its scale, its height. geometry: (nodes + 1,) float64: the nodes from the left edge of a panel,
    a power of 2 of them, then the width of a panel. A component has the density height exp(-t^2), or with a CUSP height
    exp(-|t|), at t = scale times the distance from its mean, and at least height exp(-60).

    The order of the additions follows from the shapes: no two programs add to the same number.
    """
    ranges, nodes = len(panel), len(geometry) - 1
    parts = max(1, min(MOST_PARTS, PROGRAMS // max(1, ranges), triton.cdiv(len(home), ROWS)))
    found = torch.empty(parts, ranges, nodes, dtype=torch.float64, device=home.device)
    if ranges:
        shape = {"cusp": cusp, "nodes": nodes, "block": ROWS}
        _sums[(ranges, parts)](ends, panel, home, numbers, geometry, found, ranges, len(home), parts, **shape)
    return found.sum(0)


@triton.jit
def _sums(
    ends,
    panels,
    homes,
    numbers,
    geometry,
    found,
    ranges,
    components,
    parts,
    cusp: tl.constexpr,
    nodes: tl.constexpr,
    block: tl.constexpr,
):
    one, part = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    start, end = tl.load(ends + one), tl.load(ends + ranges + one)
    size = (end - start + parts - 1) // parts
    start = start + part * size
    end = tl.minimum(start + size, end)
    panel, width = tl.load(panels + one), tl.load(geometry + nodes)
    node = tl.arange(0, nodes)
    offset = tl.load(geometry + node)
    total = tl.zeros([block, nodes], tl.float64)
    for row in range(start, end, block):
        rows = row + tl.arange(0, block)
        inside = rows < end
        # A difference of panel numbers is exact: of means near 1e9 and panels 1e-6 wide no digit is lost.
        apart = (panel - tl.load(homes + rows, mask=inside, other=0)).to(tl.float64) * width
        apart -= tl.load(numbers + rows, mask=inside, other=0.0)
        scale = tl.load(numbers + components + rows, mask=inside, other=0.0)
        height = tl.load(numbers + 2 * components + rows, mask=inside, other=0.0)
        t = (apart[:, None] + offset[None, :]) * scale[:, None]
        exponent = -tl.abs(t) if cusp else -t * t
        total += height[:, None] * tl.exp(tl.maximum(exponent, -60.0))
    tl.store(found + (part * ranges + one) * nodes + node, tl.sum(total, 0))
