"""The beta-VAE metric: Higgins et al. 2017."""

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score, accuracy
from tcvae_cli.estimators.scores.votes import draw_votes


def higgins(given: Representation, plan: Plan) -> Score:
    """Return the accuracy of a linear classifier that tells the fixed factor from the mean |difference| of L pairs."""
    from sklearn.linear_model import LogisticRegression

    generator = plan.generator()
    train, test = (difference_votes(given, plan, count, generator) for count in (plan.train, plan.test))
    centre, scale = train[0].mean(0), train[0].std(0) + np.finfo(float).tiny
    train, test = (((features - centre) / scale, answers) for features, answers in (train, test))
    return Score(accuracy(LogisticRegression(max_iter=10_000), train, test), {"chance": 1 / given.classes.shape[1]})


def difference_votes(
    given: Representation, plan: Plan, count: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Return the mean over L pairs of |mean code 1 - mean code 2| (votes, latent), and the factor that they shared."""
    features, answers = [], []
    for factor, first, second in draw_votes(given, plan, count, generator, pairs=True):
        features.append(np.abs(given.means[first] - given.means[second]).mean(1))
        answers.append(np.full(len(first), factor))
    return np.concatenate(features), np.concatenate(answers)
