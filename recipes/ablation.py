"""What the pages of ablations share: runs that differ in one setting, and whether their MIG does."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from pages import Claim, number_and_interval, table, verdict

from tcvae_cli.estimators.statistics import bootstrap, detectable, stratified_rank_test
from tcvae_cli.files.figures.panels import short_titles
from tcvae_cli.files.groups import written
from tcvae_cli.files.methods import check_peers, data_set_of
from tcvae_cli.files.results import Result

LEVEL = 0.05  # of the tests

Strata = dict[float, dict[str, list[float]]]  # {beta: {value of the setting: MIG of each run}}


def split(results: Sequence[Result], key: str) -> dict[str, Strata]:
    """The MIG of runs by data set, beta and the setting KEY. TcvaeError where runs differ in more than that."""
    peers: dict[tuple[str, float, str], list[Result]] = {}
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

    Says also what difference the runs could have shown: no difference found among few runs means little.
    """
    first, second = values
    pairs = [(one[first], one[second]) for one in strata.values() if first in one and second in one]
    counts = [len(values) for pair in pairs for values in pair]
    if not pairs or min(counts) < 2:
        return Claim(f"{sentence}, on {data_set}.", "there are no two runs of each.", verdict(False, []))

    def difference(groups: Sequence[Any]) -> float:
        pairs = zip(groups[::2], groups[1::2], strict=True)
        return statistics.fmean(float(np.mean(one) - np.mean(other)) for one, other in pairs)

    groups = [values for pair in pairs for values in pair]
    low, high = bootstrap(difference, groups)
    chance = stratified_rank_test(pairs)
    shown = math.hypot(*(detectable(*pair) for pair in pairs)) / len(pairs)
    return Claim(
        f"{sentence}, on {data_set}.",
        f"the mean MIG with {first} less that with {second} is {number_and_interval(difference(groups), low, high)}, "
        f"rank test{' within each beta' * (len(pairs) > 1)} P = {chance:.2g}. {sum(counts)} runs that scatter as these "
        f"do show a true difference of {shown:.3f} in 4 of 5 experiments (at {LEVEL:.0%}).",
        verdict(chance >= LEVEL, counts),
    )


def quartiles(results: Sequence[Result], key: str) -> str:
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
