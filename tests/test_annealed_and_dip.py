"""AnnealedVAE and DIP-VAE: their values and gradients are those of their papers' equations, written out in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from helpers.narrow import narrow_state
from helpers.samples import sample
from tcvae_cli.objectives import elbo, load_objective
from tcvae_cli.objectives.annealed_vae import capacity_at
from tcvae_cli.objectives.dip_vae_ii import covariance_of_latents
from tcvae_cli.objectives.state import Data
from tcvae_cli.training.images import Images, Layout

CPU, ROWS = torch.device("cpu"), torch.arange(3, 19)
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 8), dtype=np.uint8)
DATA = Data(Images(PIXELS, Layout((1, 8, 8), True)), None, CPU)


def stepped(objective: str, **given: Any) -> tuple[Tensor, Tensor]:
    """Return the mean loss, and the gradients of all weights, of the first step on 16 images."""
    record = load_objective(objective)
    settings = record.settings(latents=3, batch_size=16, steps=9, seed=1, **given)
    state = narrow_state(settings, CPU)
    state.noise.begin()
    terms = record.step(state, [ROWS], DATA, settings)
    return terms["loss"].detach().mean(), torch.cat([weight.grad.flatten() for weight in state.model.parameters()])


def written_out(punished: Callable[[Tensor, Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Return the same of what is PUNISHED, by mean, standard deviation and sampled KL, beside - E[log p(x|z)]."""
    state = narrow_state(load_objective("vae").settings(latents=3, batch_size=16, steps=9, seed=1), CPU)
    state.noise.begin()
    noise = state.noise.standard(state.model.family, (16, 3)).double()
    model, images = state.model.double(), DATA.images.batch(ROWS, CPU).double()
    mean, log_std = model.encoder(images).chunk(2, dim=1)
    posterior = Normal(mean, log_std.exp())
    z = mean + log_std.exp() * noise
    surprise = F.binary_cross_entropy_with_logits(model.decoder(z), images, reduction="none").sum((1, 2, 3)).mean()
    sampled_kl = (posterior.log_prob(z) - Normal(0, 1).log_prob(z)).sum(1).mean()
    loss = punished(mean, log_std.exp(), sampled_kl) + surprise
    loss.backward()
    return loss.detach(), torch.cat([weight.grad.flatten() for weight in model.parameters()])


def annealed(gamma: float, capacity: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    def punished(mean: Tensor, std: Tensor, sampled_kl: Tensor) -> Tensor:
        return gamma * abs(kl_divergence(Normal(mean, std), Normal(0, 1)).sum(1).mean() - capacity)

    return punished


def dip(lambda_od: float, lambda_d: float, of_latents: bool) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    def punished(mean: Tensor, std: Tensor, sampled_kl: Tensor) -> Tensor:
        covariance = torch.cov(mean.T, correction=0) + torch.diag(std.square().mean(0)) * of_latents
        pairs = [(i, j) for i in range(3) for j in range(3)]
        off_diagonal = sum(covariance[i, j] ** 2 for i, j in pairs if i != j)
        return sampled_kl + lambda_od * off_diagonal + lambda_d * sum((covariance[i, i] - 1) ** 2 for i in range(3))

    return punished


@pytest.mark.parametrize(
    ("objective", "given", "punished"),
    [
        ("annealed-vae", {"beta": 1, "capacity": 0}, annealed(1, 0)),  # the VAE, its KL in closed form
        ("annealed-vae", {"beta": 7, "capacity": 40, "capacity_anneal": 4}, annealed(7, 10)),  # C is 40 / 4 at step 1
        ("dip-vae-i", {"lambda_od": 3}, dip(3, 30, of_latents=False)),
        ("dip-vae-ii", {"lambda_od": 3}, dip(3, 3, of_latents=True)),
        ("dip-vae-ii", {"lambda_od": 30, "lambda_d": 7}, dip(30, 7, of_latents=True)),
    ],
)
def test_a_step_is_that_of_the_paper(objective: str, given: dict[str, Any], punished: Any) -> None:
    (loss, gradients), (wanted, wanted_gradients) = stepped(objective, **given), written_out(punished)
    assert float(loss) == pytest.approx(float(wanted), rel=1e-5)
    torch.testing.assert_close(gradients.double(), wanted_gradients, rtol=1e-4, atol=1e-4)
    assert float(wanted_gradients.abs().max()) > 0.1


@pytest.mark.parametrize("objective", ["dip-vae-i", "dip-vae-ii"])
def test_without_a_penalty_a_dip_vae_is_the_vae(objective: str) -> None:
    for found, wanted in zip(stepped(objective, lambda_od=0), stepped("vae"), strict=True):
        assert torch.equal(found, wanted)


def test_the_covariance_of_dip_vae_ii_is_that_of_samples() -> None:
    _, mean, log_std = sample(20, 3)
    drawn = elbo.Draw(*torch.zeros(4, 20), mean=mean, log_std=log_std)
    z = mean + log_std.exp() * torch.randn(20_000, 20, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(covariance_of_latents(drawn), torch.cov(z.view(-1, 3).T), rtol=0, atol=0.01)


def test_the_capacity_rises_to_its_value_and_stays() -> None:
    settings = load_objective("annealed-vae").settings(capacity=25, capacity_anneal=100, steps=300)
    found = [capacity_at(float(step), settings) for step in (1, 40, 100, 101, 300)]
    assert found == pytest.approx([0.25, 10, 25, 25, 25])
    assert [float(capacity_at(torch.tensor(step, dtype=torch.float64), settings)) for step in (1, 101)] == [0.25, 25]


def test_what_is_said_of_a_training_too_short_for_its_capacity() -> None:
    record = load_objective("annealed-vae")
    assert record.sentence(record.settings(steps=18_000)) == (
        "maximise E[log p(x|z)] - 1000 |KL(q(z|n) || p(z)) - C|   "
        "(C rises to 25 nats over 100,000 steps, and is 4.5 after 18,000)"
    )
