"""A whole data set in memory, small: one bit a pixel when binary, one byte otherwise."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import Array, DataSet

RESIDENT_SHARE = 0.5  # of the free memory of a device


@dataclass(frozen=True)
class Images:
    """Pixels of all rows; `batch` makes the float images of some of them."""

    pixels: Array  # (rows, bytes) uint8, eight pixels a byte if binary
    shape: tuple[int, int, int]  # (channels, height, width)
    binary: bool
    resident: Tensor | None = None  # the same pixels on the device, where they fit

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Images (batch, channel, height, width) float32 in [0, 1]. Nothing waits for the device."""
        channels, height, width = self.shape
        chosen = self.chosen(rows, device)
        if self.binary:
            count = channels * height * width
            if device.type == "cpu":  # eight times as fast as shifting
                flat = torch.from_numpy(np.unpackbits(chosen.numpy(), axis=1, count=count))
            else:
                flat = unpack_bits(chosen, count)
            return flat.float().reshape(-1, *self.shape)
        return chosen.reshape(-1, height, width, channels).permute(0, 3, 1, 2).float().div_(255)

    def chosen(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """The packed pixels of some rows, on the device."""
        if self.resident is not None:
            return self.resident[rows.to(device, non_blocking=True) if isinstance(rows, Tensor) else rows]
        packed = torch.from_numpy(self.pixels[rows.numpy() if isinstance(rows, Tensor) else rows])
        if device.type == "cpu":
            return packed
        return packed.pin_memory().to(device, non_blocking=True)

    def on(self, device: torch.device) -> "Images":
        """The same, resident on a CUDA device if half of its free memory holds them."""
        if device.type != "cuda" or self.pixels.nbytes > RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
            return self
        return replace(self, resident=torch.from_numpy(self.pixels).to(device))


def unpack_bits(packed: Tensor, count: int) -> Tensor:
    """(rows, bytes) uint8 to (rows, COUNT) zeros and ones, the highest bit of a byte first: numpy.unpackbits."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=packed.device)
    return ((packed[:, :, None] >> shifts) & 1).flatten(1)[:, :count]


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
