"""The FactorVAE metric: Kim & Mnih 2018."""

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.estimators.scores.representation import Plan, Representation, Score
from tcvae_cli.estimators.scores.votes import draw_votes

ROUNDING = 1e-12  # of a variance, where the global one is 1


def kim_mnih(given: Representation, plan: Plan) -> Score:
    """Return the accuracy of the majority vote from the latent that relatively varies least to the fixed factor.

    Latents that are not active never win, as Kim & Mnih prune those collapsed to the prior.
    """
    generator = plan.generator()
    latents, factors = given.means.shape[1], given.classes.shape[1]
    train, test = (least_varying(given, plan, count, generator) for count in (plan.train, plan.test))
    votes = np.zeros((max(latents, 1), factors))  # without active latents all votes are for one
    for factor in range(factors):
        votes[:, factor] = train[0][train[1] == factor].sum(0)
    right = votes.argmax(1) == test[1][:, None]  # (votes, latent)
    score = float((test[0] * right).sum(1).mean())
    return Score(score, {"chance": 1 / factors, "votes": votes.tolist()})


def least_varying(given: Representation, plan: Plan, count: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """Return which latent varies least over L images with one value of a factor (votes, latent), and which factor.

    A vote is 1 for one latent, or shared where several vary equally little, as on images that all have one code: the
    order of the latents must decide nothing.
    """
    shares, answers = [], []
    for factor, rows, _ in draw_votes(given, plan, count, generator, pairs=False):
        variance = given.means[rows].var(1)  # the means are standardised: their global variance is 1
        if variance.shape[1] == 0:
            variance = np.zeros((len(rows), 1))
        least = variance <= variance.min(1, keepdims=True) + ROUNDING
        shares.append(least / least.sum(1, keepdims=True))
        answers.append(np.full(len(rows), factor))
    return np.concatenate(shares), np.concatenate(answers)
