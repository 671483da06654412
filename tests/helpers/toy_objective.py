"""An objective as somebody would add it: this file, and one line of registration (test_new_objective.py)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tcvae_cli.models.adam import Adam
from tcvae_cli.models.model import Model
from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.record import Final, Objective
from tcvae_cli.objectives.settings import ArchitectureName, Settings
from tcvae_cli.objectives.state import Data, State, descend


def start(settings: Settings, model: Model, device: torch.device) -> State:
    """Return the state before the first step, with a line beside the model that has an optimiser of its own."""
    state = elbo.start(settings, model, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        state.beside["adversary_line"] = nn.Linear(settings.latents, 1).to(device)
    parameters = state.beside["adversary_line"].parameters()
    state.optimizers["line_optimizer"] = Adam(parameters, 1e-2)
    return state


def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step on the ELBO and a weighed covariance of the means, then one of the line on a second batch."""
    first, second = batches
    drawn = elbo.draw(state, first, data, settings)
    covariance = torch.cov(drawn.mean.T)
    off_diagonal = (covariance - covariance.diag().diag()).square().sum()
    loss = drawn.kl - drawn.log_likelihood + settings.weights(state.step + 1).beta * off_diagonal
    descend(state.optimizers["optimizer"], loss, len(first))
    codes = elbo.draw(state, second, data, settings).z.detach()
    error = (state.beside["adversary_line"](codes).squeeze(1) - 1).square()
    descend(state.optimizers["line_optimizer"], error, len(second))
    return {**drawn.terms(loss), "covariance": off_diagonal.expand_as(loss), "line_error": error}


def final_terms(state: State, data: Data, settings: Settings) -> Final:
    """Return the slope of the line."""
    weight = state.beside["adversary_line"].weight
    assert isinstance(weight, Tensor)
    return {"slope": float(weight.norm())}


OBJECTIVE = Objective(
    name="toy",
    takes=frozenset({"beta"}),
    build=elbo.build,
    start=start,
    step=step,
    sentence=lambda settings: f"maximise ELBO - {settings.beta:g} covariance",
    batches=2,
    architectures=(ArchitectureName.MLP,),
    final_terms=final_terms,
    progress=lambda report: f"covariance {report['covariance']:.2f}",
    closing=lambda final: f", slope {final['slope']:.2f}",
)
