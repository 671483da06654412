"""Arrays out of an HDF5 file that is not ours, in blocks of whole chunks."""

from collections.abc import Iterator

import h5py
import numpy as np

from tcvae_cli.arrays import Array

MOST_BYTES = 1 << 27  # in memory at once, whatever a file's chunks are


def read_blocks(images: h5py.Dataset, rows: int) -> Iterator[Array]:
    """Yield all rows in order: about ROWS at a time, but whole chunks of the file, so that each is inflated once."""
    step = images.chunks[0] if images.chunks else rows
    row_bytes = images.dtype.itemsize * int(np.prod(images.shape[1:]))
    step = max(1, min(-(-rows // step) * step, MOST_BYTES // row_bytes))
    for start in range(0, len(images), step):
        yield np.asarray(images[start : start + step])
