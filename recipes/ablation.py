"""What the pages of ablations share: runs that differ in one setting, and whether their MIG does."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from answers import chance, in_a_row, numbers_of, with_interval
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
MARGIN = 0.05  # of MIG
NO_DIFFERENCE = (
    f"No difference means less than {MARGIN:g} of MIG, below the least difference of two methods that these pages call "
    "held."
)

Pair = tuple[list[float], list[float]]
Strata = dict[float, dict[str, list[float]]]  # {beta: {value of the setting: MIG of each run}}


def split(results: Table, key: str, number: str = "mig") -> dict[str, Strata]:
    """Return a number of beta-TCVAE's runs by data set, beta and the setting KEY; a note tells how many are of others.

    It is MIG or a number of estimate-tc. Raises TcvaeError where runs differ in more than that.
    """
    results.require_alike(f"settings.{key}")
    found: dict[str, Strata] = {}
    runs = results.measured(number, "mig" if number == "mig" else "estimate-tc")
    own = [run for run in runs if run.line.part("settings")["objective"] == OBJECTIVE]
    if others := len(runs) - len(own):
        results.tell(f"left out {others} runs of methods other than {OBJECTIVE}, of which this page is")
    for run in own:
        beta, value = run.line.number("settings.beta"), written(run.line.part("settings")[key])
        found.setdefault(run.data_set, {}).setdefault(beta, {}).setdefault(value, []).append(run.value)
    return dict(by_short_title(found))


@dataclass(frozen=True)
class Comparison:
    """The MIG, or another number, of runs with one value of a setting and with another, beta by beta."""

    first: str
    second: str
    pairs: dict[float, Pair]  # of each beta that has both values

    def difference(self, *betas: float) -> Estimate:
        """Return the mean over these BETAS, or all, of the difference of means. Each run is left out on its own."""

        def mean(groups: Sequence[Any]) -> float:
            pairs = zip(groups[::2], groups[1::2], strict=True)
            return statistics.fmean(float(np.mean(one) - np.mean(other)) for one, other in pairs)

        return estimate(mean, [group for beta in betas or self.pairs for group in self.pairs[beta]])

    def differences(self) -> dict[str, str]:
        """Return the difference at each beta, then that of the claim, their average, as cells of a table."""
        found = {f"{beta:g}": self.difference(beta) for beta in self.pairs}
        if len(found) > 1:
            found[f"{listed(self.pairs)}, on average"] = self.difference()
        return {betas: in_thousandths(one) for betas, one in found.items()}

    def p(self) -> float:
        """Return P of the rank test within each beta."""
        return stratified_rank_test(list(self.pairs.values()))

    def words(self) -> str:
        """Return the difference and its rank test in words."""
        several = len(self.pairs) > 1
        return (
            f"{'on average over betas' if several else 'at beta'} {listed(self.pairs)}, the mean MIG with {self.first} "
            f"less that with {self.second} is {self.difference()}, rank test{' within each beta' * several} "
            f"{chance(self.p())}"
        )


def compare(strata: Strata, first: str, second: str) -> Comparison:
    """Return the comparison of two values of the setting."""
    pairs = {beta: (one[first], one[second]) for beta, one in sorted(strata.items()) if {first, second} <= set(one)}
    return Comparison(first, second, pairs)


def listed(numbers: Iterable[float]) -> str:
    """Return numbers in words: "4", "4, 6 and 10"."""
    return in_a_row([f"{number:g}" for number in numbers])


def in_thousandths(found: Estimate) -> str:
    """Return an estimate with its interval to a thousandth, which tells on which side of MARGIN it ends."""
    return with_interval([f"{number:z.3f}" for number in numbers_of(found)])


def no_difference(saying: Saying, data_set: str, strata: Strata, values: tuple[str, str]) -> Claim:
    """Test whether it makes no difference to MIG which of the VALUES a setting has.

    That is more than to find none: the interval of the difference has to lie within MARGIN. Runs of equal seeds begin
    with equal weights, yet count as independent: what they have in common could only narrow the interval.
    """
    found = compare(strata, *values)
    if not found.pairs:
        return saying.untested(data_set, "no beta has runs of both.")
    return within_margin(saying, data_set, found.words(), found.difference(), found.p())


def within_margin(saying: Saying, data_set: str, told: str, difference: Estimate, p: float) -> Claim:
    """Test whether a difference is within MARGIN, P being that of a test of it and TOLD what both are, in words."""
    return saying.tested(
        data_set,
        decide_within(difference, MARGIN, p),
        f"{told} (held if the interval lies within {MARGIN:g} of 0, not held if P is at most 5%).",
        f"a difference of {in_thousandths(difference)}",
        needed=runs_needed_within(difference, MARGIN),
        estimate=difference,
        numbers={"chance": p},
    )


def body(results: Table, key: str, values: tuple[str, str]) -> str:
    """Return the MIG of each value of the setting KEY, and the difference of two VALUES at each beta."""
    rows = [
        (data_set, *cells)
        for data_set, strata in split(results, key).items()
        for cells in compare(strata, *values).differences().items()
    ]
    if not rows:
        return quartiles(results, key)
    head = ("data set", "beta", f"{key} {' less '.join(values)}")
    told = f"The difference of mean MIG at each beta, with its 90% interval. {NO_DIFFERENCE}"
    return f"{quartiles(results, key)}\n\n{told}\n\n{table(head, rows)}"


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
