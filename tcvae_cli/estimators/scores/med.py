"""Mutual-information-based entropy disentanglement, MED: Cao et al. 2022."""

import numpy as np

from tcvae_cli.estimators.scores.dci import concentrated
from tcvae_cli.estimators.scores.information import binned_information
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score


def med(given: Representation, plan: Plan) -> Score:
    """Return DCI's disentanglement of the importance R_jk = I(mean_j; v_k) / sum_j I(mean_j; v_k), and completeness.

    Mutual information of the means in equal bins, over all images: nothing is learnt. Each factor has an importance of
    1 in all, however little the latents tell of it; one that they tell nothing of has none.
    """
    information = binned_information(given, plan.bins)
    total = information.sum(1, keepdims=True)
    told = total > np.finfo(np.float32).eps
    importance = np.divide(information, total, out=np.zeros_like(information), where=told)
    disentanglement, completeness = concentrated(importance.T)
    parts = {"completeness": float(np.mean(completeness)), "completeness_per_factor": completeness}
    return Score(disentanglement, {**parts, "mutual_information": information.tolist()})
