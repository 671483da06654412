"""Interventional robustness: Suter, Miladinovic, Scholkopf & Bauer 2019."""

import numpy as np

from tcvae_cli.estimators.scores.representation import Array, Plan, Representation, Score

QUANTILE = 0.99  # of the deviations, in place of their largest: a single image decides nothing


def irs(given: Representation, plan: Plan) -> Score:
    """Mean over latents of 1 - deviation when its best factor is fixed / deviation when nothing is.

    A deviation is the 0.99 quantile of |mean - E[mean]| over the images with that value, averaged over the values by
    their frequency; latents weigh by their free deviation. All images, nothing is sampled.
    """
    latents, factors = given.means.shape[1], given.classes.shape[1]
    fixed = np.ones((factors, latents))
    free = np.zeros(latents)
    for latent, means in enumerate(given.means.T):
        nothing = np.zeros(len(means), dtype=np.int64)
        free[latent] = deviation(means, nothing, given.probability)
        for factor, column in enumerate(given.classes.T):
            known = column >= 0
            fixed[factor, latent] = deviation(means[known], column[known], given.probability[known])
    robustness = (1 - fixed / free).clip(min=0)
    per_latent = robustness.max(0) if latents else np.zeros(0)
    score = float(np.average(per_latent, weights=free)) if latents else 0.0
    return Score(score, {"irs_per_latent": per_latent.tolist(), "robustness": robustness.tolist()})


def deviation(means: Array, classes: Array, probability: Array) -> float:
    """E over the values of the weighted QUANTILE of |mean - E[mean | value]|: one latent, one factor."""
    values, index = np.unique(classes, return_inverse=True)
    mass = np.bincount(index, probability, len(values))
    centre = np.bincount(index, probability * means, len(values)) / mass
    away = np.abs(means - centre[index])
    order = np.lexsort((away, index))
    cumulative = np.cumsum(probability[order])
    before = np.concatenate([[0.0], np.cumsum(mass)[:-1]])
    place = np.searchsorted(cumulative, before + QUANTILE * mass * (1 - 1e-12))
    return float(mass @ away[order[place.clip(max=len(order) - 1)]] / mass.sum())
