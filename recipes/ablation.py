"""What the pages of ablations share: runs that differ in one setting, and whether their MIG does."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from answers import chance, in_brief
from markdown_page import table
from pages import by_short_title, mig_estimator
from saying import Saying

from tcvae_cli.results import (
    Claim,
    Estimate,
    Table,
    decide_within,
    estimate,
    runs_needed_within,
    stratified_rank_test,
    written,
)

OBJECTIVE = "beta-tcvae"  # what the paper takes something from
MARGIN = 0.1  # of MIG: a smaller difference would change no page

Pair = tuple[list[float], list[float]]
Strata = dict[float, dict[str, list[float]]]  # {beta: {value of the setting: MIG of each run}}


def split(results: Table, key: str) -> dict[str, Strata]:
    """Return the MIG of beta-TCVAE's runs by data set, beta and the setting KEY; a note tells how many are of others.

    Raises TcvaeError where runs differ in more than that.
    """
    results.require_alike(f"settings.{key}")
    found: dict[str, Strata] = {}
    runs = results.measured("mig", "mig")
    own = [run for run in runs if run.line.part("settings")["objective"] == OBJECTIVE]
    if others := len(runs) - len(own):
        results.tell(f"left out {others} runs of methods other than {OBJECTIVE}, of which this page is")
    for run in own:
        beta, value = run.line.number("settings.beta"), written(run.line.part("settings")[key])
        found.setdefault(run.data_set, {}).setdefault(beta, {}).setdefault(value, []).append(run.value)
    return dict(by_short_title(found))


@dataclass(frozen=True)
class Comparison:
    """The MIG of runs with one value of a setting and with another, beta by beta."""

    first: str
    second: str
    pairs: list[Pair]  # of each beta that has both values

    def difference(self) -> Estimate:
        """Return the mean over betas of the difference of mean MIG."""

        def mean(groups: Sequence[Any]) -> float:
            pairs = zip(groups[::2], groups[1::2], strict=True)
            return statistics.fmean(float(np.mean(one) - np.mean(other)) for one, other in pairs)

        return estimate(mean, [group for pair in self.pairs for group in pair])

    def words(self) -> str:
        """Return the difference and its rank test in words."""
        within = f" within each of {len(self.pairs)} betas" * (len(self.pairs) > 1)
        return (
            f"the mean MIG with {self.first} less that with {self.second} is {self.difference()}, rank test{within} "
            f"{chance(stratified_rank_test(self.pairs))}"
        )


def compare(strata: Strata, first: str, second: str) -> Comparison:
    """Return the comparison of two values of the setting."""
    pairs = [(one[first], one[second]) for _, one in sorted(strata.items()) if {first, second} <= set(one)]
    return Comparison(first, second, pairs)


def no_difference(saying: Saying, data_set: str, strata: Strata, values: tuple[str, str]) -> Claim:
    """Test whether it makes no difference to MIG which of the VALUES a setting has.

    That is more than to find none: the interval of the difference has to lie within MARGIN. Runs of equal seeds begin
    with equal weights, yet count as independent: what they have in common could only narrow the interval.
    """
    found = compare(strata, *values)
    if not found.pairs:
        return saying.untested(data_set, "no beta has runs of both.")
    difference, p = found.difference(), stratified_rank_test(found.pairs)
    return saying.tested(
        data_set,
        decide_within(difference, MARGIN, p),
        f"{found.words()} (held if the interval lies within {MARGIN:g} of 0, not held if P is at most 0.05).",
        f"a difference of {in_brief(difference)}",
        needed=runs_needed_within(difference, MARGIN),
        estimate=difference,
        numbers={"chance": p},
    )


def quartiles(results: Table, key: str) -> str:
    """Return a table of the MIG of each data set, beta and value of the setting KEY."""
    rows = [
        (data_set, f"{beta:g}", value, len(migs), min(migs), statistics.median(migs), max(migs))
        for data_set, strata in split(results, key).items()
        for beta, by_value in sorted(strata.items())
        for value, migs in sorted(by_value.items(), key=lambda item: (len(item[0]), item[0]))
    ]
    head = ("data set", "beta", key.replace("_", " "), "runs", "lowest MIG", "median MIG", "highest MIG")
    return f"MIG of beta-TCVAE: {mig_estimator(results)}.\n\n{table(head, rows)}"
