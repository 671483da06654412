"""What the pages of ablations share: runs that differ in one setting, and whether their MIG does."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from pages import TOO_FEW, Claim, number_and_interval, table, verdict

from tcvae_cli.figures.panels import short_titles
from tcvae_cli.results.groups import written
from tcvae_cli.results.line import Line
from tcvae_cli.results.methods import check_peers, data_set_of
from tcvae_cli.results.statistics import bootstrap, detectable, stratified_rank_test

LEVEL = 0.05  # of the tests
TELLING = 0.1  # of MIG: a test that is likely to miss such a difference tells nothing by finding none

Pair = tuple[list[float], list[float]]
Strata = dict[float, dict[str, list[float]]]  # {beta: {value of the setting: MIG of each run}}


def split(results: Sequence[Line], key: str) -> dict[str, Strata]:
    """The MIG of runs by data set, beta and the setting KEY. TcvaeError where runs differ in more than that."""
    peers: dict[tuple[str, float, str], list[Line]] = {}
    found: dict[str, Strata] = {}
    for result in results:
        if result["kind"] == "mig":
            settings = result.part("settings")
            data_set, beta, value = data_set_of(result), settings.number("beta"), written(settings[key])
            check_peers(settings, peers.setdefault((data_set, beta, value), []))
            found.setdefault(data_set, {}).setdefault(beta, {}).setdefault(value, []).append(result.number("mig"))
    titles = short_titles(list(found))
    return dict(zip(titles, found.values(), strict=True))


def no_difference(sentence: str, data_set: str, strata: Strata, values: tuple[str, str]) -> Claim:
    """Whether the MIG of runs with the first and with the second of VALUES does not differ significantly, beta by beta.

    Runs that are too few for any difference to be significant, or likely to miss one of TELLING, are too few for that.
    """
    pairs = pairs_of(strata, values)
    counts = [len(values) for pair in pairs for values in pair]
    if not counts or min(counts) < 2:
        return Claim(f"{sentence}, on {data_set}.", "there are no two runs of each.", TOO_FEW)
    chance, least = stratified_rank_test(pairs), stratified_rank_test([apart(*pair) for pair in pairs])
    seen = detectable_mean(pairs)
    if least >= LEVEL:
        power = f"and so few runs have P = {least:.2g} at the least"
    else:
        power = f"and a true difference of {seen:.3f} would be significant at {LEVEL:.0%} in 4 of 5 such experiments "
        power += f"(too few runs above {TELLING:g})"
    able = chance < LEVEL or (least < LEVEL and seen <= TELLING)
    return Claim(
        f"{sentence}, on {data_set}.",
        f"{difference(pairs, values)}, {power}.",
        verdict(chance >= LEVEL, counts if able else []),
    )


def pairs_of(strata: Strata, values: tuple[str, str]) -> list[Pair]:
    """The runs with the first and with the second of VALUES, of each beta that has both."""
    first, second = values
    return [(one[first], one[second]) for one in strata.values() if first in one and second in one]


def apart(first: Sequence[float], second: Sequence[float]) -> Pair:
    """As many values, of which the second are all above the first: no difference is clearer to a rank test."""
    return [float(rank) for rank in range(len(first))], [float(len(first) + rank) for rank in range(len(second))]


def difference(pairs: Sequence[Pair], values: tuple[str, str]) -> str:
    """The mean difference of MIG, with its interval and the rank test of it, in words."""
    first, second = values

    def mean(groups: Sequence[Any]) -> float:
        pairs = zip(groups[::2], groups[1::2], strict=True)
        return statistics.fmean(float(np.mean(one) - np.mean(other)) for one, other in pairs)

    groups = [values for pair in pairs for values in pair]
    return (
        f"the mean MIG with {first} less that with {second} is "
        f"{number_and_interval(mean(groups), *bootstrap(mean, groups))}, "
        f"rank test{' within each beta' * (len(pairs) > 1)} P = {stratified_rank_test(pairs):.2g}"
    )


def detectable_mean(pairs: Sequence[Pair]) -> float:
    """The mean difference that such runs would likely show: none found among few runs means little."""
    return math.hypot(*(detectable(*pair) for pair in pairs)) / len(pairs)


def quartiles(results: Sequence[Line], key: str) -> str:
    """A table of the MIG of each data set, beta and value."""
    rows = [
        (data_set, f"{beta:g}", value, len(migs), min(migs), statistics.median(migs), max(migs))
        for data_set, strata in split(results, key).items()
        for beta, by_value in sorted(strata.items())
        for value, migs in sorted(by_value.items(), key=lambda item: (len(item[0]), item[0]))
    ]
    head = ("data set", "beta", key.replace("_", " "), "runs", "lowest MIG", "median MIG", "highest MIG")
    estimator = next(str(result["estimator"]) for result in results if result["kind"] == "mig")
    return f"MIG of beta-TCVAE: {estimator}.\n\n{table(head, rows)}"
