"""The joint distributions of two factors under which the paper trains on biased samples (figure 5).

x and y run from -1 to 1 over the classes of the two factors. Every cell is positive, and but for A the likeliest is
four times as likely as the least likely. The formulas are ours: the paper gives these properties and a picture.
"""

import numpy as np

from tcvae_cli.arrays import Array

BIASES = {
    "A": "independent and uniform",
    "B": "independent, not uniform",
    "C": "uncorrelated but dependent",
    "D": "correlated",
}


def joint_bias(kind: str, first: Array, second: Array) -> Array:
    """The probability (rows,) of each row with classes FIRST and SECOND (rows,), so that the classes are jointly KIND.

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


def weights(kind: str, x: Array, y: Array) -> Array:
    """The joint distribution of KIND on the grid of X and Y, not normalised."""
    if kind == "A":
        return np.ones(np.broadcast_shapes(x.shape, y.shape))
    if kind == "B":
        return np.multiply(1 + (x + 1) / 2, 1 + (y + 1) / 2)
    if kind == "C":
        return np.asarray(1 + 3 * (1 - abs(abs(x) - abs(y))))
    return np.asarray(1 + 3 * (1 - abs(x - y) / 2))
