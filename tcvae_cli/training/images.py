"""The pixels of a data set: all in memory, with one bit per pixel if binary, or read from the file in blocks."""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.rows import rows_at_once
from tcvae_cli.kernels import usable
from tcvae_cli.models.precision import to_device
from tcvae_cli.objectives.state import InputShape

RESIDENT_SHARE = 0.5  # of the free memory of a device
BLOCK_BYTES = 1 << 22  # read at once: long enough for a disk, short enough to shuffle many


@dataclass(frozen=True)
class Layout:
    """How the pixels of one image are packed, and unpacked into the floats that networks take."""

    input_shape: InputShape  # (channels, height, width)
    binary: bool

    @property
    def row_bytes(self) -> int:
        """Number of bytes of a packed image; a byte holds eight pixels if they are binary."""
        pixels = math.prod(self.input_shape)
        return -(-pixels // 8) if self.binary else pixels

    def pack(self, block: Array, path: str) -> Array:
        """Pack (rows, height, width[, channels]) uint8 to (rows, row_bytes). TcvaeError for a pixel out of range."""
        flat = block.reshape(len(block), -1)
        if self.binary and flat.max() > 1:
            raise TcvaeError(path, f"pixels should be 0 or 1, found {flat.max()}", "convert it with `tcvae prepare`")
        return np.packbits(flat, axis=1) if self.binary else flat

    def unpack(self, packed: Tensor, rows: Tensor | None = None, dtype: torch.dtype = torch.float32) -> Tensor:
        """Unpack (data, row_bytes) to images (data, channel, height, width) in [0, 1], on the same device.

        With ROWS, integers of any shape, only those: (*rows, channel, height, width). DTYPE is a floating one, in which
        zeros and ones are exact, but not levels of grey.
        """
        channels, height, width = self.input_shape
        count = math.prod(self.input_shape)
        if self.binary and usable(packed):
            from tcvae_cli.kernels import bits

            flat = bits.gather(packed, rows, count, dtype)
            return flat.view(*flat.shape[:-1], *self.input_shape)
        chosen = packed if rows is None else packed[rows]
        leading = chosen.shape[:-1]
        if not self.binary:
            levels = chosen.view(*leading, height, width, channels).movedim(-1, -3).float()
            return levels.div_(255).to(dtype)
        if packed.device.type == "cpu":  # eight times as fast as shifting
            flat = torch.from_numpy(np.unpackbits(chosen.numpy(), axis=-1, count=count))
        else:
            flat = unpack_bits(chosen, count)
        return flat.to(dtype).view(*leading, *self.input_shape)


@dataclass(frozen=True)
class Images:
    """All rows in memory."""

    pixels: Array  # (rows, row_bytes) uint8
    layout: Layout
    resident: Tensor | None = None  # the same pixels on the device, where they fit
    dtype: torch.dtype = torch.float32  # of batches

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def input_shape(self) -> InputShape:
        """Shape of one image, as networks take it."""
        return self.layout.input_shape

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Return some images (*rows, channel, height, width) in [0, 1]. Nothing waits for the device."""
        if self.resident is not None:
            if isinstance(rows, slice):
                return self.layout.unpack(self.resident[rows], dtype=self.dtype)
            return self.layout.unpack(self.resident, to_device(rows, device), self.dtype)
        return self.layout.unpack(to_device(torch.from_numpy(self.packed(rows)), device), dtype=self.dtype)

    def packed(self, rows: Tensor | slice) -> Array:
        """Return some images (batch, row_bytes) as they are packed."""
        found: Array = self.pixels[rows.numpy() if isinstance(rows, Tensor) else rows]
        return found

    def in_half(self) -> "Images":
        """Return these images in batches of bfloat16, which take half the time to move, if that loses nothing."""
        return replace(self, dtype=torch.bfloat16) if self.layout.binary else self

    def order(self, generator: torch.Generator) -> Tensor:
        """Return all rows, shuffled."""
        return torch.randperm(len(self), generator=generator)

    def are_on(self, device: torch.device) -> bool:
        """Tell whether `batch` makes images of rows that are on the device, without a word to the processor."""
        return device.type == "cpu" or self.resident is not None

    def on(self, device: torch.device) -> "Images":
        """Return these images, resident on a CUDA device if half of its free memory holds them."""
        if device.type != "cuda" or self.pixels.nbytes > RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
            return self
        return replace(self, resident=torch.from_numpy(self.pixels).to(device))


class StoredImages:
    """Rows that stay in the file. Blocks of them are kept in memory while they are in use.

    An epoch shuffles the blocks, takes GROUP_BLOCKS at a time, and shuffles the rows of those: every row once, in an
    order that depends on the generator and on the group alone.
    """

    def __init__(self, data: DataSet, layout: Layout, group_rows: int, block_bytes: int = BLOCK_BYTES) -> None:
        self.data, self.layout = data, layout
        self.block_rows = stored_block_rows(data, layout, block_bytes)
        self.group_blocks = max(1, group_rows // self.block_rows)
        self.blocks: OrderedDict[int, Array] = OrderedDict()  # the latest used last
        self.most_blocks = 4 * self.group_blocks  # of two streams, each at the border of two groups

    def __len__(self) -> int:
        return self.data.description.rows

    @property
    def input_shape(self) -> InputShape:
        """Shape of one image, as networks take it."""
        return self.layout.input_shape

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Return some images (batch, channel, height, width) float32 in [0, 1]."""
        return self.layout.unpack(to_device(torch.from_numpy(self.packed(rows)), device))

    def packed(self, rows: Tensor | slice) -> Array:
        """Return some images (batch, row_bytes) as they are packed."""
        index = np.arange(len(self))[rows] if isinstance(rows, slice) else rows.numpy()
        chosen = np.empty((len(index), self.layout.row_bytes), dtype=np.uint8)
        which = index // self.block_rows
        for number in np.unique(which):
            chosen[which == number] = self.block(int(number))[index[which == number] % self.block_rows]
        return chosen

    def block(self, number: int) -> Array:
        """Return a packed block, from memory or from the file."""
        if number not in self.blocks:
            start = number * self.block_rows
            rows = self.data.rows(slice(start, start + self.block_rows))
            self.blocks[number] = self.layout.pack(rows, self.data.path)
            while len(self.blocks) > self.most_blocks:
                self.blocks.popitem(last=False)
        self.blocks.move_to_end(number)
        return self.blocks[number]

    def order(self, generator: torch.Generator) -> Tensor:
        """Return all rows, blocks shuffled, and rows shuffled within each group of blocks."""
        blocks = torch.randperm(-(-len(self) // self.block_rows), generator=generator)
        groups = []
        for group in blocks.split(self.group_blocks):
            rows = (group[:, None] * self.block_rows + torch.arange(self.block_rows)).flatten()
            rows = rows[rows < len(self)]
            groups.append(rows[torch.randperm(len(rows), generator=generator)])
        return torch.cat(groups)

    def are_on(self, device: torch.device) -> bool:
        """Tell whether `batch` makes images of rows on the device alone, which it never does."""
        return False

    def on(self, device: torch.device) -> "StoredImages":
        """Return these images as they are: they stay in the file."""
        return self


AnyImages = Images | StoredImages


def layout_of(data: DataSet) -> Layout:
    """Return how the images of a data set are packed."""
    height, width, *colours = data.description.image_shape
    return Layout((colours[0] if colours else 1, height, width), data.description.pixel_kind == "binary")


def stored_block_rows(data: DataSet, layout: Layout, block_bytes: int) -> int:
    """Return how many rows are read at once: whole chunks of the file, about `block_bytes` of it."""
    return rows_at_once(data.images, block_bytes // math.prod(layout.input_shape))


def rows_shuffled_together(data: DataSet, memory: int, block_bytes: int = BLOCK_BYTES) -> int | None:
    """Return None if all images fit MEMORY bytes; else how many of them are to be shuffled at a time."""
    layout = layout_of(data)
    if data.description.rows * layout.row_bytes <= memory:
        return None
    block_rows = stored_block_rows(data, layout, block_bytes)
    return max(1, memory // (4 * block_rows * layout.row_bytes)) * block_rows


def load_images(data: DataSet, group_rows: int | None = None, block_bytes: int = BLOCK_BYTES) -> AnyImages:
    """Read all pixels block by block; or leave them in the file, and shuffle `group_rows` at a time, if that is given.

    TcvaeError if a binary data set holds anything but 0 and 1.
    """
    layout = layout_of(data)
    if group_rows is not None:
        return StoredImages(data, layout, group_rows, block_bytes)
    pixels = np.empty((data.description.rows, layout.row_bytes), dtype=np.uint8)
    start = 0
    for block in data.blocks():
        pixels[start : start + len(block)] = layout.pack(block, data.path)
        start += len(block)
    return Images(pixels, layout)


def unpack_bits(packed: Tensor, count: int) -> Tensor:
    """Unpack (..., bytes) uint8 to (..., COUNT) zeros and ones, highest bit first, as numpy.unpackbits does."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=packed.device)
    return ((packed[..., None] >> shifts) & 1).flatten(-2)[..., :count]
