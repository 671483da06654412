"""Modularity: Ridgeway & Mozer 2018."""

import numpy as np

from tcvae_cli.estimators.scores.information import binned_information
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score


def modularity(given: Representation, plan: Plan) -> Score:
    """Return the mean over latents of 1 - sum of squared information on all factors but the best / ((K - 1) best^2).

    Mutual information of the means in equal bins, over all images. Latents that inform of nothing do not count.
    """
    information = binned_information(given, plan.bins)
    best = information.max(0) if information.size else np.zeros(0)
    counted = best > np.finfo(np.float32).eps
    rest = (information[:, counted] ** 2).sum(0) - best[counted] ** 2
    per_latent = 1 - rest / (best[counted] ** 2 * (len(information) - 1))
    score = float(per_latent.mean()) if counted.any() else 0.0
    return Score(score, {"modularity_per_latent": per_latent.tolist(), "mutual_information": information.tolist()})
