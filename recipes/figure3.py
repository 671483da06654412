"""Figure 3: MIG over initialisations, as box plots."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from markdown_page import table
from pages import make_page, mig_estimator, scores_by_data_set

from tcvae_cli.results import (
    LEAST_RUNS,
    Claim,
    Setting,
    Table,
    Verdict,
    decide,
    estimate,
    superiority,
    surely_above,
)

OURS, DENSE, PLAIN = Setting("beta-tcvae", 6), Setting("factorvae", 35), Setting("beta-vae", 4)
METHODS = (Setting("vae"), PLAIN, Setting("infogan"), DENSE, OURS)  # the paper's; of others the figure claims nothing
NEAR = 0.9  # of the best run's MIG: what is called near it
POOR = 0.5  # of the median MIG: what is called poor
MANY = 12  # runs, of which one is surely (97%) among the lowest quarter

Scores = dict[Setting, list[float]]  # {setting: MIG of each run}


def claims(results: Table) -> list[Claim]:
    """Return the claims for each data set; that of FactorVAE is of the dense layers that dSprites is trained with."""
    found = []
    for data_set, of_all in scores_by_data_set(results):
        scores = {method: of_all[method] for method in METHODS if method in of_all}
        found += [highest(data_set, scores), near(data_set, scores), poor(data_set, scores)]
        found += [below(data_set, scores)] if data_set.startswith("dsprites") else []
    return found


def median_lead(groups: Sequence[Any]) -> float:
    """Return the median of the first group less the highest median of the others."""
    return float(np.median(groups[0]) - max(np.median(group) for group in groups[1:]))


def lead_over_best_run(groups: Sequence[Any]) -> float:
    """Return by how much the median of the first group is above what is near the best run of all groups."""
    return float(np.median(groups[0]) - NEAR * max(map(np.max, groups)))


def highest(data_set: str, scores: Scores) -> Claim:
    """Test whether beta-TCVAE has the highest median: the interval of its lead is above 0."""
    sentence = f"Over random initialisations, beta-TCVAE (beta 6) reaches the highest median MIG of all, on {data_set}."
    others = {setting: values for setting, values in scores.items() if setting != OURS}
    if OURS not in scores or not others:
        return Claim(sentence, "it was not run beside another method.", Verdict.TOO_FEW, data_set)
    best = max(others, key=lambda setting: statistics.median(others[setting]))
    lead = estimate(median_lead, [scores[OURS], *others.values()])
    above = superiority(scores[OURS], others[best])
    return Claim(
        sentence,
        f"median {statistics.median(scores[OURS]):.3f}, and {statistics.median(others[best]):.3f} of {best}, the best "
        f"other: a lead of {lead}; P(a run of ours is larger than one of the best other) = {above:.2f}.",
        surely_above(lead) if len(scores) == len(METHODS) else Verdict.TOO_FEW,
        data_set,
        estimate=lead,
        numbers={"superiority": above},
    )


def near(data_set: str, scores: Scores) -> Claim:
    """Test whether beta-TCVAE's median is near the best run of any method: the interval of its lead is above 0."""
    sentence = f"That median is near the best run of any method, on {data_set}."
    if OURS not in scores:
        return Claim(sentence, "it was not run.", Verdict.TOO_FEW, data_set)
    best, setting = max((max(values), setting) for setting, values in scores.items())
    lead = estimate(lead_over_best_run, [scores[OURS], *(scores[other] for other in scores if other != OURS)])
    return Claim(
        sentence,
        f"{statistics.median(scores[OURS]):.3f} against {best:.3f} of a run of {setting}; near is {NEAR:.0%} of that "
        f"or more: a lead over that of {lead}.",
        surely_above(lead) if len(scores) == len(METHODS) else Verdict.TOO_FEW,
        data_set,
        estimate=lead,
    )


def poor(data_set: str, scores: Scores) -> Claim:
    """Test whether some run of beta-TCVAE is far below its median. That none of a few is tells nothing."""
    sentence = f"The lower half of beta-TCVAE's runs can be poor, on {data_set}."
    if OURS not in scores:
        return Claim(sentence, "it was not run.", Verdict.TOO_FEW, data_set)
    runs, lowest, median = len(scores[OURS]), min(scores[OURS]), statistics.median(scores[OURS])
    found = lowest <= POOR * median
    return Claim(
        sentence,
        f"lowest {lowest:.3f} of {runs} runs, median {median:.3f}; poor is {POOR:.0%} of that or less (too few runs "
        f"below {MANY} without one).",
        decide(found, [runs], LEAST_RUNS if found else MANY),
        data_set,
        runs=(runs,),
        numbers={"lowest": lowest, "median": median},
    )


def below(data_set: str, scores: Scores) -> Claim:
    """Test whether FactorVAE's median is below beta-VAE's: the interval of the difference is above 0."""
    sentence = f"FactorVAE with dense layers falls below beta-VAE (beta 4), on {data_set}."
    groups = [scores.get(PLAIN, []), scores.get(DENSE, [])]
    if not all(groups):
        return Claim(sentence, "the two were not both run.", Verdict.TOO_FEW, data_set)
    lead = estimate(median_lead, groups)
    first, second = map(statistics.median, reversed(groups))
    return Claim(
        sentence,
        f"medians {first:.3f} and {second:.3f}: a difference of {lead}.",
        surely_above(lead),
        data_set,
        estimate=lead,
    )


def body(results: Table) -> str:
    """Return the range and the median of each setting."""
    scores = scores_by_data_set(results)
    rows = [
        (data_set, setting.name, len(values), values[0], statistics.median(values), values[-1])
        for data_set, of_all in scores
        for setting, values in of_all.items()
    ]
    head = ("data set", "setting", "runs", "lowest MIG", "median MIG", "highest MIG")
    return f"MIG: {mig_estimator(results)}.\n\n{table(head, rows)}"


if __name__ == "__main__":
    make_page("Figure 3: MIG over initialisations", body, claims)
