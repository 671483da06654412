"""What a finished run says of itself: its ELBO over part of the data, and FactorVAE's true total correlation."""

import math

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.decomposition import decompose, draw
from tcvae_cli.estimators.densities import entropy, sample
from tcvae_cli.estimators.densities import kl as kl_in_closed_form
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.infogan import InfoGan
from tcvae_cli.models.precision import autocast
from tcvae_cli.models.priors import StandardPrior
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.encoding import BLOCK_ROWS
from tcvae_cli.training.state import State
from tcvae_cli.training.variational import Data

EXACT_SAMPLES = 2000


@torch.no_grad()
def evaluate(state: State, data: Data, settings: Settings, most: int = 10_000) -> dict[str, object]:
    """ELBO and its terms over up to MOST evenly spaced images in evaluation mode, with the KL per latent, in nats.

    Means are weighted by p(n). Under a flow prior the KL is that of one sample an image, else in closed form. An
    InfoGAN has no likelihood, so null stands for it and for its ELBO.
    """
    model = state.model.eval()
    count = len(data.images)
    rows = torch.linspace(0, count - 1, min(count, most), dtype=torch.float64).round().long()
    generator = torch.Generator().manual_seed(settings.seed)
    log_likelihood, kl = 0.0, torch.zeros(settings.latents, dtype=torch.float64)
    weight = torch.ones(count, dtype=torch.float64) if data.probability is None else data.probability.cpu()
    weight = weight / weight[rows].sum()
    for block in rows.split(BLOCK_ROWS):
        batch = data.images.batch(block, data.device)
        with autocast(settings.precision, data.device):
            mean, log_std = model.posterior(batch)
        z = sample(mean, log_std, generator, model.family)
        if not isinstance(model, InfoGan):
            with autocast(settings.precision, data.device):
                logits = model.logits(z)
            log_likelihood += float(weight[block] @ model.log_likelihood(batch, logits).double().cpu())
        kl += weight[block] @ analytic_or_sampled_kl(state, mean, log_std, z).cpu()
    if not (math.isfinite(log_likelihood) and bool(torch.isfinite(kl).all())):
        raise TcvaeError("train", "the trained model's ELBO is not finite", "lower --learning-rate or --beta")
    is_vae = not isinstance(model, InfoGan)
    final: dict[str, object] = {
        "images": len(rows),
        "elbo": log_likelihood - float(kl.sum()) if is_vae else None,
        "log_likelihood": log_likelihood if is_vae else None,
        "kl": float(kl.sum()),
        "kl_per_latent": kl.tolist(),
    }
    if isinstance(state.adversary, Discriminator):
        final |= total_correlations(state, data, settings)
    return final


def analytic_or_sampled_kl(state: State, mean: Tensor, log_std: Tensor, z: Tensor) -> Tensor:
    """KL(q(z_j|n) || p(z_j)) (images, latent) float64: in closed form but for a flow, whose ln p(z_j) is sampled."""
    model = state.model
    if isinstance(model.prior, StandardPrior):
        return kl_in_closed_form(mean, log_std, model.family, model.prior.family).double()
    return (-entropy(log_std, model.family) - model.prior.log_density(z)).double()


def total_correlations(state: State, data: Data, settings: Settings) -> dict[str, object]:
    """The TC of all images, exact but for the sampling of H(z), and what the discriminator takes it for, in nats."""
    assert isinstance(state.adversary, Discriminator)
    blocks = []
    for block in torch.arange(len(data.images)).split(BLOCK_ROWS):
        with autocast(settings.precision, data.device):
            mean, log_std = state.model.posterior(data.images.batch(block, data.device))
        blocks.append((mean.cpu(), log_std.cpu()))
    posterior = Posterior.of(
        torch.cat([mean for mean, _ in blocks]),
        torch.cat([log_std for _, log_std in blocks]),
        None if data.probability is None else data.probability.cpu(),
        state.model.family,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    found = decompose(posterior, EXACT_SAMPLES, generator)
    z, _ = draw(posterior, EXACT_SAMPLES, generator)
    return {
        "total_correlation": found.total_correlation,
        "total_correlation_standard_error": found.standard_error,
        "discriminator_total_correlation": float(state.adversary.log_ratio(z.float().to(data.device)).mean()),
    }
