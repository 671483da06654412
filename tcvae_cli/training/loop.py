"""The training loop: one seeded sampler, one optimiser, state that can be stored and resumed to the same bytes."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.densities import normal_kl, normal_log_density, standard_normal_log_density
from tcvae_cli.estimators.objective import minibatch_terms, penalty
from tcvae_cli.models.vae import Vae, bernoulli_log_likelihood, build_vae
from tcvae_cli.training.images import Images
from tcvae_cli.training.precision import autocast
from tcvae_cli.training.settings import Settings

LOG_INTERVAL = 100


@dataclass
class State:
    """Everything that changes during training."""

    vae: Vae
    optimizer: torch.optim.Adam
    generator: torch.Generator  # of the noise; on the CPU whatever the device, so that all devices see the same
    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)  # of each term since the last log line


def new_state(settings: Settings, image: tuple[int, int, int], device: torch.device) -> State:
    """The state before the first step."""
    vae = build_vae(settings.architecture, settings.latents, image, settings.seed).to(device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=settings.learning_rate, fused=True)
    return State(vae, optimizer, torch.Generator().manual_seed(settings.seed))


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Batches an epoch; the last may be short, but a single image left over joins the batch before it."""
    return max(1, math.ceil(rows / batch_size) - (rows % batch_size == 1 and rows > batch_size))


def epoch_batches(rows: int, settings: Settings, probability: Tensor | None, epoch: int) -> list[Tensor]:
    """The rows of each batch of an epoch, in an order that depends on the seed and the epoch alone.

    Without replacement when sampling is uniform; else each row drawn by its probability, with replacement.
    """
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    if probability is None:
        order = torch.randperm(rows, generator=generator)
    else:
        order = torch.searchsorted(
            probability.cumsum(0), torch.rand(rows, generator=generator, dtype=torch.float64)
        ).clamp_(max=rows - 1)
    batches = list(order.split(settings.batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def batches_from(step: int, rows: int, settings: Settings, probability: Tensor | None) -> Iterator[Tensor]:
    """Batches for the steps after STEP, without end."""
    per_epoch = steps_per_epoch(rows, settings.batch_size)
    epoch, done = divmod(step, per_epoch)
    while True:
        yield from epoch_batches(rows, settings, probability, epoch)[done:]
        epoch, done = epoch + 1, 0


def step_terms(state: State, images: Tensor, settings: Settings, rows: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss to minimise () and the batch means of its terms, for one z per image."""
    with autocast(settings.precision, images.device):
        mean, log_std = state.vae.posterior(images)
    noise = torch.randn(mean.shape, generator=state.generator).to(mean.device)
    z = mean + log_std.exp() * noise
    with autocast(settings.precision, images.device):
        logits = state.vae.logits(z)
    log_likelihood = bernoulli_log_likelihood(images, logits)
    terms = {"log_likelihood": log_likelihood}
    if settings.objective == "beta-tcvae":
        split = minibatch_terms(z, mean, log_std, rows, settings.estimator or "mws")
        loss = penalty(split, settings.alpha, settings.beta, settings.gamma) - log_likelihood
        kl = split.kl
        terms["minibatch_index_code_mi"] = split.index_code_mi
        terms["minibatch_total_correlation"] = split.total_correlation
        terms["minibatch_dimension_wise_kl"] = split.dimension_wise_kl
    else:
        kl = (normal_log_density(z, mean, log_std) - standard_normal_log_density(z)).sum(1)
        loss = settings.beta * kl - log_likelihood
    terms["kl"], terms["elbo"] = kl, log_likelihood - kl
    means = {name: term.detach().mean() for name, term in terms.items()}
    return loss.mean(), means


def train(
    state: State,
    images: Images,
    probability: Tensor | None,
    settings: Settings,
    after_step: Callable[[State, dict[str, float] | None], object],
) -> None:
    """Run STATE up to `settings.steps`. `after_step` is called with the state after every step, and with the means of
    the terms since the last such call at every LOG_INTERVAL steps and at the last, None otherwise.

    TcvaeError when the loss is not finite, before `after_step` can store anything.
    """
    device = next(state.vae.parameters()).device
    state.vae.train()
    batches = batches_from(state.step, len(images), settings, probability)
    first = state.step
    while state.step < settings.steps:
        loss, means = step_terms(state, images.batch(next(batches), device), settings, len(images))
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        state.optimizer.step()
        state.step += 1
        for name, mean in {"loss": loss.detach(), **means}.items():
            state.sums[name] = state.sums[name] + mean if name in state.sums else mean
        if state.step % LOG_INTERVAL and state.step != settings.steps:
            after_step(state, None)
            continue
        count = state.step - first
        report = {name: float(total) / count for name, total in state.sums.items()}
        check_finite(state)
        state.sums, first = {}, state.step
        after_step(state, report)


def check_finite(state: State) -> None:
    """Stop if a loss since the last log line, or a weight now, is not finite."""
    finite = math.isfinite(float(state.sums.get("loss", 0.0)))
    if not (finite and all(bool(torch.isfinite(tensor).all()) for tensor in state.vae.state_dict().values())):
        raise TcvaeError(
            "train",
            f"the loss or a weight is not finite (NaN or infinite) by step {state.step}",
            "lower --learning-rate or --beta, or use --precision float32; a --checkpoint made before is good",
        )


@torch.no_grad()
def evaluate(state: State, images: Images, settings: Settings, most: int = 10_000) -> dict[str, object]:
    """ELBO and its terms over up to MOST evenly spaced images in evaluation mode, with the analytic KL per latent."""
    device = next(state.vae.parameters()).device
    state.vae.eval()
    rows = torch.linspace(0, len(images) - 1, min(len(images), most), dtype=torch.float64).round().long()
    generator = torch.Generator().manual_seed(settings.seed)
    log_likelihood, kl = 0.0, torch.zeros(settings.latents, dtype=torch.float64)
    for block in rows.split(1024):
        batch = images.batch(block, device)
        with autocast(settings.precision, device):
            mean, log_std = state.vae.posterior(batch)
        noise = torch.randn(mean.shape, generator=generator).to(device)
        with autocast(settings.precision, device):
            logits = state.vae.logits(mean + log_std.exp() * noise)
        log_likelihood += float(bernoulli_log_likelihood(batch, logits).double().sum())
        kl += normal_kl(mean, log_std).double().sum(0).cpu()
    log_likelihood, kl = log_likelihood / len(rows), kl / len(rows)
    if not (math.isfinite(log_likelihood) and bool(torch.isfinite(kl).all())):
        raise TcvaeError("train", "the trained model's ELBO is not finite", "lower --learning-rate or --beta")
    return {
        "images": len(rows),
        "elbo": log_likelihood - float(kl.sum()),
        "log_likelihood": log_likelihood,
        "kl": float(kl.sum()),
        "kl_per_latent": kl.tolist(),
    }
