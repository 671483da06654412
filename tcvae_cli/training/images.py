"""A whole data set in memory, small: one bit a pixel when binary, one byte otherwise."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import Array, DataSet


@dataclass(frozen=True)
class Images:
    """Pixels of all rows; `batch` makes the float images of some of them."""

    pixels: Array  # (rows, bytes) uint8, eight pixels a byte if binary
    shape: tuple[int, int, int]  # (channels, height, width)
    binary: bool

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Images (batch, channel, height, width) float32 in [0, 1]."""
        chosen = self.pixels[rows.numpy() if isinstance(rows, Tensor) else rows]
        channels, height, width = self.shape
        if self.binary:
            pixels = torch.from_numpy(np.unpackbits(chosen, axis=1, count=channels * height * width))
            return pixels.to(device).float().reshape(-1, *self.shape)
        pixels = torch.from_numpy(chosen).to(device).reshape(-1, height, width, channels)
        return pixels.permute(0, 3, 1, 2).float().div_(255)


def load_images(data: DataSet) -> Images:
    """Read all pixels, block by block. TcvaeError if a binary data set holds anything but 0 and 1."""
    height, width, *colours = data.description.image_shape
    binary = data.description.pixel_kind == "binary"
    row_bytes = height * width * (colours[0] if colours else 1)
    pixels = np.empty((data.description.rows, -(-row_bytes // 8) if binary else row_bytes), dtype=np.uint8)
    start = 0
    for block in data.blocks():
        flat = block.reshape(len(block), row_bytes)
        if binary and flat.max() > 1:
            raise TcvaeError(
                data.path, f"pixels should be 0 or 1, found {flat.max()}", "convert it with `tcvae prepare`"
            )
        pixels[start : start + len(block)] = np.packbits(flat, axis=1) if binary else flat
        start += len(block)
    return Images(pixels, (colours[0] if colours else 1, height, width), binary)
