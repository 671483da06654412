"""The annealed VAE, which holds the KL at a capacity that grows: Burgess et al. 2018, arXiv 1804.03599.

Its eq. 8 is maximised, E[log p(x|z)] - gamma |KL(q(z|x) || p(z)) - C|. As in the code of Locatello et al. 2019, the KL
is in closed form, summed over latents and averaged over the batch before the bars, and C rises linearly from 0. With a
sampled KL, gamma would also weigh how much its samples scatter. What the paper calls gamma is `beta` here, as in every
objective the weight of what is punished; with C = 0 this is the beta-VAE.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import kl
from tcvae_cli.models.model import Model
from tcvae_cli.models.priors import StandardPrior
from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.record import Objective
from tcvae_cli.objectives.settings import PriorName, Settings, at_most
from tcvae_cli.objectives.state import Data, InputShape, State, descend


def capacity_at(step: float | Tensor, settings: Settings) -> float | Tensor:
    """Return C in nats at a step, counted from 1; of a step () on a device it is () on that device."""
    assert settings.capacity is not None
    assert settings.capacity_anneal is not None
    return at_most(settings.capacity * step / settings.capacity_anneal, settings.capacity)


def build(settings: Settings, input_shape: InputShape) -> Model:
    """Return the freshly initialised VAE. ValueError for a prior under which the KL has no closed form."""
    if settings.prior == PriorName.FLOW:
        raise ValueError("the KL with a flow has no closed form")
    return elbo.build(settings, input_shape)


def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step on eq. 8."""
    (batch,) = batches
    drawn, prior = elbo.draw(state, batch, data, settings), state.model.prior
    assert isinstance(prior, StandardPrior)
    of_images = kl(drawn.mean, drawn.log_std, state.model.family, prior.family).sum(-1)
    capacity = capacity_at(state.now, settings)
    distance = (of_images.mean(-1, keepdim=True) - capacity).abs()
    loss = state.weights(settings).beta * distance - drawn.log_likelihood
    descend(state.optimizers["optimizer"], loss, batch.shape[-1])
    return {**drawn.terms(loss), "capacity": torch.zeros_like(loss) + capacity}


def sentence(settings: Settings) -> str:
    """Return eq. 8 with its weight, and what C is at the end of the training."""
    rising = f"C rises to {settings.capacity:g} nats over {settings.capacity_anneal:,} steps"
    last = capacity_at(float(settings.steps), settings)
    if last != settings.capacity:
        rising += f", and is {last:.3g} after {settings.steps:,}"
    return elbo.sentence(settings, f"{settings.beta:g} |KL(q(z|n) || p(z)) - C|", rising)


OBJECTIVE = Objective(
    name="annealed-vae",
    takes=elbo.TAKES - {"prior"} | {"beta", "capacity", "capacity_anneal"},
    in_paper={"gamma": "beta"},
    own_defaults={"capacity": 25.0, "capacity_anneal": 100_000},  # Burgess et al. 2018 on dSprites
    build=build,
    start=elbo.start,
    step=step,
    sentence=sentence,
)
