"""Two numbers of each run, of its lines of mig and of estimate-tc, over beta."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.estimates import FISHER, Estimate, estimate
from tcvae_cli.results.line import Line, check_key
from tcvae_cli.results.repeats import error_of_repeating, run_and_step, run_of
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import spearman
from tcvae_cli.results.table import Table, one_estimator

BETA, SEED = "settings.beta", "settings.seed"
MIG = "mig"  # the number of mig's line; all others are those of estimate-tc
Points = dict[float, list[tuple[float, float]]]  # {beta: the two numbers of each run}


@dataclass(frozen=True)
class Pairs:
    """Two numbers of each run: {data set: {setting without its beta: points}}, sorted."""

    estimator_sentence: str  # of MIG
    panels: dict[str, dict[Setting, Points]]
    lines: dict[str, dict[Setting, dict[float, list[Line]]]] = field(compare=False)  # of mig, of the panels' runs

    def by_seed(self, data_set: str, methods: Sequence[Setting]) -> list[Array]:
        """Return the two numbers of each run of each method, seed by seed: (seeds, betas, 2).

        Runs of one seed start from the same weights and see the same images, at every beta and by every method, so that
        they are no independent runs: a seed is one repetition of all of them. Only those count that have a run at every
        beta of every method; a run that names no seed shares one with no other. A method without runs gives (0, 0, 2).
        """
        found: list[list[dict[str, tuple[float, float]]]] = []
        for method in methods:
            lines, points = self.lines[data_set].get(method, {}), self.panels[data_set].get(method, {})
            found.append([dict(zip(map(seed_of, lines[beta]), points[beta], strict=True)) for beta in points])
        cells = [cell for of_method in found for cell in of_method]
        common = sorted(set.intersection(*map(set, cells))) if cells else []
        return [
            np.array([[cell[seed] for cell in of_method] for seed in common]).reshape(-1, len(of_method), 2)
            if of_method
            else np.empty((0, 0, 2))
            for of_method in found
        ]


def correlation_over_runs(runs: Array) -> float:
    """Return Spearman's correlation of the two numbers over runs (seeds, betas, 2).

    By ranks, because a few runs at small beta have many times the TC of all others, and Pearson's r is mostly theirs.
    """
    return spearman(*runs.reshape(-1, 2).T)


def estimated_correlation(runs: Array, level: float = 0.0) -> Estimate:
    """Return that correlation as an estimate: a seed, with its run of every beta, is one repetition."""
    return estimate(lambda groups: correlation_over_runs(groups[0]), [runs.tolist()], level, FISHER)


def pair_with_mig(table: Table, number: str) -> Pairs:
    """Bring together NUMBER of estimate-tc and the MIG of each run, as `pair_numbers`."""
    return pair_numbers(table, number, MIG)


def pair_numbers(table: Table, x: str, y: str) -> Pairs:
    """Bring together two numbers of each run, by their keys: each is `mig` or a number of estimate-tc, such as `elbo`.

    The lines of mig and of estimate-tc must be of the same step of the same run; of several such steps of a run the
    last one counts. Raises TcvaeError for a run that was measured twice, for several estimators, and where no run has
    both lines with both numbers.
    """
    check_key("x", x)
    check_key("y", y)
    migs, terms = (by_run_and_step(table, kind) for kind in ("mig", "estimate-tc"))
    wanted = [key for key in dict.fromkeys((x, y)) if key != MIG]
    both = [key for key in migs if key in terms and all(terms[key].find(number) is not None for number in wanted)]
    if not both:
        cure = "give the lines of tcvae mig and of tcvae estimate-tc of the same codes"
        if not any(line.settings for line in table.lines):
            cure = "write the settings into the header of the codes, by which runs are told apart (docs/formats.md)"
        raise TcvaeError("results", f"have no run with both {in_words(wanted)}", cure)
    last = table.latest([migs[key] for key in both], run_of)
    pairs = [(line, terms[run_and_step(line)]) for line in last]
    table.tell_of_unfinished(last)
    one_estimator(term for _, term in pairs)
    sentence = one_estimator(last)
    tell_of_others(table, wanted, pairs)
    panels: dict[str, dict[Setting, Points]] = {}
    lines: dict[str, dict[Setting, dict[float, list[Line]]]] = {}
    whole = whole_lines(table)
    rows = [
        ((table.data_set(mig), name, mig.number(BETA), number_of(x, mig, term), number_of(y, mig, term)), mig)
        for (mig, term), name in zip(pairs, table.named(last, BETA), strict=True)
    ]
    for (data_set, name, beta, first, second), mig in sorted(rows, key=lambda row: (row[0], seed_of(row[1]))):
        panels.setdefault(data_set, {}).setdefault(name, {}).setdefault(beta, []).append((first, second))
        lines.setdefault(data_set, {}).setdefault(name, {}).setdefault(beta, []).append(whole[run_and_step(mig)])
    return Pairs(sentence, panels, lines)


def number_of(key: str, mig: Line, term: Line) -> float:
    """Return the number under KEY of a run, whose line of mig and of estimate-tc are given."""
    return (mig if key == MIG else term).number(key)


def in_words(numbers: Sequence[str]) -> str:
    """Return what a run must have: a MIG and the NUMBERS of estimate-tc."""
    return " and ".join(["a MIG", *map(repr, numbers)])


def seed_of(line: Line) -> str:
    """Return the seed of a run; of one that names none, what tells it from all others: it shares no seed with them."""
    seed = line.find(SEED)
    return f"none: {run_of(line)}" if seed is None else str(seed)


def by_run_and_step(table: Table, kind: str) -> dict[str, Line]:
    """Return the lines of one kind by run and step. Refuse one that was measured twice, in whatever way."""
    found: dict[str, Line] = {}
    lines = [line for line in table.lines if line["kind"] == kind and line.settings]
    for line in table.without_needless(lines, "mig"):
        first = found.setdefault(run_and_step(line), line)
        if first is not line:
            raise error_of_repeating(line, first)
    return found


def whole_lines(table: Table) -> dict[str, Line]:
    """Return the lines of mig by run and step, with which latents are active: of several, by the least `active`."""
    lines = [line for line in table.lines if line["kind"] == "mig" and line.settings]
    lines.sort(key=lambda line: canonical_json(line.get("active")), reverse=True)
    return {run_and_step(line): line for line in lines}


def tell_of_others(table: Table, numbers: Sequence[str], pairs: list[tuple[Line, Line]]) -> None:
    """Note how many lines are of runs that have only one of the two, or no such NUMBERS."""
    runs = {run_of(mig) for mig, _ in pairs}
    kinds = [line for line in table.lines if line["kind"] in ("mig", "estimate-tc")]
    if others := sum(run_of(line) not in runs for line in kinds):
        table.tell(f"left out {others} of the lines, of runs without both {in_words(numbers)}")
