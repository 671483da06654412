"""The kernel of the noise draws what its torch form draws."""

import pytest
import torch

from tcvae_cli.models.noise import drawn_with_torch


@pytest.mark.parametrize("count", [1, 2, 7, 3000])
@pytest.mark.parametrize("kind", ["normal", "laplace", "keys"])
def test_as_with_torch(device: torch.device, kind: str, count: int) -> None:
    from tcvae_cli.kernels import noise, usable

    seeds, step = torch.tensor([0, 5, 2**31, 2**33 + 1]), torch.tensor(2**32 + 17)
    assert usable(seeds.to(device))
    found = noise.draw(seeds.to(device), step.to(device), 2, count, getattr(noise, kind.upper())).cpu()
    expected = drawn_with_torch(seeds, step, 2, count, kind)
    if kind == "keys":
        assert torch.equal(found, expected)
    else:
        torch.testing.assert_close(found, expected, rtol=2e-6, atol=1e-6)
