"""The kernel that gathers and unpacks binary images against numpy's unpackbits."""

import numpy as np
import pytest
import torch

from tcvae_cli.training.images import Images, Layout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("pixels", [1, 8, 13, 4096, 49 * 49 * 3])
def test_as_numpy(device: torch.device, pixels: int, dtype: torch.dtype) -> None:
    from tcvae_cli.kernels import bits

    generator = np.random.default_rng(1)
    packed = generator.integers(0, 256, (9, -(-pixels // 8)), dtype=np.uint8)
    expected = torch.from_numpy(np.unpackbits(packed, axis=1, count=pixels))
    here = torch.from_numpy(packed).to(device)
    found = bits.gather(here, None, pixels, dtype)
    assert found.dtype == dtype
    assert torch.equal(found.cpu().to(torch.uint8), expected)
    assert torch.equal(bits.gather(here.view(3, 3, -1), None, pixels, dtype), found.view(3, 3, -1))
    for rows in (torch.tensor([8, 0, 0, 3]), torch.tensor([[1], [7]], dtype=torch.int32), torch.tensor([[]]).long()):
        found = bits.gather(here, rows.to(device), pixels, dtype)
        assert found.shape == (*rows.shape, pixels)
        assert torch.equal(found.cpu().to(torch.uint8), expected[rows.long()])


def test_batches_of_resident_images(device: torch.device) -> None:
    layout = Layout((1, 6, 6), binary=True)
    flat = np.random.default_rng(2).integers(0, 2, (20, 36), dtype=np.uint8)
    packed = layout.pack(flat.reshape(20, 6, 6), "here")
    images = Images(packed, layout, torch.from_numpy(packed).to(device))
    expected = torch.from_numpy(flat).float().view(20, 1, 6, 6)
    rows = torch.tensor([3, 3, 19])
    assert torch.equal(images.batch(rows, device).cpu(), expected[rows])
    assert torch.equal(images.batch(slice(4, 9), device).cpu(), expected[4:9])
    assert torch.equal(layout.unpack(torch.from_numpy(packed).view(4, 5, -1).to(device)).cpu().flatten(0, 1), expected)
