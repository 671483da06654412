"""Trainings of small networks in place of the paper's: of the same kinds of layers, which take no time."""

import dataclasses

import torch
from torch import nn

from tcvae_cli.estimators.densities import FAMILIES, NORMAL
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.networks import Float32Linear
from tcvae_cli.models.priors import FlowPrior, StandardPrior
from tcvae_cli.models.vae import Vae
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import State
from tcvae_cli.training.session import Session

WIDTH, SIDE = 32, 8


def narrow_vae(settings: Settings, side: int = SIDE) -> Vae:
    """Return a VAE of images of SIDE x SIDE pixels."""
    latents, flow = settings.latents, settings.prior == "flow"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        codes = Float32Linear(WIDTH, 2 * latents)
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(side * side, WIDTH), nn.ReLU(), codes)
        first, last = Float32Linear(latents, WIDTH), nn.Linear(WIDTH, side * side)
        decoder = nn.Sequential(first, nn.Tanh(), last, nn.Unflatten(1, (1, side, side)))
        prior = FlowPrior(latents, NORMAL) if flow else StandardPrior(FAMILIES[settings.prior])
    return Vae(encoder, decoder, FAMILIES[settings.posterior], prior, settings.likelihood == "gaussian")


def narrow_state(settings: Settings, device: torch.device, side: int = SIDE) -> State:
    """Return the state of a training with small networks before its first step, which counts steps on the device."""
    state = load_objective(settings.objective).start(settings, narrow_vae(settings, side).to(device), device)
    if state.beside:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            discriminator = Discriminator(settings.latents, WIDTH).to(device)
        state.beside["adversary"] = discriminator
        state.optimizers["adversary_optimizer"] = Adam(discriminator.parameters(), 1e-3)
    state.count_on(device, settings.seed)
    return state


def narrow(session: Session) -> Session:
    """Return a training with small networks, before its first step."""
    return dataclasses.replace(session, state=narrow_state(session.settings, session.data.device))
