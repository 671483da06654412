"""What the pages of ablations share: runs that differ in one setting, and whether their MIG does."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markdown_page import table
from pages import by_short_title, mig_estimator

from tcvae_cli.results import (
    Claim,
    Estimate,
    Table,
    Verdict,
    decide,
    detectable,
    estimate,
    stratified_rank_test,
    written,
)

LEVEL = 0.05  # of the tests
TELLING = 0.1  # of MIG: a test that is likely to miss such a difference tells nothing by finding none

Pair = tuple[list[float], list[float]]
Strata = dict[float, dict[str, list[float]]]  # {beta: {value of the setting: MIG of each run}}


def split(results: Table, key: str) -> dict[str, Strata]:
    """Return the MIG of runs by data set, beta and the setting KEY. TcvaeError where runs differ in more than that."""
    results.require_alike(f"settings.{key}")
    found: dict[str, Strata] = {}
    for run in results.measured("mig", "mig"):
        beta, value = run.line.number("settings.beta"), written(run.line.part("settings")[key])
        found.setdefault(run.data_set, {}).setdefault(beta, {}).setdefault(value, []).append(run.value)
    return dict(by_short_title(found))


@dataclass(frozen=True)
class Comparison:
    """The MIG of runs with one value of a setting and with another, beta by beta."""

    first: str
    second: str
    pairs: list[Pair]  # of each beta that has both values

    @property
    def runs(self) -> list[int]:
        """The number of runs in each group."""
        return [len(group) for pair in self.pairs for group in pair]

    def difference(self) -> Estimate:
        """Return the mean over betas of the difference of mean MIG."""

        def mean(groups: Sequence[Any]) -> float:
            pairs = zip(groups[::2], groups[1::2], strict=True)
            return statistics.fmean(float(np.mean(one) - np.mean(other)) for one, other in pairs)

        return estimate(mean, [group for pair in self.pairs for group in pair])

    def words(self) -> str:
        """Return the difference and its rank test in words."""
        within = " within each beta" * (len(self.pairs) > 1)
        return (
            f"the mean MIG with {self.first} less that with {self.second} is {self.difference()}, rank test{within} "
            f"P = {stratified_rank_test(self.pairs):.2g}"
        )

    def detectable(self) -> float:
        """Return the mean difference that such runs would likely show: none found among few runs means little."""
        return math.hypot(*(detectable(*pair) for pair in self.pairs)) / len(self.pairs)


def compare(strata: Strata, first: str, second: str) -> Comparison:
    """Return the comparison of two values of the setting."""
    return Comparison(
        first, second, [(one[first], one[second]) for one in strata.values() if {first, second} <= set(one)]
    )


def no_difference(sentence: str, data_set: str, strata: Strata, values: tuple[str, str]) -> Claim:
    """Test whether the MIG of runs with the first and with the second of VALUES does not differ significantly.

    Runs that are too few for any difference to be significant, or likely to miss one of TELLING, are too few for that.
    """
    sentence = f"{sentence}, on {data_set}."
    found = compare(strata, *values)
    if not found.pairs or min(found.runs) < 2:
        return Claim(sentence, "there are no two runs of each.", Verdict.TOO_FEW, data_set)
    chance, seen = stratified_rank_test(found.pairs), found.detectable()
    least = stratified_rank_test([apart(*pair) for pair in found.pairs])
    if least >= LEVEL:
        power = f"and so few runs have P = {least:.2g} at the least"
    else:
        power = f"and a true difference of {seen:.3f} would be significant at {LEVEL:.0%} in 4 of 5 such experiments "
        power += f"(too few runs above {TELLING:g})"
    able = chance < LEVEL or (least < LEVEL and seen <= TELLING)
    return Claim(
        sentence,
        f"{found.words()}, {power}.",
        decide(chance >= LEVEL if able else None, found.runs),
        data_set,
        estimate=found.difference(),
        numbers={"chance": chance, "least_chance": least, "detectable": seen},
    )


def apart(first: Sequence[float], second: Sequence[float]) -> Pair:
    """Return as many values, the second all above the first: no difference is clearer to a rank test."""
    return [float(rank) for rank in range(len(first))], [float(len(first) + rank) for rank in range(len(second))]


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
