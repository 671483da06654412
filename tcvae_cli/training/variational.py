"""A step of the variational objectives: VAE, beta-VAE, beta-TCVAE (eq. 4 of Chen et al. 2018), FactorVAE's own half."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import log_density
from tcvae_cli.estimators.mixtures import Mixture, exact, minibatch_stratified, minibatch_weighted
from tcvae_cli.estimators.objective import penalty, split_kl
from tcvae_cli.models.distributed import gathered, my_share
from tcvae_cli.models.model import Model
from tcvae_cli.models.precision import autocast, to_device
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.images import AnyImages


@dataclass(frozen=True)
class Data:
    """What a training draws from: all images, p(n) (rows,) float64 or None, and where to compute."""

    images: AnyImages
    probability: Tensor | None
    device: torch.device


@dataclass(frozen=True)
class Draw:
    """One z for each image of this process's share of a batch, and all components of the mixture that it is in."""

    z: Tensor  # (share, latent)
    log_likelihood: Tensor  # log p(x|z): (share,)
    log_qz_given_n: Tensor  # (share,)
    log_pz: Tensor  # (share,)
    mean: Tensor  # of the whole batch, or of the whole data set for the exact estimator: (components, latent)
    log_std: Tensor


def draw(vae: Model, batch: Tensor, data: Data, settings: Settings, generator: torch.Generator) -> Draw:
    """Encode, sample and decode this process's share of the images of BATCH (rows,)."""

    def encode(images: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        with autocast(settings.precision, data.device):
            mean, log_std = vae.posterior(images)
        return gathered(mean, rows), gathered(log_std, rows)

    share, rows = my_share(len(batch)), len(data.images)
    images = data.images.batch(batch[share], data.device)
    own: Tensor | slice = share
    if settings.estimator == "exact":
        all_mean, all_log_std = encode(data.images.batch(my_share(rows), data.device), rows)
        own = to_device(batch[share], data.device)
    else:
        all_mean, all_log_std = encode(images, len(batch))
    mean, log_std = all_mean[own], all_log_std[own]
    noise = vae.family.draw((len(batch), settings.latents), generator, torch.float32)[share]
    z = mean + log_std.exp() * to_device(noise, data.device)
    with autocast(settings.precision, data.device):
        logits = vae.logits(z)
    return Draw(
        z=z,
        log_likelihood=vae.log_likelihood(images, logits),
        log_qz_given_n=log_density(z, mean, log_std, vae.family).sum(1),
        log_pz=vae.prior.log_density(z).sum(1),
        mean=all_mean,
        log_std=all_log_std,
    )


def mixture(drawn: Draw, batch: Tensor, vae: Model, data: Data, settings: Settings) -> Mixture:
    """log q(z) and log q(z_j) of this process's z by the estimator of the settings."""
    share, rows = my_share(len(batch)), len(data.images)
    components = drawn.z, drawn.mean, drawn.log_std
    if settings.estimator == "exact":
        return exact(*components, data.probability, family=vae.family)
    if settings.estimator == "mss":
        return minibatch_stratified(*components, rows, family=vae.family, first=share.start)
    own = None if data.probability is None else data.probability[to_device(batch[share], data.device)]
    return minibatch_weighted(*components, rows, family=vae.family, probability=own)


def vae_loss(
    vae: Model, batch: Tensor, data: Data, settings: Settings, done: int, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor], Draw]:
    """The loss (share,) of step DONE + 1, the terms of the ELBO (share,) for the log, and the draw behind them."""
    drawn = draw(vae, batch, data, settings, generator)
    weights = settings.weights(done + 1)
    terms = {"log_likelihood": drawn.log_likelihood}
    if settings.estimator is None:
        kl = drawn.log_qz_given_n - drawn.log_pz
        loss = settings.kl_weight(done + 1) * kl - drawn.log_likelihood
    else:
        split = split_kl(drawn.log_qz_given_n, mixture(drawn, batch, vae, data, settings), drawn.log_pz)
        loss, kl = penalty(split, *weights) - drawn.log_likelihood, split.kl
        prefix = "" if settings.estimator == "exact" else "minibatch_"
        for name in ("index_code_mi", "total_correlation", "dimension_wise_kl"):
            terms[prefix + name] = getattr(split, name)
    return loss, {**terms, "kl": kl, "elbo": drawn.log_likelihood - kl}, drawn
