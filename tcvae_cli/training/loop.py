"""The training loop: one seeded sampler, state that can be stored and resumed to the same bytes."""

import math
from collections.abc import Callable

import torch

from tcvae_cli.errors import TcvaeError
from tcvae_cli.models.distributed import add_up, processes, rank, share_batch_norm
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.training.sampler import batches_from

REPORT_EVERY = 100  # steps


def train(
    state: State,
    data: Data,
    settings: Settings,
    after_step: Callable[[State, dict[str, float] | None], object],
    *,
    report_every: int = REPORT_EVERY,
) -> None:
    """Run STATE up to `settings.steps`, and call `after_step` with the state after every step.

    Every `report_every` steps and at the last one it is given the means of the terms since the last report, otherwise
    None. Nothing waits for the device in between. TcvaeError when the loss is not finite, before `after_step` can
    store anything.
    """
    objective = load_objective(settings.objective)
    state.model.train()
    share_batch_norm(state.model)
    probability = None if data.probability is None else data.probability.cpu()
    streams = [
        batches_from(state.step, data.images, settings, probability, stream) for stream in range(objective.batches)
    ]
    while state.step < settings.steps:
        batches = [next(stream) for stream in streams]
        terms = objective.step(state, batches, data, settings)
        state.step += 1
        state.summed += 1
        for name, term in terms.items():
            mean = term.detach().sum() / len(batches[0])
            state.sums[name] = state.sums[name] + mean if name in state.sums else mean
        if state.step % report_every and state.step != settings.steps:
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
    """Raise TcvaeError if a loss since the last log line, or a weight now, is not finite."""
    finite = math.isfinite(float(state.sums.get("loss", 0.0)))
    if not (finite and all(bool(torch.isfinite(tensor).all()) for tensor in state.model.state_dict().values())):
        raise TcvaeError(
            "train",
            f"the loss or a weight is not finite (NaN or infinite) by step {state.step}",
            "lower {learning_rate} or {beta}, or use {precision=float32}; a {checkpoint} made before is good",
        )
