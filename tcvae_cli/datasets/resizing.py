"""Blocks of images brought to another size."""

import numpy as np
from PIL import Image

from tcvae_cli.arrays import Array


def resized(block: Array, size: int) -> Array:
    """Return images (rows, H, W[, 3]) uint8 as (rows, size, size[, 3]), by Lanczos' filter."""
    if block.shape[1:3] == (size, size):
        return block
    filtered = (Image.fromarray(image).resize((size, size), Image.Resampling.LANCZOS) for image in block)
    return np.stack([np.asarray(image) for image in filtered])
