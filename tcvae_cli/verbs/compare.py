"""Summarise the results of many runs by setting."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tcvae_cli.progress import Note, warn
from tcvae_cli.results.line import Results
from tcvae_cli.results.statistics import Summary, rank_test, summarise, superiority
from tcvae_cli.results.table import Group, Table
from tcvae_cli.verbs.record import start_of_line


@dataclass(frozen=True)
class Versus:
    """One setting against another: the chance that a run of it is larger, and P of the rank test."""

    setting: str
    superiority: float
    p: float


@dataclass(frozen=True)
class Compared:
    """One group of runs, summarised, and its tests against the other settings of the same quantity."""

    group: Group
    summary: Summary
    versus: tuple[Versus, ...]

    def record(self) -> dict[str, Any]:
        """Return the result line."""
        return start_of_line("compare") | {
            "quantity": self.group.quantity,
            "estimator": self.group.estimator,
            "data_set": self.group.data_set,
            "setting": self.group.setting.name,
            **asdict(self.summary),
            "versus": [asdict(one) for one in self.versus],
        }


@dataclass(frozen=True)
class Comparison:
    """Results by setting: one panel for each quantity, estimator and data set, which are never mixed."""

    panels: tuple[tuple[Compared, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """Return the result lines, one for each setting of each panel."""
        return [compared.record() for panel in self.panels for compared in panel]


def compare(results: Results, value: str | None = None, *, note: Note = warn) -> Comparison:
    """Summarise results by setting, over seeds, and test each setting against the others.

    VALUE is the key of the number to compare, such as "mig_sup" or "parts.completeness"; by default it is the one that
    a result is known by. Settings are what the runs differ in, seeds apart. The interval of a mean is a 90% bootstrap
    interval, and P that of the two-sided Mann-Whitney test. Raises ArgumentError where no result has VALUE, TcvaeError
    for a run that is measured twice in one way.
    """
    panels: dict[tuple[str, str, str], list[Group]] = {}
    for group in Table(results, note).groups(value):
        panels.setdefault((group.quantity, group.estimator_sentence, group.data_set), []).append(group)
    return Comparison(tuple(tuple(compared(group, panel) for group in panel) for panel in panels.values()))


def compared(group: Group, panel: Sequence[Group]) -> Compared:
    """Return one group of a panel, summarised and tested against the others."""
    others = [other for other in panel if other is not group]
    versus = [
        Versus(other.setting.name, superiority(group.values, other.values), rank_test(group.values, other.values))
        for other in others
    ]
    return Compared(group, summarise(group.values), tuple(versus))
