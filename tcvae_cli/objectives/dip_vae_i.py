"""DIP-VAE-I, which decorrelates the means of the posteriors: Kumar et al. 2018, arXiv 1711.00848.

Its eq. 6 is maximised, ELBO - lambda_od sum_{i != j} C_ij^2 - lambda_d sum_i (C_ii - 1)^2, where C = Cov[mu(x)] is the
covariance of the means over a batch. DIP-VAE-II shares all but its C.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.record import Objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State, descend

Step = Callable[[State, Sequence[Tensor], Data, Settings], dict[str, Tensor]]
TAKES = elbo.TAKES | {"lambda_od", "lambda_d"}
LAMBDA_OD = 10.0  # in the middle of the values that Locatello et al. 2019 try on dSprites, 1 to 50
FACTOR = 10.0  # lambda_d is so many times lambda_od: Kumar et al. 2018


def covariance_of_means(drawn: elbo.Draw) -> Tensor:
    """Return Cov[mu(x)] over the batch: (..., latent, latent). It is divided by the batch, as the authors do."""
    centred = drawn.mean - drawn.mean.mean(-2, keepdim=True)
    return centred.mT @ centred / centred.shape[-2]


def distances(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far C (..., latent, latent) is from the identity, off and on its diagonal: (..., 1) each.

    That is sum_{i != j} C_ij^2 and sum_i (C_ii - 1)^2.
    """
    diagonal = covariance.diagonal(dim1=-2, dim2=-1)
    off_diagonal = covariance - torch.diag_embed(diagonal)
    return off_diagonal.square().sum((-2, -1))[..., None], (diagonal - 1).square().sum(-1, keepdim=True)


def step_on(covariance: Callable[[elbo.Draw], Tensor]) -> Step:
    """Return the step on the ELBO and the weighed distances of a COVARIANCE from the identity."""

    def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
        (batch,) = batches
        drawn = elbo.draw(state, batch, data, settings)
        off_diagonal, diagonal = distances(covariance(drawn))
        assert settings.lambda_od is not None
        assert settings.lambda_d is not None
        penalty = settings.lambda_od * off_diagonal + settings.lambda_d * diagonal
        loss = state.weights(settings).beta * drawn.kl - drawn.log_likelihood + penalty
        descend(state.optimizers["optimizer"], loss, batch.shape[-1])
        logged = {"covariance_off_diagonal": off_diagonal, "covariance_diagonal": diagonal}
        return drawn.terms(loss) | {name: distance.expand_as(loss) for name, distance in logged.items()}

    return step


def tied(factor: float) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what says that lambda_d is FACTOR times the lambda_od that is given, unless it is given too."""
    return lambda given: {"lambda_d": factor * given["lambda_od"]} if "lambda_od" in given else {}


def sentence_on(covariance: str) -> Callable[[Settings], str]:
    """Return what writes the objective out, whose C is the COVARIANCE."""

    def sentence(settings: Settings) -> str:
        weighed = f"{settings.lambda_od:g} sum C_ij^2 - {settings.lambda_d:g} sum (C_ii - 1)^2"
        return elbo.sentence(settings, f"KL(q(z|n) || p(z)) - {weighed}", f"C = {covariance}")

    return sentence


OBJECTIVE = Objective(
    name="dip-vae-i",
    takes=TAKES,
    own_defaults={"lambda_od": LAMBDA_OD, "lambda_d": FACTOR * LAMBDA_OD},
    following=tied(FACTOR),
    build=elbo.build,
    start=elbo.start,
    step=step_on(covariance_of_means),
    sentence=sentence_on("Cov[mu]"),
)
