"""DCI of Eastwood & Williams 2018 with trees that look at histograms, and are fast: another learner than dci's."""

from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.dci import from_importance, own_order
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, accuracy, split

SHUFFLES = 5  # of each latent

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier


def dci_histogram_trees(given: Representation, plan: Plan) -> Score:
    """Score by histogram-based boosted trees (100 of depth 3 per class), by importances from shuffling.

    A latent's importance is what the accuracy on held-out images loses where its means are shuffled among them, the
    mean of SHUFFLES times, never below 0; and that as a share of the sum over latents, so that each factor counts
    alike, as by the impurities of `dci`.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    order, sign = own_order(given.means)
    means = given.means[:, order] * sign
    importance, informativeness = np.zeros((means.shape[1], given.classes.shape[1])), []
    for factor in range(given.classes.shape[1]):
        train, test = split(given, factor, plan)
        model = HistGradientBoostingClassifier(max_depth=3, early_stopping=False, random_state=plan.seed)
        learnt, asked = ((means[rows], given.classes[rows, factor]) for rows in (train, test))
        informativeness.append(accuracy(model, learnt, asked))
        if hasattr(model, "classes_"):
            lost = informativeness[-1] - right_if_shuffled(model, *asked, plan.seed)
            importance[order, factor] = lost.clip(min=0)
    total = importance.sum(0)
    share = np.divide(importance, total, out=np.zeros_like(importance), where=total > 0)
    return from_importance(share, informativeness)


def right_if_shuffled(model: "HistGradientBoostingClassifier", means: Array, answers: Array, seed: int) -> Array:
    """Return the accuracy of a model where the means of one latent are shuffled among the images: (latent,).

    Each latent is shuffled in the same ways, so that their order does not matter.
    """
    generator = np.random.default_rng(seed)
    shuffled = np.concatenate([generator.permutation(len(means)) for _ in range(SHUFFLES)])
    right = np.zeros(means.shape[1])
    for latent in range(means.shape[1]):
        changed = np.tile(means, (SHUFFLES, 1))
        changed[:, latent] = means[shuffled, latent]
        right[latent] = model.score(changed, np.tile(answers, SHUFFLES))
    return right
