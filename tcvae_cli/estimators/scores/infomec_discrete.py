"""InfoM, InfoE and InfoC of latents that take few values: Hsu et al. 2023, Disentanglement via latent quantization."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.infomec import cross_entropy_saved, standing_out
from tcvae_cli.estimators.scores.information import counted_information
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, split


def infomec_discrete(given: Representation, plan: Plan) -> Score:
    """Return modularity (the score), explicitness and compactness of latents each of whose values is like a class.

    The information is counted, over all images, and taken as a share of the factor's entropy; explicitness is what a
    logistic regression on an indicator of each value of each latent saves of the cross-entropy of held-out images.
    """
    values = [np.unique(column, return_inverse=True)[1] for column in given.means.T]
    information = counted_information(given, values)
    saved = [saved_by_values(given, values, factor, plan) for factor in range(given.classes.shape[1])]
    modularity, compactness = standing_out(information.T), standing_out(information)
    parts = {"info_e": float(np.mean(saved)), "info_c": compactness, "info_e_per_factor": saved}
    sizes = [int(column.max()) + 1 for column in values]
    return Score(modularity, {**parts, "values_per_latent": sizes, "information": information.tolist()})


def saved_by_values(given: Representation, values: Sequence[Array], factor: int, plan: Plan) -> float:
    """Return what a logistic regression on indicators of the VALUES of each latent saves of the cross-entropy."""
    from scipy.sparse import csr_array

    if not values:
        return 0.0
    train, test = split(given, factor, plan)
    rows = np.concatenate([train, test])
    sizes = [int(column.max()) + 1 for column in values]
    shown = np.stack(values, axis=1)[rows] + np.cumsum([0, *sizes[:-1]])  # of hundreds of indicators, one a latent
    ends = np.arange(len(rows) + 1) * len(sizes)
    indicators: Any = csr_array((np.ones(shown.size), shown.ravel(), ends), shape=(len(rows), sum(sizes)))
    places = np.split(np.arange(len(rows)), [len(train)])
    return cross_entropy_saved(replace(given, means=indicators, classes=given.classes[rows]), factor, *places)


def of_many_values(given: Representation) -> str:
    """Return the fault of a latent that takes more values than the root of the number of images; else nothing.

    With so many, counts would tell of single images: information is too high by (values of z) (values of v) / 2 N.
    """
    for latent, column in zip(given.active, given.means.T, strict=True):
        if (size := len(np.unique(column))) ** 2 > len(column):
            return f"latent {latent} takes {size:,} values in {len(column):,} images, so it is not discrete"
    return ""


def of_few_values(given: Representation) -> str:
    """Return why `infomec` suits codes less whose active latents are all discrete; nothing of others."""
    if given.means.shape[1] == 0 or of_many_values(given):
        return ""
    return "infomec takes latents for continuous, and these take few values: infomec-discrete counts them"
