"""Simulate how often the verdicts of the pages are false: python benchmarks/verdicts.py [--quick] [WORD ...]

Runs are drawn at random from a world that is known, given to the functions that make the claims of the pages, and the
verdicts are counted, in three worlds: one in which the claim is just not true, so that "held" is false, one in which it
is just true, so that "not held" is false, and one in which it is clearly true. WORD picks the claims that have it in
their name. docs/verdicts.md holds the tables. Twelve minutes on one core, one with --quick.
"""

import argparse
import functools
import sys
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from verdict_appendix import APPENDICES
from verdict_figures import FIGURES, falls_at_last
from verdict_runs import KINDS, Case, Drawer

CASES = (*FIGURES, *APPENDICES)
RUNS = (3, 5, 10, 40)  # in each group
SIMULATIONS, QUICK = 1_000, 100
AGAIN = 5  # times as many simulations, which alone count, where the first have too many false verdicts
MOST = 0.06  # of false verdicts
LOOKS = (10, 20, 30, 40)  # runs, of who adds some until a claim is decided


@dataclass(frozen=True)
class Question:
    """One of the three tables: in which of the worlds of a Case, the share of which verdict."""

    title: str
    world: str
    verdict: str


FALSE = (
    Question("False “held”, where the claim is just not true", "just_not", "held"),
    Question("False “not held”, where the claim is just true", "just", "not held"),
)
POWER = Question("“Held”, where the claim is clearly true", "clearly", "held")


@functools.cache
def verdicts(case: Case, world: Hashable, kind: str, runs: int, simulations: int) -> Counter[str]:
    """Return the verdicts of a claim in a world, counted. The same arguments give the same numbers."""
    draw = Drawer(np.random.default_rng([runs, KINDS.index(kind), simulations]), runs, kind)
    return Counter(str(case.judge(draw, world).verdict) for _ in range(simulations))


def share(case: Case, question: Question, kind: str, runs: int, simulations: int) -> float:
    """Return the share of the verdict that a question is about."""
    world = getattr(case, question.world)
    found = verdicts(case, world, kind, runs, simulations)[question.verdict] / simulations
    if question in FALSE and found > MOST:
        simulations *= AGAIN
        found = verdicts(case, world, kind, runs, simulations)[question.verdict] / simulations
    return found


def table(question: Question, cases: Sequence[Case], simulations: int) -> str:
    """Return a table in Markdown: a row for each claim, a column for each number of runs, percent for each kind."""
    lines = [f"| {question.title} | {' | '.join(f'{runs} runs' for runs in RUNS)} |", f"|---|{'---:|' * len(RUNS)}"]
    for case in cases:
        cells = [[share(case, question, kind, runs, simulations) for kind in KINDS] for runs in RUNS]
        written = [" / ".join(f"{100 * one:.1f}" for one in cell) for cell in cells]
        lines.append(f"| {case.name} | {' | '.join(written)} |")
        print(f"{question.verdict}: {case.name}", file=sys.stderr)
    return "\n".join(lines)


def looking_again(simulations: int) -> str:
    """Return how often "held" is false where runs are added until the claim is decided."""
    case = Case(f"figure2, judged at {', '.join(map(str, LOOKS))} runs until it is decided", falls_at_last)
    found = [verdicts(case, LOOKS, kind, LOOKS[-1], simulations)["held"] / simulations for kind in KINDS]
    return f"False “held” of {case.name}: {' / '.join(f'{100 * one:.1f}' for one in found)}"


def too_often(cases: Sequence[Case], simulations: int) -> list[str]:
    """Return what has more false verdicts than MOST, by more than chance explains (2.5 standard errors)."""
    most = MOST + 2.5 * (MOST * (1 - MOST) / (AGAIN * simulations)) ** 0.5
    return [
        f"{case.name}, {runs} runs, {kind}: {question.verdict!r} is false in {found:.1%}"
        for case in cases
        for question in FALSE
        for kind in KINDS
        for runs in RUNS
        if (found := share(case, question, kind, runs, simulations)) > most
    ]


def main() -> None:
    """Print the tables, and fail if a claim has too many false verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} simulations instead of {SIMULATIONS:,}")
    given = parser.parse_args()
    simulations = QUICK if given.quick else SIMULATIONS
    cases = [case for case in CASES if all(word in case.name for word in given.words)]
    if not cases:
        names = "\n".join(f"  {case.name}" for case in CASES)
        sys.exit(f"no claim has {' and '.join(map(repr, given.words))} in its name; there are:\n{names}")
    print(
        f"In each cell: percent of {simulations:,} simulations, of normal runs / of runs in two clusters.", end="\n\n"
    )
    for question in (*FALSE, POWER):
        print(table(question, cases, simulations), end="\n\n")
    print(looking_again(AGAIN * simulations), end="\n\n")
    if wrong := too_often(cases, simulations):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
