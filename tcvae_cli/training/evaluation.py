"""What a finished run says of itself: its ELBO over part of the data, and what its objective adds."""

import math

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.activity import mean_share
from tcvae_cli.estimators.densities import differential_entropy, sample
from tcvae_cli.estimators.densities import kl as kl_in_closed_form
from tcvae_cli.models.model import BLOCK_ROWS
from tcvae_cli.models.precision import autocast
from tcvae_cli.models.priors import StandardPrior
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State


@torch.no_grad()
def evaluate(state: State, data: Data, settings: Settings, most: int = 10_000) -> dict[str, object]:
    """Return the ELBO and its terms in nats, over up to MOST evenly spaced images in evaluation mode.

    Means are weighted by p(n). Under a flow prior the KL is that of one sample of each image, else in closed form. A
    model without a likelihood has None for it and for its ELBO. `mean_share` (latent,) is the share of each latent's
    aggregated variance that its mean has, by which latents are called active. TcvaeError if the ELBO is not finite.
    """
    model = state.model.eval()
    count = len(data.images)
    rows = torch.linspace(0, count - 1, min(count, most), dtype=torch.float64).round().long()
    generator = torch.Generator().manual_seed(settings.seed)
    means: list[Tensor] = []
    log_stds: list[Tensor] = []
    log_likelihood, kl = 0.0, torch.zeros(settings.latents, dtype=torch.float64)
    weight = torch.ones(count, dtype=torch.float64) if data.probability is None else data.probability.cpu()
    weight = weight / weight[rows].sum()
    for block in rows.split(BLOCK_ROWS):
        batch = data.images.batch(block, data.device)
        with autocast(settings.precision, data.device):
            mean, log_std = model.posterior(batch)
        means.append(mean.cpu())
        log_stds.append(log_std.cpu())
        z = sample(mean, log_std, generator, model.family)
        if model.has_likelihood:
            with autocast(settings.precision, data.device):
                logits = model.logits(z)
            log_likelihood += float(weight[block] @ model.log_likelihood(batch, logits).double().cpu())
        kl += weight[block] @ analytic_or_sampled_kl(state, mean, log_std, z).cpu()
    if not (math.isfinite(log_likelihood) and bool(torch.isfinite(kl).all())):
        raise TcvaeError("train", "the trained model's ELBO is not finite", "lower {learning_rate} or {beta}")
    final: dict[str, object] = {
        "images": len(rows),
        "elbo": log_likelihood - float(kl.sum()) if model.has_likelihood else None,
        "log_likelihood": log_likelihood if model.has_likelihood else None,
        "kl": float(kl.sum()),
        "kl_per_latent": kl.tolist(),
        "mean_share": mean_share(torch.cat(means), torch.cat(log_stds), weight[rows]).tolist(),
    }
    return final | load_objective(settings.objective).final_terms(state, data, settings)


def analytic_or_sampled_kl(state: State, mean: Tensor, log_std: Tensor, z: Tensor) -> Tensor:
    """Return KL(q(z_j|n) || p(z_j)) (images, latent) float64, in closed form or, for a flow, from one sample."""
    model = state.model
    if isinstance(model.prior, StandardPrior):
        return kl_in_closed_form(mean, log_std, model.family, model.prior.family).double()
    return (-differential_entropy(log_std, model.family) - model.prior.log_density(z)).double()
