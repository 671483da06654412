"""Explicitness: Ridgeway & Mozer 2018."""

import numpy as np

from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, split

CHANCE = 0.5


def explicitness(given: Representation, plan: Plan) -> Score:
    """Return the mean ROC area, over factors and their values, of a logistic regression on all latents; 0.5 is chance.

    A regression of its own for each value against the rest, its area on held-out images. (One for all values together
    would single out a middle value, which no line through the latents does.)
    """
    areas = [area_under_curve(given, factor, plan) for factor in range(given.classes.shape[1])]
    return Score(float(np.mean(areas)), {"explicitness_per_factor": areas, "chance": CHANCE})


def area_under_curve(given: Representation, factor: int, plan: Plan) -> float:
    """Return the mean ROC area over those values of one factor that occur among both kinds of images."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    train, test = split(given, factor, plan)
    answers, wanted = given.classes[train, factor], given.classes[test, factor]
    if given.means.shape[1] == 0 or len(np.unique(answers)) < 2:
        return CHANCE
    areas = []
    for value in np.unique(answers):
        if 0 < (wanted == value).sum() < len(wanted):
            model = LogisticRegression(max_iter=10_000).fit(given.means[train], answers == value)
            areas.append(roc_auc_score(wanted == value, model.decision_function(given.means[test])))
    return float(np.mean(areas)) if areas else CHANCE
