"""InfoM, InfoE and InfoC: Hsu et al. 2023, Disentanglement via latent quantization."""

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, learnt_once, r2, split

NEIGHBOURS = 10


def infomec(given: Representation, plan: Plan) -> Score:
    """Return modularity (the score), explicitness and compactness, from information as a share of a factor's entropy.

    The information in a continuous latent is by NEIGHBOURS nearest neighbours (Ross 2014) on training images, none of
    them twice, and at most the factor's entropy, which an estimate may exceed; explicitness is what a logistic
    regression saves of the cross-entropy, here on held-out images. Of a factor of real values the information is by
    Kraskov et al. 2004, as a share of what the factor tells of itself by that, and explicitness the R^2 of a linear
    regression.
    """
    latents, factors = given.means.shape[1], given.classes.shape[1]
    nats, most, saved = np.zeros((factors, latents)), np.zeros((factors, 1)), []
    for factor in range(factors):
        train, test = split(given, factor, plan)
        once = learnt_once(given, factor, plan)  # an image drawn twice is its own neighbour: like information
        if given.real[factor]:
            numbers = given.numbers[once, factor]
            nats[factor] = information_of_values(given.means[once], numbers, plan.seed)
            most[factor] = information_of_values(numbers[:, None], numbers, plan.seed)
            saved.append(variance_explained(given, factor, train, test))
        else:
            nats[factor] = neighbour_information(given.means[once], given.classes[once, factor], plan.seed)
            most[factor] = label_entropy(given.classes[once, factor])
            saved.append(cross_entropy_saved(given, factor, train, test))
    information = np.divide(nats, most, out=np.zeros_like(nats), where=most > 0).clip(max=1)
    modularity, compactness = standing_out(information.T), standing_out(information)
    parts = {"info_e": float(np.mean(saved)), "info_c": compactness, "info_e_per_factor": saved}
    return Score(modularity, {**parts, "information": information.tolist(), "mutual_information": nats.tolist()})


def neighbour_information(means: Array, answers: Array, seed: int) -> Array:
    """Return I(mean_j; v) in nats by nearest neighbours: (latent,). Nothing, if no two images share a value.

    Each latent starts the generator of the noise that breaks ties anew, so that their order does not matter.
    """
    from sklearn.feature_selection import mutual_info_classif

    if means.shape[1] == 0 or np.unique(answers, return_counts=True)[1].max() < 2:
        return np.zeros(means.shape[1])
    knobs = {"discrete_features": False, "n_neighbors": NEIGHBOURS, "random_state": seed}
    return np.array([mutual_info_classif(column[:, None], answers, **knobs)[0] for column in means.T])


def information_of_values(means: Array, numbers: Array, seed: int) -> Array:
    """Return I(mean_j; v) of real values in nats by nearest neighbours (Kraskov et al. 2004): (latent,)."""
    from sklearn.feature_selection import mutual_info_regression

    neighbours = min(NEIGHBOURS, len(numbers) - 1)
    if means.shape[1] == 0 or neighbours < 1:
        return np.zeros(means.shape[1])
    knobs = {"discrete_features": False, "n_neighbors": neighbours, "random_state": seed}
    return np.array([mutual_info_regression(column[:, None], numbers, **knobs)[0] for column in means.T])


def variance_explained(given: Representation, factor: int, train: Array, test: Array) -> float:
    """Return R^2 on held-out images of the linear regression of a factor's values on the means."""
    from sklearn.linear_model import LinearRegression

    if given.means.shape[1] == 0:
        return 0.0
    model = LinearRegression().fit(given.means[train], given.numbers[train, factor])
    return r2(given.numbers[test, factor], model.predict(given.means[test]))


def label_entropy(answers: Array) -> float:
    """Return H of the classes as they occur, in nats; tiny but not 0 for a single one."""
    share = np.unique(answers, return_counts=True)[1] / len(answers)
    return max(float(-(share * np.log(share)).sum()), np.finfo(float).tiny)


def cross_entropy_saved(given: Representation, factor: int, train: Array, test: Array) -> float:
    """Return 1 - H(v|z) / H(v), cross-entropies of held-out images by logistic regression on the means and on zeros.

    Without a penalty, and balanced: every value weighs the same while it learns.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    answers, known = given.classes[train, factor], np.unique(given.classes[train, factor])
    test = test[np.isin(given.classes[test, factor], known)]
    if given.means.shape[1] == 0 or len(known) < 2 or len(test) == 0:
        return 0.0
    wanted = given.classes[test, factor]

    def left(means: Array) -> float:
        model = LogisticRegression(C=np.inf, class_weight="balanced", max_iter=10_000).fit(means[train], answers)
        return float(log_loss(wanted, model.predict_proba(means[test]), labels=known))

    return max(0.0, 1 - left(given.means) / left(np.zeros((len(given.classes), 1))))


def standing_out(information: Array) -> float:
    """Return the mean over rows of largest / sum, taken from [1/n, 1] to [0, 1], but empty ones; 1 of one column."""
    total = information.sum(1)
    rows = information[total > np.finfo(np.float32).eps]
    if len(rows) == 0:
        return 0.0
    if rows.shape[1] == 1:
        return 1.0
    least = 1 / rows.shape[1]
    return float(((rows.max(1) / rows.sum(1)).mean() - least) / (1 - least))
