"""Which images of a data set are the same picture."""

import hashlib

import numpy as np

from tcvae_cli.files.data_sets import Array, DataSet


def number_images(data: DataSet) -> Array:
    """A number for every image (rows,) int64, the same for images of equal pixels, in order of first appearance."""
    numbers: dict[bytes, int] = {}
    images = (image for block in data.blocks() for image in np.ascontiguousarray(block))
    digests = (hashlib.blake2b(image, digest_size=16).digest() for image in images)
    return np.fromiter(
        (numbers.setdefault(digest, len(numbers)) for digest in digests), np.int64, data.description.rows
    )
