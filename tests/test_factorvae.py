"""FactorVAE: a discriminator that learns a known TC, and codes whose exact TC falls below a VAE's."""

import math

import pytest
import torch
from torch import Tensor, nn

from tcvae_cli.estimators import NORMAL, Posterior, decompose
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.discriminator import WIDTH, Discriminator, latent_orders
from tcvae_cli.models.priors import StandardPrior
from tcvae_cli.models.vae import Vae
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.factorvae import DISCRIMINATOR_BETAS, DISCRIMINATOR_RATE
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.training.images import Images, Layout
from tcvae_cli.training.sampler import batches_from

CPU = torch.device("cpu")
CORRELATION = 0.9


def correlated(count: int, generator: torch.Generator) -> Tensor:
    """Return pairs of standard normals, whose TC is - ln(1 - 0.9^2) / 2 = 0.83 nats."""
    first, second = torch.randn(2, count, generator=generator)
    return torch.stack([first, CORRELATION * first + math.sqrt(1 - CORRELATION**2) * second], dim=1)


def discriminator(width: int = WIDTH) -> tuple[Discriminator, Adam]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Discriminator(2, width)
    return model, Adam(model.parameters(), DISCRIMINATOR_RATE, DISCRIMINATOR_BETAS)


def test_a_discriminator_learns_a_known_total_correlation() -> None:
    generator = torch.Generator().manual_seed(0)
    model, optimizer = discriminator(width=200)
    for _ in range(300):
        permuted = correlated(64, generator).gather(0, latent_orders(64, 2, generator))
        loss = model.loss(correlated(64, generator), permuted).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        found = float(model.log_ratio(correlated(4000, generator)).mean())
    assert found == pytest.approx(-0.5 * math.log(1 - CORRELATION**2), abs=0.25)


def test_permuting_latents_keeps_each_one_and_breaks_their_ties() -> None:
    z = torch.arange(200.0)[:, None].repeat(1, 2)
    permuted = z.gather(0, latent_orders(200, 2, torch.Generator().manual_seed(0)))
    assert torch.equal(permuted.sort(dim=0).values, z)
    assert abs(float(torch.corrcoef(permuted.T)[0, 1])) < 0.3


class RowWise(nn.Module):
    """Image row i to and from latent i alone: what makes the rows correlate must make the latents correlate."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.rows = nn.ModuleList(
            nn.Sequential(nn.Linear(inputs, 32), nn.Tanh(), nn.Linear(32, outputs)) for _ in range(2)
        )

    def forward(self, both: Tensor) -> Tensor:
        """Turn (batch, 1, 2, inputs) or (batch, 2) into (batch, outputs, 2)."""
        parts = both.reshape(len(both), 2, -1)
        return torch.stack([network(parts[:, row]) for row, network in enumerate(self.rows)], dim=2)


class ToImages(nn.Module):
    """(batch, pixels, 2) to (batch, 1, 2, pixels)."""

    def forward(self, rows: Tensor) -> Tensor:
        return rows.transpose(1, 2)[:, None]


def correlated_images() -> Images:
    """Return 512 images of two rows: a soft edge in each, whose places are the pairs."""
    places = correlated(512, torch.Generator().manual_seed(0))
    pixels = torch.sigmoid(4 * (places[:, :, None] - torch.linspace(-2.5, 2.5, 64)))
    return Images(pixels.mul(255).round().byte().reshape(512, 128).numpy(), Layout((1, 2, 64), False))


def trained(objective: str, beta: float) -> tuple[float, float, float]:
    """Return the exact TC and MI of the codes after 300 steps, and what the discriminator takes the TC for."""
    record = load_objective(objective)
    settings = record.settings(beta=beta, latents=2, batch_size=48, steps=300)
    data = Data(correlated_images(), None, CPU)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder, decoder = nn.Sequential(RowWise(64, 2), nn.Flatten()), nn.Sequential(RowWise(1, 64), ToImages())
        vae = Vae(encoder, decoder, NORMAL, StandardPrior(NORMAL))
    state = State(vae, {"optimizer": Adam(vae.parameters(), 1e-3)}, torch.Generator().manual_seed(0))
    if objective == "factorvae":
        state.beside["adversary"], state.optimizers["adversary_optimizer"] = discriminator(width=400)
    streams = [batches_from(0, data.images, settings, None, stream) for stream in range(record.batches)]
    guesses = []
    while state.step < settings.steps:
        terms = record.step(state, [next(stream) for stream in streams], data, settings)
        state.step += 1
        if "discriminator_total_correlation" in terms:
            guesses.append(float(terms["discriminator_total_correlation"].detach().mean()))
    with torch.no_grad():
        posterior = Posterior.from_tensors(*vae.posterior(data.images.batch(slice(None), CPU)))
    found = decompose(posterior, 2000, torch.Generator().manual_seed(0))
    return found.total_correlation, found.index_code_mi, sum(guesses[-50:]) / 50


def test_factorvae_lowers_the_total_correlation_of_its_codes() -> None:
    vae_tc, _, _ = trained("vae", 1.0)
    tc, mi, guess = trained("factorvae", 10.0)
    assert vae_tc > 0.4
    assert tc < 0.7 * vae_tc
    assert mi > 1  # not by knowing nothing
    assert guess == pytest.approx(tc, abs=0.2)


def test_the_two_streams_of_batches_differ() -> None:
    settings = Settings(objective="factorvae", beta=10, batch_size=48, steps=300)
    first, second = (batches_from(0, correlated_images(), settings, None, stream) for stream in (0, 1))
    for _ in range(30):  # nearly three epochs
        one, other = next(first), next(second)
        assert len(one) == len(other)
        assert not torch.equal(one, other)
