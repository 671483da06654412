"""Trainings of small networks in place of the paper's: of the same kinds of layers, which take no time."""

import dataclasses

import torch
from torch import nn

from tcvae_cli.estimators.densities import FAMILIES
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.networks import Float32Linear
from tcvae_cli.models.priors import StandardPrior
from tcvae_cli.models.vae import Vae
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.session import Session

WIDTH, SIDE = 32, 8


def narrow_vae(settings: Settings) -> Vae:
    """Return a VAE of images of 8 x 8 pixels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        codes = Float32Linear(WIDTH, 2 * settings.latents)
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, WIDTH), nn.ReLU(), codes)
        first, last = Float32Linear(settings.latents, WIDTH), nn.Linear(WIDTH, SIDE * SIDE)
        decoder = nn.Sequential(first, nn.Tanh(), last, nn.Unflatten(1, (1, SIDE, SIDE)))
    return Vae(encoder, decoder, FAMILIES[settings.posterior], StandardPrior(FAMILIES[settings.prior]))


def narrow(session: Session) -> Session:
    """Return a training with small networks, before its first step, which counts its steps on the device."""
    settings, device = session.settings, session.data.device
    state = load_objective(settings.objective).start(settings, narrow_vae(settings).to(device), device)
    if state.beside:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            discriminator = Discriminator(settings.latents, WIDTH).to(device)
        state.beside["adversary"] = discriminator
        state.optimizers["adversary_optimizer"] = Adam(discriminator.parameters(), 1e-3)
    state.count_on(device, settings.seed)
    return dataclasses.replace(session, state=state)
