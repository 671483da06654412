"""The FactorVAE metric: Kim & Mnih 2018."""

import numpy as np

from tcvae_cli.estimators.scores.representation import Array, Plan, Representation, Score
from tcvae_cli.estimators.scores.votes import draw_votes


def kim_mnih(given: Representation, plan: Plan) -> Score:
    """Accuracy of the majority vote from the latent that varies least, over its global variance, to the fixed factor.

    Latents that are not active never win, as Kim & Mnih prune those collapsed to the prior.
    """
    generator = plan.generator()
    latents, factors = given.means.shape[1], given.classes.shape[1]
    train, test = (least_varying(given, plan, count, generator) for count in (plan.train, plan.test))
    votes = np.zeros((max(latents, 1), factors), dtype=np.int64)  # without active latents all votes are for one
    np.add.at(votes, train, 1)
    score = float((votes.argmax(1)[test[0]] == test[1]).mean())
    return Score(score, {"chance": 1 / factors, "votes": votes.tolist()})


def least_varying(given: Representation, plan: Plan, count: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """The latent of least variance over L images that share a factor's value, and that factor: (votes,) each."""
    latents, answers = [], []
    for factor, rows, _ in draw_votes(given, plan, count, generator, pairs=False):
        variance = given.means[rows].var(1)  # the means are standardised: their global variance is 1
        latents.append(variance.argmin(1) if variance.shape[1] else np.zeros(len(rows), dtype=np.int64))
        answers.append(np.full(len(rows), factor))
    return np.concatenate(latents), np.concatenate(answers)
