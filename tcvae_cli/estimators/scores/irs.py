"""Interventional robustness: Suter, Miladinovic, Scholkopf & Bauer 2019."""

import itertools

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score

QUANTILE = 0.99  # of the deviations where a factor is fixed; 1 would be the paper's own


def irs(given: Representation, plan: Plan) -> Score:
    """Return the mean over latents of 1 - deviation when its best factor is fixed / deviation when nothing is.

    As in the authors' published code: a fixed deviation is the QUANTILE of |mean - E[mean]| over the images with a
    value, averaged over the values; the free one, by which latents also weigh, is the largest. All images, nothing is
    sampled.
    """
    centre = given.probability @ given.means
    free = np.abs(given.means - centre).max(0)
    fixed = np.stack([fixed_deviation(given, column) for column in given.classes.T])  # (factor, latent)
    robustness = (1 - fixed / free).clip(min=0)
    per_latent = robustness.max(0)
    score = float(np.average(per_latent, weights=free)) if len(free) else 0.0
    parts = {"irs_per_latent": per_latent.tolist(), "robustness": robustness.tolist(), "quantile": QUANTILE}
    return Score(score, parts)


def fixed_deviation(given: Representation, column: Array) -> Array:
    """Return the mean over the values in COLUMN of the QUANTILE of |mean - E[mean | value]|: (latent,)."""
    order = np.argsort(column, kind="stable")
    edges = np.searchsorted(column[order], np.arange(column.max() + 2))
    total = np.zeros(given.means.shape[1])
    for rows in (order[start:stop] for start, stop in itertools.pairwise(edges)):
        weight = given.probability[rows]
        centre = weight @ given.means[rows] / weight.sum()
        total += quantile(np.abs(given.means[rows] - centre), weight)
    return total / (len(edges) - 1)


def quantile(values: Array, weight: Array) -> Array:
    """Return the QUANTILE of each column of values (rows, columns), that of numpy.percentile where weights are equal.

    Otherwise linear between the sorted values, which stand at (weight before) / (weight before the last).
    """
    if weight.min() == weight.max():
        found: Array = np.quantile(values, QUANTILE, axis=0)
        return found
    order = np.argsort(values, axis=0)
    before = np.cumsum(weight[order], axis=0) - weight[order]  # rows > 1: their weights differ
    columns = zip(before.T / before[-1][:, None], np.take_along_axis(values, order, 0).T, strict=True)
    return np.array([np.interp(QUANTILE, place, column) for place, column in columns])
