"""The training loop: one seeded sampler, state that can be stored and resumed to the same bytes."""

import contextlib
from collections.abc import Callable, Iterator

import torch

from tcvae_cli.errors import TcvaeError
from tcvae_cli.models.distributed import add_up, processes, rank
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.progress import Note, quiet
from tcvae_cli.training.sampler import batches_from
from tcvae_cli.training.steps import Steps

REPORT_EVERY = 100  # steps


def train(
    state: State,
    data: Data,
    settings: Settings,
    after_step: Callable[[State, dict[str, float] | None], object],
    *,
    report_every: int = REPORT_EVERY,
    say: Note = quiet,
) -> None:
    """Run STATE up to `settings.steps`, and call `after_step` with the state after every step.

    Every `report_every` steps and at the last one it is given the means of the terms since the last report, otherwise
    None. Nothing waits for the device in between. SAY is told what is slower than it could be. TcvaeError when the
    loss is not finite, before `after_step` can store anything.
    """
    objective = load_objective(settings.objective)
    state.model.train()
    probability = None if data.probability is None else data.probability.cpu()
    streams = [
        batches_from(state.step, data.images, settings, probability, stream) for stream in range(objective.batches)
    ]
    steps = Steps(state, data, settings, say)
    with same_convolutions():
        while state.step < settings.steps:
            steps.take([next(stream) for stream in streams])
            report = None
            if state.step % report_every == 0 or state.step == settings.steps:
                share_sums(state)
                check_finite(state)
                report = means_since_last(state)
            after_step(state, report)


@contextlib.contextmanager
def same_convolutions() -> Iterator[None]:
    """Let convolutions on CUDA have the same bits whenever they are computed, as a resumed training needs it."""
    before, torch.backends.cudnn.deterministic = torch.backends.cudnn.deterministic, True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def means_since_last(state: State) -> dict[str, float]:
    """Return the mean of each term since this was last asked for, and begin anew: the tensors stay where they are."""
    totals = torch.stack([*state.sums.values()])
    report = {name: total / state.summed for name, total in zip(state.sums, totals.tolist(), strict=True)}
    for total in state.sums.values():
        total.zero_()
    state.summed = 0
    return report


def share_sums(state: State) -> None:
    """Let the first process have the sums of all since the last log line, and the others none."""
    if processes() == 1 or not state.sums:
        return
    names = sorted(state.sums)  # a checkpoint gives them to the first process in an order of its own
    totals = add_up(torch.stack([state.sums[name] for name in names]))
    state.sums = dict(zip(names, (totals if rank() == 0 else torch.zeros_like(totals)).unbind(), strict=True))


class NotFiniteError(TcvaeError):
    """A training has diverged: with the same settings it does so again."""


def check_finite(state: State) -> None:
    """Raise TcvaeError if a loss since the last log line, or a weight now, is not finite."""
    tensors = [*state.model.state_dict().values(), *(state.sums[name] for name in ("loss",) if name in state.sums)]
    if not bool(torch.stack([torch.isfinite(tensor).all() for tensor in tensors]).all()):
        raise not_finite(state.step)


def not_finite(step: int) -> TcvaeError:
    """Return the error of a training that has diverged by a step."""
    fault = f"the loss or a weight is not finite (NaN or infinite) by step {step}"
    return NotFiniteError("train", fault, "lower {learning_rate} or {beta}, or use {precision=float32}")
