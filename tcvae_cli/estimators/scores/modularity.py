"""Modularity: Ridgeway & Mozer 2018."""

import numpy as np
import torch

from tcvae_cli.estimators.histogram import histogram_entropies
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score


def modularity(given: Representation, plan: Plan) -> Score:
    """Return the mean over latents of 1 - sum of squared information on all factors but the best / ((K - 1) best^2).

    Mutual information of the means in equal bins, over all images. Latents that inform of nothing do not count.
    """
    information = np.zeros((given.classes.shape[1], given.means.shape[1]))
    for factor, column in enumerate(given.classes.T):
        known = column >= 0
        weight = torch.from_numpy(given.probability[known] / given.probability[known].sum())
        means, classes = torch.from_numpy(given.means[known]), torch.from_numpy(column[known, None])
        marginal, conditional = histogram_entropies(means, classes, weight, plan.bins)
        information[factor] = (marginal - conditional[0]).clamp(min=0).numpy()
    best = information.max(0) if information.size else np.zeros(0)
    counted = best > np.finfo(np.float32).eps
    rest = (information[:, counted] ** 2).sum(0) - best[counted] ** 2
    per_latent = 1 - rest / (best[counted] ** 2 * (len(information) - 1))
    score = float(per_latent.mean()) if counted.any() else 0.0
    return Score(score, {"modularity_per_latent": per_latent.tolist(), "mutual_information": information.tolist()})
