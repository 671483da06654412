"""Figure 5: MIG under sampling biases."""

import statistics
from dataclasses import replace

from answers import OVER_PAIRS, by, chance
from captions import BOXES
from markdown_page import literal, table
from page import name_of
from pages import make_page
from saying import Saying

from tcvae_cli.results import (
    Claim,
    Setting,
    Table,
    decide_above,
    rank_test,
    scores_by_bias,
    shift,
    superiority,
)

OURS, OTHERS = Setting("beta-tcvae", 6), (Setting("beta-vae", 4), Setting("infogan"))
EVEN, BIASED = "A", "BCD"
DISTRIBUTIONS = EVEN + BIASED


def higher_than(other: Setting) -> Saying:
    """Return what the paper says of ours beside another method."""
    told = "beta-TCVAE is more likely to find the factors than beta-VAE, also under sampling bias (a plot, no number)."
    shown = f"A plot with the boxes of {other} beside beta-TCVAE's, no number; that they are lower is how we read it."
    words = f"beta-TCVAE's MIG is above that of {other} under each of the distributions A to D"
    return Saying(words, told if other.objective == "beta-vae" else shown)


def lower_under_bias(setting: Setting) -> Saying:
    """Return what the paper's picture shows of one method."""
    return Saying(
        f"Under biased sampling (B, C and D together) the MIG of {setting} is lower than under A",
        "A plot with a box under each of A to D, no number; that bias lowers MIG is how we read it.",
    )


SAYINGS = (*map(higher_than, OTHERS), *map(lower_under_bias, (OURS, *OTHERS)))

Scores = dict[str, dict[Setting, list[float]]]  # {bias: {setting: MIG of each run}}


def claims(results: Table) -> list[Claim]:
    """Return that beta-TCVAE is above each other method, and that all are lower under bias."""
    found = scores_by_bias(results)
    scores, data_set = found.scores, name_of(found.data_set)
    return [
        *(above(data_set, scores, other) for other in OTHERS),
        *(lower(data_set, scores, setting) for setting in (OURS, *OTHERS)),
    ]


def above(data_set: str, scores: Scores, other: Setting) -> Claim:
    """Test whether runs of ours are larger than those of another method under every distribution, by ranks in each."""
    saying = higher_than(other)
    pairs = [[scores.get(kind, {}).get(setting, []) for setting in (OURS, other)] for kind in DISTRIBUTIONS]
    if not all(group for pair in pairs for group in pair):
        return saying.untested(data_set, "not all of them were run.")
    leads = {kind: shift(*pair) for kind, pair in zip(DISTRIBUTIONS, pairs, strict=True)}
    chances = {kind: superiority(*pair) for kind, pair in zip(DISTRIBUTIONS, pairs, strict=True)}
    told = [f"{by(lead, 'larger', 'smaller', str)} under {kind}" for kind, lead in leads.items()]
    least = min(leads, key=lambda kind: leads[kind].value)
    return saying.tested(
        data_set,
        decide_above(*leads.values()),
        f"{OVER_PAIRS}, one of ours is {'; '.join(told)}. P(a run of ours is larger): "
        f"{', '.join(f'{kind} {larger:.2f}' for kind, larger in chances.items())}.",
        f"its lead is least under {least}, where its runs are typically {by(leads[least], 'higher', 'lower')}",
        list(leads.values()),
        runs=tuple(len(group) for pair in pairs for group in pair),
        estimate=leads[least],
        numbers={f"superiority_{kind}": larger for kind, larger in chances.items()},
    )


def lower(data_set: str, scores: Scores, setting: Setting) -> Claim:
    """Test whether runs under A are larger than those under B, C and D together, by ranks."""
    saying = lower_under_bias(setting)
    even, others = scores.get(EVEN, {}).get(setting, []), [scores.get(kind, {}).get(setting, []) for kind in BIASED]
    if not even or not all(others):
        return saying.untested(data_set, "not all of them were run.")
    biased = [mig for group in others for mig in group]
    loss = replace(shift(even, biased), runs=tuple(map(len, (even, *others))))
    larger = superiority(even, biased)
    return saying.decided_by(
        loss,
        data_set,
        f"{OVER_PAIRS}, one under B, C or D is {by(loss, 'lower', 'higher', str)} than one under A; P(it is lower) = "
        f"{larger:.2f}.",
        f"its runs are typically {by(loss, 'lower', 'higher')}",
        numbers={"superiority": larger},
    )


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
    return chance(rank_test(settings[setting], settings[OURS])) if OURS in settings and setting != OURS else ""


CAPTION = f"Above are the distributions A to D that images are drawn from: the darker, the likelier. {BOXES}"

if __name__ == "__main__":
    make_page("Figure 5: MIG under sampling biases", body, claims, caption=CAPTION)
