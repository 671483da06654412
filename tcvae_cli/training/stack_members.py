"""What each run of a stack is told, and what is kept of it."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from tcvae_cli.errors import TcvaeError, Terminated
from tcvae_cli.progress import Advance
from tcvae_cli.training.log import Write
from tcvae_cli.training.loop import not_finite
from tcvae_cli.training.session import Session, Stopping
from tcvae_cli.training.stacked_state import StackedState, put_back, terms_of
from tcvae_cli.training.thrift import Thrift
from tcvae_cli.training.trained import Run


@dataclass
class Member:
    """One of the trainings, whom it tells of its steps, and what has become of it."""

    session: Session
    advance: Advance = lambda count, note="": None
    log: Write = lambda record: None
    outcome: Run | TcvaeError | None = None

    @contextlib.contextmanager
    def may_fail(self) -> Iterator[None]:
        """Let an error inside be the end of this member alone."""
        try:
            yield
        except TcvaeError as error:
            self.outcome = error

    @property
    def trains(self) -> bool:
        """Whether steps are left to take."""
        return self.outcome is None and self.session.state.step < self.session.settings.steps


def tell(together: StackedState, members: Sequence[Member]) -> None:
    """Tell each member of a step that is done, and end with an error what is not finite any more."""
    outputs, steps = members[0].session.outputs, members[0].session.settings.steps
    for member in members:
        member.session.state.step, member.session.state.summed = together.step, member.session.state.summed + 1
    if together.step % outputs.report_every and together.step != steps:
        for member in members:
            member.session.tell(None, member.advance, member.log)
        return
    finite, names = finite_members(together), list(together.sums)
    totals = torch.stack([*together.sums.values()], dim=1).tolist()
    for member, own, is_finite in zip(members, totals, finite, strict=True):
        with member.may_fail():
            state = member.session.state
            if not is_finite:
                raise not_finite(state.step)
            means = {name: total / state.summed for name, total in zip(names, own, strict=True)}
            report = {name: means[name] for name in terms_of(member.session.settings, names)}
            state.summed = 0
            member.session.tell(report, member.advance, member.log)
    for total in together.sums.values():
        total.zero_()


def finite_members(together: StackedState) -> list[bool]:
    """Return of each member whether its loss since the last report and its model's weights are finite."""
    finite = [torch.isfinite(weight).flatten(1).all(1) for weight in together.model.parameters()]
    return torch.stack([*finite, torch.isfinite(together.sums["loss"])]).all(0).tolist()


def keep(together: StackedState, members: Sequence[Member], stopping: Stopping, thrift: Thrift) -> None:
    """Keep the checkpoints that are due: of all members, when the training is to stop. Then Terminated is raised."""
    placed = [(place, member) for place, member in enumerate(members) if member.session.outputs.checkpoint]
    ends = bool(placed) and stopping()
    due = [one for one in placed if ends or together.step % one[1].session.outputs.checkpoint_every == 0]
    if due and (ends or thrift.allows()):
        with thrift.measured():
            for place, member in due:
                if member.outcome is None:
                    put_back(together, place, member.session.state, member.session.settings)
                    with member.may_fail():
                        member.session.keep_last() if ends else member.session.keep()
    if ends:
        raise Terminated
