"""The training loop: one seeded sampler, state that can be stored and resumed to the same bytes."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError
from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.distributed import add_up, processes, rank, share_batch_norm
from tcvae_cli.models.infogan import InfoGan
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.adversarial import descend, factorvae_step, infogan_step
from tcvae_cli.training.sampler import batches_from
from tcvae_cli.training.state import State
from tcvae_cli.training.variational import Data, vae_loss

LOG_INTERVAL = 100


def step(state: State, batches: tuple[Tensor, Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """One step of the objective on the first of two independent batches: terms for the log, each (share,), nats."""
    if isinstance(state.model, InfoGan):
        return infogan_step(state, state.model, batches[0], data, settings)
    if isinstance(state.adversary, Discriminator):
        return factorvae_step(state, state.model, state.adversary, batches, data, settings)
    loss, terms, _ = vae_loss(state.model, batches[0], data, settings, state.step, state.generator)
    descend(state.optimizer, loss, len(batches[0]))
    return {**terms, "loss": loss}


def train(
    state: State,
    data: Data,
    settings: Settings,
    after_step: Callable[[State, dict[str, float] | None], object],
) -> None:
    """Run STATE up to `settings.steps`. `after_step` is called with the state after every step, and with the means of
    the terms since the last such call at every LOG_INTERVAL steps and at the last, None otherwise.

    Nothing waits for the device in between. TcvaeError when the loss is not finite, before `after_step` can store
    anything.
    """
    state.model.train()
    share_batch_norm(state.model)
    probability = None if data.probability is None else data.probability.cpu()
    streams = [batches_from(state.step, data.images, settings, probability, stream) for stream in (0, 1)]
    while state.step < settings.steps:
        batches = next(streams[0]), next(streams[1]) if settings.objective == "factorvae" else torch.empty(0)
        terms = step(state, batches, data, settings)
        state.step += 1
        state.summed += 1
        for name, term in terms.items():
            mean = term.detach().sum() / len(batches[0])
            state.sums[name] = state.sums[name] + mean if name in state.sums else mean
        if state.step % LOG_INTERVAL and state.step != settings.steps:
            after_step(state, None)
            continue
        share_sums(state)
        report = {name: float(state.sums[name]) / state.summed for name in terms}
        check_finite(state)
        state.sums, state.summed = {}, 0
        after_step(state, report)


def share_sums(state: State) -> None:
    """Let the first process have the sums of all since the last log line, and the others none."""
    if processes() == 1 or not state.sums:
        return
    names = sorted(state.sums)  # a checkpoint gives them to the first process in an order of its own
    totals = add_up(torch.stack([state.sums[name] for name in names]))
    state.sums = dict(zip(names, (totals if rank() == 0 else torch.zeros_like(totals)).unbind(), strict=True))


def check_finite(state: State) -> None:
    """Stop if a loss since the last log line, or a weight now, is not finite."""
    finite = math.isfinite(float(state.sums.get("loss", 0.0)))
    if not (finite and all(bool(torch.isfinite(tensor).all()) for tensor in state.model.state_dict().values())):
        raise TcvaeError(
            "train",
            f"the loss or a weight is not finite (NaN or infinite) by step {state.step}",
            "lower --learning-rate or --beta, or use --precision float32; a --checkpoint made before is good",
        )
