"""Runs that are trained side by side as one program: `stacked_state.py` says how, and here is when and until when."""

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from tcvae_cli.errors import TcvaeError, Terminated
from tcvae_cli.interrupts import tell as tell_of
from tcvae_cli.objectives import load_objective
from tcvae_cli.training.sampler import batches_from
from tcvae_cli.training.session import Session, Stopping
from tcvae_cli.training.stack_members import Member, keep, tell
from tcvae_cli.training.stacked_state import WEIGHED_AS_ONE, networks_of, put_back, stack_states
from tcvae_cli.training.steps import Steps
from tcvae_cli.training.thrift import Thrift
from tcvae_cli.training.trained import Run


def train_together(sessions: Sequence[Session]) -> list[Run | TcvaeError]:
    """Train runs of one `stack_key`, which share their images, as one program, and return what became of each.

    Each is told of its steps, and has its own log, checkpoint and run, as if it were trained alone. One that
    diverges, or whose files cannot be written, ends with its TcvaeError, and the others go on. KeyboardInterrupt or
    Terminated when stopped, after a last checkpoint of each.
    """
    members = [Member(session) for session in sessions]
    first = sessions[0]
    try:
        with contextlib.ExitStack() as opened:
            for member in members:
                with member.may_fail():
                    listen(member, opened)
            trained: list[Member] = []
            try:
                with first.listeners.hold() as stopping:
                    while training := [member for member in members if member.trains]:
                        train_until_one_is_lost(training, stopping)
                    trained = [member for member in members if member.outcome is None]  # see Session.trained
                finish(trained, stopping)
            except (KeyboardInterrupt, Terminated):
                for session in [member.session for member in trained if member.outcome is None]:
                    session.keep_trained()
                raise
    except (KeyboardInterrupt, Terminated) as stopped:
        tell_of(stopped, remains(members))
        raise
    return [member.outcome for member in members if member.outcome is not None]


def listen(member: Member, opened: contextlib.ExitStack) -> None:
    """Open the log of a member, and begin to tell of its progress."""
    session = member.session
    opened.enter_context(member.may_fail())  # so may closing
    member.log = opened.enter_context(session.opened_log())
    member.advance = opened.enter_context(session.listeners.progress("training", session.settings.steps))
    member.advance(session.state.step)


def train_until_one_is_lost(members: Sequence[Member], stopping: Stopping) -> None:
    """Train members as one until all steps are done, or one of them fails, and give each its own state again."""
    sessions = [member.session for member in members]
    data, settings = sessions[0].data, [session.settings for session in sessions]
    together = stack_states([session.state for session in sessions], settings, data.device)
    common = next((one for one in settings if one.objective not in WEIGHED_AS_ONE), settings[0])
    together.model.train()
    steps = Steps(together, data, common, sessions[0].listeners.detail)
    streams = [rows_of_each(sessions, stream) for stream in range(load_objective(common.objective).batches)]
    thrift = Thrift(sessions[0].outputs.checkpoint_share)
    while all(member.trains for member in members):
        steps.take([next(stream) for stream in streams])
        tell(together, members)
        keep(together, members, stopping, thrift)
    for place, member in enumerate(members):
        if member.outcome is None:
            put_back(together, place, member.session.state, member.session.settings)


def rows_of_each(sessions: Sequence[Session], stream: int) -> Iterator[Tensor]:
    """Yield the rows (member, batch) of each step, which are those that each training has alone."""
    data = sessions[0].data
    probability = None if data.probability is None else data.probability.cpu()
    own = [batches_from(one.state.step, data.images, one.settings, probability, stream) for one in sessions]
    return map(torch.stack, zip(*own, strict=True))


def finish(members: Sequence[Member], stopping: Stopping) -> None:
    """Evaluate each member, and write its run."""
    for member in members:
        session = member.session
        for network in networks_of(session.state):
            network.to(session.data.device)
        with member.may_fail():
            member.outcome = session.finished(stopping)


def remains(members: Sequence[Member]) -> str:
    """Return in words what a signal leaves of the trainings that have not ended."""
    sessions = [member.session for member in members if member.outcome is None]
    kept = [session.kept[-1] for session in sessions if session.kept]
    if len(kept) < 2 or len(kept) < len(sessions):
        return members[0].session.remains()
    steps = sessions[0].settings.steps
    return f"the checkpoints of {len(kept)} runs keep step {min(kept):,} of {steps:,}, from which they can be resumed"
