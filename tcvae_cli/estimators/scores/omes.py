"""Overlap and multiple encoding, OMES: Dapueto, Noceti & Odone 2024."""

from collections.abc import Sequence

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score


def omes(given: Representation, plan: Plan) -> Score:
    """Return the mean of two scores of each factor's best latent, that it encodes no other, and that no other does.

    S_jk is how much latent j encodes factor k. OS_k = max_j S_jk (1 - mean over factors l of |S_jl - (l is k)|), and
    MES_k = max_j S_jk (1 - mean over active latents i of |S_ik - (i is j)|); the score is the mean over factors of
    (OS_k + MES_k) / 2. All images, nothing is sampled.
    """
    encoding = association(given)  # (latent, factor)
    latents, factors = encoding.shape
    missed = 1 - 2 * encoding  # what |S - 1| is more than S: the sums over all l and i have S in its place
    overlap = (encoding * (1 - (encoding.sum(1, keepdims=True) + missed) / factors)).max(0, initial=0)
    multiple = (encoding * (1 - (encoding.sum(0) + missed) / max(1, latents))).max(0, initial=0)
    per_factor = (overlap + multiple) / 2
    parts = {"overlap": float(overlap.mean()), "multiple_encoding": float(multiple.mean())}
    more = {"score_per_factor": per_factor.tolist(), "association": encoding.T.tolist()}
    return Score(float(per_factor.mean()), {**parts, **more})


def association(given: Representation) -> Array:
    """Return how much each latent encodes each factor, in [0, 1]: (latent, factor).

    1 - |r|, r the correlation of the mean of one image and of the other over all ordered pairs of images that differ in
    that factor only, each pair by the product of its p(n); the source draws some of the pairs. A latent that the factor
    does not move has r = 1. Images with a missing label are in no pair, and a factor without pairs is encoded by none.
    """
    labelled = (given.classes >= 0).all(1)
    cell, classes = combinations(given.classes[labelled])
    means, probability = given.means[labelled], given.probability[labelled]
    mass = sums(cell, probability[:, None])[:, 0]
    first, second = sums(cell, probability[:, None] * means), sums(cell, probability[:, None] * means**2)
    found = np.zeros((means.shape[1], classes.shape[1]))
    for factor in range(classes.shape[1]):
        line = combinations(np.delete(classes, factor, axis=1))[0]  # of cells that differ in the factor only
        partners = sums(line, mass[:, None])[line, 0] - mass  # p(n) of all images that those of a cell are paired with
        pairs = mass @ partners
        if pairs <= 0:
            continue
        centre = partners @ first / pairs
        variance = partners @ second / pairs - centre**2
        product = ((sums(line, first) ** 2).sum(0) - (first**2).sum(0)) / pairs - centre**2
        moved = variance > np.finfo(np.float32).eps
        r = np.divide(product, variance, out=np.ones_like(variance), where=moved)
        found[:, factor] = (1 - np.abs(r)).clip(0, 1)
    return found


def combinations(classes: Array) -> tuple[Array, Array]:
    """Return the number of each row's combination of classes (rows,), and the combinations (number, column)."""
    place = np.zeros(len(classes), dtype=np.int64)
    for column in classes.T:
        place = np.unique(place * (column.max(initial=0) + 1) + column, return_inverse=True)[1]
    return place, classes[np.unique(place, return_index=True)[1]]


def sums(place: Array, values: Array) -> Array:
    """Return the sum of the rows of VALUES (rows, columns) at each place: (place, columns)."""
    found = np.zeros((place.max(initial=-1) + 1, values.shape[1]))
    for column, total in zip(values.T, found.T, strict=True):
        total[:] = np.bincount(place, column, len(found))
    return found


def without_pairs(given: Representation, names: Sequence[str]) -> str:
    """Return the fault of a factor in which alone no two images differ, of factors with these NAMES; else nothing."""
    classes = combinations(given.classes[(given.classes >= 0).all(1)])[1]
    for factor, name in enumerate(names):
        if len(combinations(np.delete(classes, factor, axis=1))[1]) == len(classes):
            return f"no two images differ in {name} alone, and omes compares such"
    return ""
