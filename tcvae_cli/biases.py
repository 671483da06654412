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


def weights(kind: str, x: Array, y: Array) -> Array:
    """Return the joint distribution of KIND on the grid of X and Y, which broadcast; it is not normalised."""
    if kind == "A":
        return np.ones(np.broadcast_shapes(x.shape, y.shape))
    if kind == "B":
        return np.multiply(1 + (x + 1) / 2, 1 + (y + 1) / 2)
    if kind == "C":
        return np.asarray(1 + 3 * (1 - abs(abs(x) - abs(y))))
    return np.asarray(1 + 3 * (1 - abs(x - y) / 2))
