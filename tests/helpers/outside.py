"""Small codes of 480 images, made from a seed, for which tests/outside has the numbers of other programs.

Only NumPy is needed, so that tests/outside/make_numbers.py runs where those programs are installed and ours is not.
"""

import numpy as np
from numpy.typing import NDArray

SIZES = (4, 3, 2)  # classes of the factors: every combination has EACH images
EACH = 20
IMAGES = 480
TRAIN, TEST = 320, 160  # images to learn from, and to test on
PER_VOTE = 8
VOTES = 10_000  # to learn from, and as many to test on
NOISE = (0.2, 0.4, 0.5, 0.8)  # beside each of the first four latents, whose signal is about 1
UNITS = (0.5, 1.0, 4.0, 2.0, 0.5)  # of the living latents of `dead`; powers of two, so that nothing is rounded

Array = NDArray[np.float64]


def make_classes() -> NDArray[np.int64]:
    """Return the factor classes of all images: (images, factors)."""
    return np.indices(SIZES).reshape(len(SIZES), -1).T.repeat(EACH, axis=0).astype(np.int64)


def make_means() -> dict[str, Array]:
    """Return the posterior means (images, latents) by the name of the code.

    disentangled: a latent for each factor, the first bent, a fourth for the first factor again, a fifth of noise alone.
    rotated: the same, with the first latent turned into the second by 30 degrees, and the third into the fourth.
    dead: the latents of `disentangled` in other units, and before them a dead one that leaks the second factor.
    """
    random = np.random.RandomState(19)  # its numbers stay the same in every version of NumPy; a Generator's need not
    signal = 2 * make_classes() / (np.array(SIZES) - 1) - 1  # from -1 to 1
    noise = random.standard_normal((IMAGES, 6))
    bent = np.column_stack([signal[:, 0] ** 3, signal[:, 1], signal[:, 2], signal[:, 0]])
    plain = standard(np.column_stack([bent + NOISE * noise[:, :4], noise[:, 4]]))
    cosine, sine = np.cos(np.pi / 6), np.sin(np.pi / 6)
    rotated = plain.copy()
    rotated[:, [0, 2]] = cosine * plain[:, [0, 2]] - sine * plain[:, [1, 3]]
    rotated[:, [1, 3]] = sine * plain[:, [0, 2]] + cosine * plain[:, [1, 3]]
    leak = 0.002 * signal[:, 1] + 0.001 * noise[:, 5]
    return {"disentangled": plain, "rotated": standard(rotated), "dead": np.column_stack([leak, plain * UNITS])}


def make_stds(name: str) -> Array:
    """Return the posterior standard deviation of each latent of a code; that of a dead one is the prior's, 1."""
    return np.array([1.0, *(0.3 * np.array(UNITS))]) if name == "dead" else np.full(5, 0.3)


def standard(means: Array) -> Array:
    """Return the means with mean 0 and standard deviation 1."""
    return (means - means.mean(0)) / means.std(0)


def split() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to learn from and those to test on: the ones that `tcvae score --seed 0` draws of these codes."""
    rows = np.random.default_rng(0).permutation(IMAGES)
    return rows[:TRAIN], rows[TRAIN:]
