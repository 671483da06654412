"""FactorVAE, which punishes the TC that a discriminator sees: Kim & Mnih 2018.

The model's gradients are taken and applied before the discriminator's graph is built, so that neither steps on weights
which the other's backward pass still needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.estimators.decomposition import decompose
from tcvae_cli.estimators.draws import sample_aggregate
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.distributed import gathered, my_share
from tcvae_cli.models.model import BLOCK_ROWS, Model
from tcvae_cli.models.precision import autocast, to_device
from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.record import Final, Objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State, descend

DISCRIMINATOR_RATE, DISCRIMINATOR_BETAS = 1e-4, (0.5, 0.9)  # Kim & Mnih 2018, appendix A
EXACT_SAMPLES = 2000


def start(settings: Settings, model: Model, device: torch.device) -> State:
    """Return the state before the first step, with a discriminator beside the model."""
    state = elbo.start(settings, model, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        discriminator = Discriminator(settings.latents).to(device)
    state.beside["adversary"] = discriminator
    state.optimizers["adversary_optimizer"] = Adam(discriminator.parameters(), DISCRIMINATOR_RATE, DISCRIMINATOR_BETAS)
    return state


def discriminator_of(state: State) -> Discriminator:
    """Return the discriminator that is trained beside the model."""
    discriminator = state.beside["adversary"]
    assert isinstance(discriminator, Discriminator)
    return discriminator


def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step of algorithm 2: ELBO - beta TC by the density ratio, then the discriminator on a second batch."""
    first, second = batches
    discriminator = discriminator_of(state)
    drawn = elbo.draw(state, first, data, settings)
    with autocast(settings.precision, data.device):
        log_ratio = discriminator.log_ratio(drawn.z)
    loss = drawn.kl - drawn.log_likelihood + state.weights(settings).beta * log_ratio
    descend(state.optimizers["optimizer"], loss, first.shape[-1])
    permuted = permuted_codes(state, second, data, settings)
    with autocast(settings.precision, data.device):
        told_apart = discriminator.loss(drawn.z.detach(), permuted)
    descend(state.optimizers["adversary_optimizer"], told_apart, first.shape[-1])
    return {**drawn.terms(loss), "discriminator_total_correlation": log_ratio, "discriminator_loss": told_apart}


def permuted_codes(state: State, batch: Tensor, data: Data, settings: Settings) -> Tensor:
    """Draw codes (share, latent) of the images of BATCH (..., rows), each latent in an order of its own."""
    model, rows = state.model, batch.shape[-1]
    share = my_share(rows)
    with torch.no_grad(), autocast(settings.precision, data.device):
        mean, log_std = model.posterior(data.images.batch(batch[..., share], data.device))
    noise = state.noise.standard(model.family, (rows, settings.latents))[..., share, :]
    z = gathered(mean + log_std.exp() * to_device(noise, data.device), rows)
    orders = to_device(state.noise.orders(rows, settings.latents), data.device)
    return z.gather(-2, orders)[..., share, :]


def total_correlations(state: State, data: Data, settings: Settings) -> Final:
    """Return the TC of all images, exact but for the sampling of H(z), and the discriminator's TC, in nats."""
    blocks = []
    for block in torch.arange(len(data.images)).split(BLOCK_ROWS):
        with autocast(settings.precision, data.device):
            mean, log_std = state.model.posterior(data.images.batch(block, data.device))
        blocks.append((mean, log_std))
    mean, log_std = (torch.cat(parts) for parts in zip(*blocks, strict=True))
    posterior = Posterior.from_tensors(mean, log_std, data.probability, state.model.family)
    generator = torch.Generator().manual_seed(settings.seed)
    found = decompose(posterior, EXACT_SAMPLES, generator)
    z, _ = sample_aggregate(posterior, EXACT_SAMPLES, generator)
    return {
        "total_correlation": found.total_correlation,
        "total_correlation_standard_error": found.standard_error,
        "discriminator_total_correlation": float(discriminator_of(state).log_ratio(z.float().to(data.device)).mean()),
    }


def closing(final: Mapping[str, Any]) -> str:
    """Return both total correlations in words."""
    error = final["total_correlation_standard_error"]
    told = final["discriminator_total_correlation"]
    return f", TC {final['total_correlation']:.3f} ± {error:.3f} nats (the discriminator says {told:.3f})"


OBJECTIVE = Objective(
    name="factorvae",
    takes=elbo.TAKES | {"beta"},
    in_paper={"gamma": "beta"},
    build=elbo.build,
    start=start,
    step=step,
    sentence=lambda settings: elbo.sentence(
        settings, f"KL(q(z|n) || p(z)) - {settings.beta:g} TC(z)", "TC by the discriminator"
    ),
    batches=2,
    final_terms=total_correlations,
    closing=closing,
)
