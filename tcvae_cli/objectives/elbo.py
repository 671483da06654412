"""What the objectives share that are an ELBO with some of its terms weighed: the draw, the optimiser, the sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import log_density
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.distributed import gathered, my_share
from tcvae_cli.models.model import Model
from tcvae_cli.models.precision import autocast, to_device
from tcvae_cli.models.vae import build_vae
from tcvae_cli.objectives.settings import PosteriorName, PriorName, Settings
from tcvae_cli.objectives.state import Data, InputShape, State, descend

TERMS = ("log_likelihood", "kl", "elbo", "loss")  # logged of every step
TAKES = frozenset({"posterior", "prior", "likelihood", "beta_anneal"})


@dataclass(frozen=True)
class Draw:
    """One z for each image of this process's share of a batch, and all components of the mixture that it is in.

    Models that are trained side by side have an axis of members in front of all.
    """

    z: Tensor  # (share, latent)
    log_likelihood: Tensor  # log p(x|z): (share,)
    log_qz_given_n: Tensor  # (share,)
    log_pz: Tensor  # (share,)
    mean: Tensor  # of the whole batch, or of the whole data set where that is asked for: (components, latent)
    log_std: Tensor

    @property
    def kl(self) -> Tensor:
        """One-sample estimate of KL(q(z|n) || p(z)): (share,), nats."""
        return self.log_qz_given_n - self.log_pz

    def terms(self, loss: Tensor) -> dict[str, Tensor]:
        """Return what is logged of a step on LOSS (share,)."""
        return dict(zip(TERMS, (self.log_likelihood, self.kl, self.log_likelihood - self.kl, loss), strict=True))


def build(settings: Settings, input_shape: InputShape) -> Model:
    """Return the freshly initialised VAE of the settings."""
    return build_vae(
        settings.architecture,
        settings.latents,
        input_shape,
        settings.seed,
        settings.posterior,
        settings.prior,
        settings.likelihood,
    )


def start(settings: Settings, model: Model, device: torch.device) -> State:
    """Return the state before the first step, with Adam over all weights."""
    optimizer = Adam(model.parameters(), settings.learning_rate)
    return State(model, {"optimizer": optimizer}, torch.Generator().manual_seed(settings.seed))


def draw(state: State, batch: Tensor, data: Data, settings: Settings, *, all_components: bool = False) -> Draw:
    """Encode, sample and decode this process's share of the images of BATCH (rows,), or (members, rows).

    With `all_components` the components of the mixture are the posteriors of all images of the data set.
    """
    model, batch_rows, rows = state.model, batch.shape[-1], len(data.images)
    share = my_share(batch_rows)

    def encode(images: Tensor, whole: int) -> tuple[Tensor, Tensor]:
        with autocast(settings.precision, data.device):
            mean, log_std = model.posterior(images)
        return gathered(mean, whole), gathered(log_std, whole)

    images = data.images.batch(batch[..., share], data.device)
    own: Tensor | tuple[Any, ...] = (..., share, slice(None))
    if all_components:
        all_mean, all_log_std = encode(data.images.batch(my_share(rows), data.device), rows)
        own = to_device(batch[share], data.device)
    else:
        all_mean, all_log_std = encode(images, batch_rows)
    mean, log_std = all_mean[own], all_log_std[own]
    noise = state.noise.standard(model.family, (batch_rows, settings.latents))[..., share, :]
    z = mean + log_std.exp() * to_device(noise, data.device)
    with autocast(settings.precision, data.device):
        logits = model.logits(z)
    return Draw(
        z=z,
        log_likelihood=model.log_likelihood(images, logits),
        log_qz_given_n=log_density(z, mean, log_std, model.family).sum(-1),
        log_pz=model.prior.log_density(z).sum(-1),
        mean=all_mean,
        log_std=all_log_std,
    )


def weighted_kl_step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step on the ELBO whose KL is multiplied by beta, annealed: Higgins et al. 2017."""
    (batch,) = batches
    drawn = draw(state, batch, data, settings)
    loss = state.weights(settings).beta * drawn.kl - drawn.log_likelihood
    descend(state.optimizers["optimizer"], loss, batch.shape[-1])
    return drawn.terms(loss)


def sentence(settings: Settings, penalty: str, detail: str = "") -> str:
    """Return the ELBO with its PENALTY written out, in the paper's terms, and what is particular about it."""
    annealed = "".join(
        f", {name} annealed over {steps} steps"
        for name, steps in (("beta", settings.beta_anneal), ("lambda", settings.lambda_anneal))
        if steps is not None
    )
    families = f", {settings.posterior} posterior, {settings.prior} prior"
    if settings.posterior == PosteriorName.NORMAL and settings.prior == PriorName.NORMAL:
        families = ""
    note = (detail + annealed + families).removeprefix(", ")
    return f"maximise E[log p(x|z)] - {penalty}" + (f"   ({note})" if note else "")
