"""The probability of each row of a data set, for a biased sampling of two of its factors."""

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.biases import weights


def joint_bias(kind: str, first: Array, second: Array) -> Array:
    """Return the probability (rows,) of rows with classes FIRST and SECOND (rows,), so that these are jointly KIND.

    The rows of one cell share its probability, so that it does not matter how many there are; cells without rows are
    left out. `joint_bias("B", [0, 0, 1, 1], [0, 1, 0, 1])` is [1/9, 2/9, 2/9, 4/9].
    """
    first, second = np.asarray(first), np.asarray(second)
    sizes = first.max() + 1, second.max() + 1
    weight = weights(kind, np.linspace(-1, 1, sizes[0])[:, None], np.linspace(-1, 1, sizes[1]))
    rows = np.zeros(sizes)
    np.add.at(rows, (first, second), 1)
    shared = weight[first, second] / rows[first, second]
    probability: Array = shared / shared.sum()
    return probability
