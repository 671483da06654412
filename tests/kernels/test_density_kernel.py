"""The kernel of densities on panels adds up what its torch form adds up."""

import pytest
import torch

from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.estimators.marginals import Components, marginal_density
from tcvae_cli.estimators.panel_sums import SCALES, Placed, sums_with_torch
from tcvae_cli.estimators.quadrature import NODES, quadrature_nodes


@pytest.mark.parametrize(("family", "ranges"), [(NORMAL, 2), (LAPLACE, 2), (NORMAL, 1100)])  # in parts, and whole
def test_as_with_torch(device: torch.device, family: Family, ranges: int) -> None:
    from tcvae_cli.kernels import density, usable

    generator = torch.Generator().manual_seed(ranges)
    width, rows, far = 1e-6, 700, 10**15  # panels of 1e-6 near 1e9
    noise = torch.rand(3, rows, generator=generator, dtype=torch.float64)
    home = far + torch.randint(-9, 10, (rows,), generator=generator).sort().values
    placed = Placed(home, noise[0] * width, (0.2 + noise[1]) * width, noise[2], torch.zeros(rows, 1).long(), family)
    longest = rows // ranges + 9
    start = torch.randint(0, rows - longest, (ranges,), generator=generator)
    ends = torch.stack([start, start + torch.randint(0, longest, (ranges,), generator=generator)])
    ends[1, -1] = start[-1]  # an empty one
    panel = far + torch.randint(-9, 10, (ranges,), generator=generator)
    geometry = torch.cat([(quadrature_nodes() + 1) * (width / 2), torch.tensor([width], dtype=torch.float64)])
    numbers = torch.stack([placed.past_edge, SCALES[family] / placed.std, placed.height])
    arguments = (each.to(device) for each in (ends, panel, home, numbers, geometry))
    assert usable(ends.to(device))
    found = density.sums(*arguments, cusp=family.has_cusp).cpu()
    assert found.shape == (ranges, NODES)
    torch.testing.assert_close(found, sums_with_torch(ends, panel, placed, width), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("family", [NORMAL, LAPLACE], ids=["normal", "laplace"])
def test_a_density_by_the_kernel(device: torch.device, family: Family) -> None:
    mean = torch.tensor([0.0, 0.1, 3.0], dtype=torch.float64)
    std = torch.tensor([1.0, 0.4, 0.7], dtype=torch.float64)
    components = Components(mean, std, mean.new_full((3,), 1 / 3), torch.tensor([[0], [1], [1]]), family)
    there = Components(*(part.to(device) for part in (mean, std, components.weight, components.groups)), family, True)
    for found, expected in zip(marginal_density(there, 2), marginal_density(components, 2), strict=True):
        assert torch.equal(found.left.cpu(), expected.left)
        torch.testing.assert_close(found.density.cpu(), expected.density, rtol=1e-12, atol=1e-12)
