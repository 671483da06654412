"""Summarise the results of many runs by setting."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tcvae_cli.progress import Note, warn
from tcvae_cli.results import published_numbers
from tcvae_cli.results.estimates import LEAST_RUNS
from tcvae_cli.results.line import Results, as_lines
from tcvae_cli.results.ranks import rank_test, shift, superiority
from tcvae_cli.results.statistics import Summary, summarise
from tcvae_cli.results.table import Group, Table
from tcvae_cli.verbs.beside import Beside, alone, beside
from tcvae_cli.verbs.record import start_of_line

MOST_TESTED = 100  # settings: 4,950 tests of each two of them


@dataclass(frozen=True)
class Versus:
    """One setting against another, by ranks."""

    setting: str
    superiority: float  # the chance that a run of it is larger
    p: float | None  # two-sided, of the rank test; None where one of the two has a single run
    shift: float  # the median difference of two runs
    shift_interval: tuple[float, float] | None  # the 90% one, None for fewer than LEAST_RUNS, or without width


@dataclass(frozen=True)
class Compared:
    """One group of runs, summarised, and its tests against the other settings of the same quantity."""

    group: Group
    summary: Summary
    versus: tuple[Versus, ...]  # empty among more than MOST_TESTED settings

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
    """Results by setting: one panel for each quantity, estimator and data set, which are never mixed.

    What others PUBLISHED of the same quantities stands beside them, and is in none of their numbers.
    """

    panels: tuple[tuple[Compared, ...], ...]
    published: tuple[Beside, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """Return the result lines, one for each setting of each panel, then one for each known number."""
        results = [compared.record() for panel in self.panels for compared in panel]
        return results + [one.record() for one in self.published]


def compare(
    results: Results, value: str | None = None, *, published: str | None = None, note: Note = warn
) -> Comparison:
    """Summarise results by setting, over seeds, and test each setting against the others.

    VALUE is the key of the number to compare, such as "mig_sup" or "parts.completeness"; by default it is the one that
    a result is known by. Settings are what the runs differ in, seeds apart. Means have Student's 90% interval; P is
    that of the two-sided Mann-Whitney test, beside the shift that this test finds, with its 90% interval. A setting of
    fewer than 5 runs has no interval, one of a single run no P either, and more than 100 settings are not tested
    against one another, as notes tell. Numbers that others PUBLISHED of a data set, such as "dsprites", stand beside
    those of the same quantity, or alone without any results. Raises ArgumentError where no result has VALUE or nothing
    is known of the data set, TcvaeError for a run that is measured twice in one way.
    """
    known = () if published is None else published_numbers.published(published)
    lines = as_lines(results)
    if known and not lines:
        return Comparison((), alone(known, value))
    groups = Table(lines, note).groups(value)
    panels: dict[tuple[str, str, str], list[Group]] = {}
    for group in groups:
        panels.setdefault((group.quantity, group.estimator_sentence, group.data_set), []).append(group)
    tell_of_what_is_missing(panels.values(), note)
    return Comparison(tuple(map(compared, panels.values())), beside(known, groups, note) if known else ())


def tell_of_what_is_missing(panels: Iterable[Sequence[Group]], note: Note) -> None:
    """Note why some settings have no interval or no P, and why some are not tested against the others."""
    panels = list(panels)
    for least, what, lacks in ((LEAST_RUNS, f"fewer than {LEAST_RUNS} runs", "interval"), (2, "a single run", "P")):
        few = {(group.data_set, group.setting) for panel in panels for group in panel if len(group.values) < least}
        if few:
            note(f"{settings_have(len(few))} {what}: no {lacks}, which needs {least}")
    enough = [group for panel in panels for group in panel if len(group.values) >= LEAST_RUNS]
    if same := {(group.data_set, group.setting) for group in enough if group.values[0] == group.values[-1]}:
        what = "runs that are all the same: no interval of their mean, nor of the shift between two of these"
        note(f"{settings_have(len(same))} {what}")
    for panel in panels:
        if len(panel) > MOST_TESTED:
            settings = f"{len(panel):,} settings of {panel[0].data_set}"
            note(f"{settings} are not tested against one another: at most {MOST_TESTED} are")


def settings_have(count: int) -> str:
    """Return how many settings a note is about, and its verb."""
    return "one setting has" if count == 1 else f"{count:,} settings have"


def compared(panel: Sequence[Group]) -> tuple[Compared, ...]:
    """Return the groups of a panel, summarised and, if they are not too many, tested against one another."""
    summaries = [summarise(group.values) for group in panel]
    versus: list[list[Versus]] = [[] for _ in panel]
    if len(panel) <= MOST_TESTED:
        for one, other in itertools.permutations(range(len(panel)), 2):
            versus[one].append(tested(panel[one], panel[other]))
    return tuple(Compared(*row) for row in zip(panel, summaries, map(tuple, versus), strict=True))


def tested(group: Group, other: Group) -> Versus:
    """Return one group against another."""
    p = rank_test(group.values, other.values) if min(len(group.values), len(other.values)) > 1 else None
    moved = shift(group.values, other.values)
    interval = (moved.low, moved.high) if moved.low < moved.high else None  # NaN, or runs that do not vary
    return Versus(other.setting.name, superiority(group.values, other.values), p, moved.value, interval)
