"""Which images of a data set are the same picture."""

import hashlib
from collections.abc import Callable

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.files.data_sets import DataSet


def number_images(data: DataSet, advance: Callable[[int], object] = lambda count: None) -> Array:
    """Return a number for every image (rows,) int64, the same for images of equal pixels, in order of first appearance.

    ADVANCE is told of the images read.
    """
    numbers: dict[bytes, int] = {}
    found = []
    for block in data.blocks():
        digests = (hashlib.blake2b(image, digest_size=16).digest() for image in np.ascontiguousarray(block))
        found.append([numbers.setdefault(digest, len(numbers)) for digest in digests])
        advance(len(block))
    return np.concatenate(found)
