"""Figure 5: MIG under sampling biases."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from markdown_page import literal, table
from pages import make_page

from tcvae_cli.results import (
    Claim,
    Setting,
    Table,
    Verdict,
    decide,
    estimate,
    rank_test,
    scores_by_bias,
    short_titles,
    superiority,
    surely_above,
)

OURS, OTHERS = Setting("beta-tcvae", 6), (Setting("beta-vae", 4), Setting("infogan"))
EVEN, BIASED = "A", ("B", "C", "D")
DISTRIBUTIONS = (EVEN, *BIASED)

Scores = dict[str, dict[Setting, list[float]]]  # {bias: {setting: MIG of each run}}


def claims(results: Table) -> list[Claim]:
    """Return that beta-TCVAE is above each other method, and that all are lower under bias."""
    found = scores_by_bias(results)
    scores, (data_set,) = found.scores, short_titles([found.data_set])
    return [
        *(above(data_set, scores, other) for other in OTHERS),
        *(lower(data_set, scores, setting) for setting in (OURS, *OTHERS)),
    ]


def chances(groups: Sequence[Any]) -> list[float]:
    """Return P(a run is larger) of each group in the first half against its like in the second."""
    half = len(groups) // 2
    return [superiority(own, its) for own, its in zip(groups[:half], groups[half:], strict=True)]


def mean_chance(groups: Sequence[Any]) -> float:
    """Return the mean of the chances."""
    return statistics.fmean(chances(groups))


def above(data_set: str, scores: Scores, other: Setting) -> Claim:
    """Test whether a run of ours is more often the larger under every distribution, and surely so over all of them.

    It is not where theirs is surely the larger under one of them.
    """
    groups = [scores.get(kind, {}).get(setting, []) for setting in (OURS, other) for kind in DISTRIBUTIONS]
    sentence = f"beta-TCVAE's MIG is above that of {other} under each of the distributions A to D."
    if not all(groups):
        return Claim(sentence, "not all of them were run.", Verdict.TOO_FEW, data_set)

    each = dict(zip(DISTRIBUTIONS, chances(groups), strict=True))
    mean = estimate(mean_chance, groups)
    against = any(estimate(mean_chance, groups[kind :: len(DISTRIBUTIONS)]).high < 0.5 for kind in range(4))
    for_all = mean.low > 0.5 < min(each.values())
    return Claim(
        sentence,
        f"P(a run of ours is larger): {', '.join(f'{kind} {chance:.2f}' for kind, chance in each.items())}; on average "
        f"{mean}.",
        decide(False if against else True if for_all else None, mean.runs),
        data_set,
        estimate=mean,
        numbers={f"superiority_{kind}": chance for kind, chance in each.items()},
    )


def mean_loss(groups: Sequence[Any]) -> float:
    """Return the mean of the first group less the mean of the others' means."""
    return float(np.mean(groups[0]) - statistics.fmean(float(np.mean(group)) for group in groups[1:]))


def lower(data_set: str, scores: Scores, setting: Setting) -> Claim:
    """Test whether the mean MIG under B, C and D, on average, is below that under A: the interval is above 0."""
    groups = [scores.get(kind, {}).get(setting, []) for kind in DISTRIBUTIONS]
    sentence = f"Under biased sampling (B, C, D) the MIG of {setting} is lower than under A."
    if not all(groups):
        return Claim(sentence, "not all of them were run.", Verdict.TOO_FEW, data_set)
    loss = estimate(mean_loss, groups)
    return Claim(sentence, f"a loss of {loss}.", surely_above(loss), data_set, estimate=loss)


def body(results: Table) -> str:
    """Return quartiles, and the rank test of each method against ours, for each distribution."""
    found = scores_by_bias(results)
    first, second = found.factors
    rows = [
        (kind, setting.name, len(values), values[0], statistics.median(values), values[-1], against(settings, setting))
        for kind, settings in found.scores.items()
        for setting, values in settings.items()
    ]
    head = ("distribution", "setting", "runs", "lowest MIG", "median MIG", "highest MIG", f"rank test against {OURS}")
    return (
        f"MIG: {literal(found.estimator_sentence)}, weighted by the distribution that the images were drawn from, over "
        f"{literal(f'{first} and {second}')}. All else is fixed, which leaves 231 images: fewer than the paper's "
        "batch, so that a batch is at most as many draws, with replacement, and trainings are counted in steps.\n\n"
        f"{table(head, rows)}"
    )


def against(settings: dict[Setting, list[float]], setting: Setting) -> str:
    """Return P of the rank test of a setting against ours, in words."""
    return f"P = {rank_test(settings[setting], settings[OURS]):.2g}" if OURS in settings and setting != OURS else ""


if __name__ == "__main__":
    make_page("Figure 5: MIG under sampling biases", body, claims)
