"""Disentanglement, completeness and informativeness: Eastwood & Williams 2018."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, accuracy, r2, split

DECIDING = 1000  # images, by whose means latents are put in order


def dci(given: Representation, plan: Plan) -> Score:
    """Score by gradient-boosted trees (100 of depth 3 per class): impurity importances, accuracy on held-out images."""
    from sklearn.ensemble import GradientBoostingClassifier

    order, sign = own_order(given.means)
    means = given.means[:, order] * sign
    importance, informativeness = [], []
    for factor in range(given.classes.shape[1]):
        train, test = split(given, factor, plan)
        model = GradientBoostingClassifier(random_state=plan.seed)
        learnt, asked = ((means[rows], given.classes[rows, factor]) for rows in (train, test))
        informativeness.append(accuracy(model, learnt, asked))
        importance.append(np.zeros(len(order)))
        if hasattr(model, "estimators_"):
            importance[-1][order] = model.feature_importances_
    return from_importance(np.stack(importance, axis=1), informativeness)


def own_order(means: Array) -> tuple[Array, Array]:
    """Return an order of the latents, and a sign for each, that follow from their means alone: (latent,) both.

    Trees choose at random between splits of equal worth, by the place of the latent: with the latents in the order they
    came in, a permutation moved the score by 0.04. The first means are made positive, then sorted like words.
    """
    first = means[:DECIDING].round(6)
    place = (first != 0).argmax(0)
    sign = np.sign(first[place, np.arange(means.shape[1])])
    sign[sign == 0] = 1
    return (order := np.lexsort((first * sign)[::-1])), sign[order]


def dci_lasso(given: Representation, plan: Plan) -> Score:
    """Score with a lasso (penalty 0.02) from standardised means to the standardised factor, |weights| and R^2."""
    from sklearn.linear_model import Lasso

    return by_regression(given, plan, lambda: Lasso(alpha=0.02, max_iter=100_000), lambda model: np.abs(model.coef_))


def dci_regression(given: Representation, plan: Plan) -> Score:
    """Score by gradient-boosted regression trees (100 of depth 3): impurity importances, R^2 on held-out images."""
    from sklearn.ensemble import GradientBoostingRegressor

    order, sign = own_order(given.means)
    place = np.argsort(order)
    return by_regression(
        replace(given, means=given.means[:, order] * sign),
        plan,
        lambda: GradientBoostingRegressor(random_state=plan.seed),
        lambda model: model.feature_importances_[place],
    )


def by_regression(
    given: Representation, plan: Plan, learner: Callable[[], Any], importance_in: Callable[[Any], Array]
) -> Score:
    """Score by what a LEARNER makes of each factor, its values or else its class index, from the means.

    Both are standardised. IMPORTANCE_IN a learner is that of each latent; informativeness is R^2 on held-out images,
    not below 0.
    """
    importance, informativeness = [], []
    for factor in range(given.classes.shape[1]):
        train, test = split(given, factor, plan)
        answers = given.numbers[train, factor]
        scale = answers.std() or 1.0
        target, wanted = ((given.numbers[rows, factor] - answers.mean()) / scale for rows in (train, test))
        if given.means.shape[1] == 0:
            importance.append(np.zeros(0))
            informativeness.append(0.0)
            continue
        model = learner().fit(given.means[train], target)
        importance.append(importance_in(model))
        informativeness.append(r2(wanted, model.predict(given.means[test])))
    return from_importance(np.stack(importance, axis=1), informativeness)


def from_importance(importance: Array, informativeness: list[float]) -> Score:
    """Return D, C and I from the importance of each latent for each factor (latent, factor); D is the score."""
    importance = np.maximum(importance, 0)  # which rounding can leave below 0
    disentanglement, completeness = concentrated(importance)
    return Score(
        disentanglement,
        {
            "completeness": float(np.mean(completeness)),
            "informativeness": float(np.mean(informativeness)),
            "completeness_per_factor": completeness,
            "informativeness_per_factor": informativeness,
            "importance": importance.T.tolist(),
        },
    )


def concentrated(importance: Array) -> tuple[float, list[float]]:
    """Return D and each factor's C of the importance of each latent for each factor (latent, factor).

    D_i = 1 - H_K(P_i.) weighed by the latent's share of all importance; C_k = 1 - H_D(P_.k), entropies in base K and
    base D, over the active latents. A latent without any importance counts for nothing, a factor without has C = 0.
    """
    total = importance.sum()
    if total == 0:
        return 0.0, [0.0] * importance.shape[1]
    weight = importance.sum(1) / total
    return float(weight @ concentration(importance)), concentration(importance.T).tolist()


def concentration(importance: Array) -> Array:
    """Return 1 - entropy of the shares of each row, in base of their number: (rows,); 1 if one has all."""
    total = importance.sum(1, keepdims=True)
    share = np.divide(importance, total, out=np.zeros_like(importance), where=total > 0)
    logarithm = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropy = -(share * logarithm).sum(1) / np.log(max(2, importance.shape[1]))
    return np.where(total[:, 0] > 0, 1 - entropy, 0.0)
