"""Arrays out of an HDF5 file that is not ours, in blocks of whole chunks."""

from collections.abc import Iterator

import h5py

from tcvae_cli.arrays import Array
from tcvae_cli.files.inflating import read_part
from tcvae_cli.files.rows import rows_at_once


def read_blocks(images: h5py.Dataset, rows: int) -> Iterator[Array]:
    """Yield all rows in order: about ROWS at a time, but whole chunks of the file, so that each is inflated once."""
    step = rows_at_once(images, rows)
    for start in range(0, len(images), step):
        yield read_part(images, slice(start, min(start + step, len(images))))
