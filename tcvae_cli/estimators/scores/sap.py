"""Separated attribute predictability: Kumar, Sattigeri & Balakrishnan 2018."""

import numpy as np

from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, accuracy, majority, split


def sap(given: Representation, plan: Plan) -> Score:
    """Return the mean over factors of the gap between the two latents that alone classify it best, by a linear SVM.

    The classifier (balanced, C = 0.01) and the accuracy on held-out images are disentanglement_lib's. Where fewer than
    two latents are active, a latent that knows only the commonest class takes part.
    """
    from sklearn.svm import LinearSVC

    table = []
    for factor in range(given.classes.shape[1]):
        train, test = split(given, factor, plan)
        answers, wanted = given.classes[train, factor], given.classes[test, factor]
        model = LinearSVC(C=0.01, class_weight="balanced", max_iter=100_000, random_state=plan.seed)
        table.append(
            [
                accuracy(model, (given.means[train][:, [latent]], answers), (given.means[test][:, [latent]], wanted))
                for latent in range(given.means.shape[1])
            ]
        )
        floor = float((wanted == majority(answers)).mean())
        table[-1] += [floor] * (2 - len(table[-1]))
    ordered = np.sort(np.array(table), axis=1)
    gap = ordered[:, -1] - ordered[:, -2]
    return Score(float(gap.mean()), {"gap_per_factor": gap.tolist(), "accuracy": table})


def sap_r2(given: Representation, plan: Plan) -> Score:
    """Return the same gap in R^2 of the linear regression of a factor on one latent: its values, else its classes.

    A squared correlation over all images: nothing is sampled.
    """
    table = np.zeros((given.classes.shape[1], max(2, given.means.shape[1])))
    for factor, column in enumerate(given.numbers.T):
        known = ~np.isnan(column)
        weight = given.probability[known] / given.probability[known].sum()
        value = column[known] - weight @ column[known]
        means = given.means[known] - weight @ given.means[known]
        covariance, spread = (weight * value) @ means, (weight @ means**2) * (weight @ value**2)
        table[factor, : len(spread)] = np.divide(
            covariance**2, spread, out=np.zeros_like(spread), where=spread > np.finfo(float).eps
        )
    ordered = np.sort(table, axis=1)
    gap = ordered[:, -1] - ordered[:, -2]
    return Score(float(gap.mean()), {"gap_per_factor": gap.tolist(), "r2": table.tolist()})
