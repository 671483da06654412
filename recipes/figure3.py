"""Figure 3: MIG over initialisations, as box plots."""

import statistics

from answers import OVER_PAIRS, by, in_brief, in_per_cent, runs_in_words
from captions import BOXES
from latents import by_setting, with_caveat
from markdown_page import table
from pages import by_short_title, make_page, mig_estimator, scores_by_data_set
from saying import Saying

from tcvae_cli.results import (
    LEAST_RUNS,
    Claim,
    Setting,
    Table,
    Verdict,
    decide_above,
    median_estimate,
    share,
    shift,
    superiority,
    two_clusters,
)

OURS, DENSE, PLAIN = Setting("beta-tcvae", 6), Setting("factorvae", 35), Setting("beta-vae", 4)
METHODS = (Setting("vae"), PLAIN, Setting("infogan"), DENSE, OURS)  # the paper's; of others the figure claims nothing
NEAR = 0.9  # of the best run's MIG: what is called near it
POOR = 0.5  # of the median MIG: what is called poor, in words below
RARE = 0.1  # of the runs: poor ones that are no more than that are exceptions

HIGHEST = Saying(
    "beta-TCVAE (beta 6) has the highest median MIG of five methods",
    "beta-TCVAE has the highest median over some 40 initialisations, on dSprites and faces (a plot, no number).",
)
NEAR_BEST = Saying(
    f"The median of beta-TCVAE (beta 6) is near the best run of any method ({NEAR:.0%} of it or more)",
    "Half of its runs are near the best run of any method (a plot, no number).",
)
CAN_BE_POOR = Saying(
    f"The lower half of beta-TCVAE's runs (beta 6) can be poor (more than {RARE:.0%} at half the median or less)",
    "Its lower half reaches down to poor runs (a plot, no number).",
)
FALLS_BELOW = Saying(
    "FactorVAE with dense layers falls below beta-VAE (beta 4)",
    "On dSprites, FactorVAE with dense layers is below beta-VAE (a plot, no number).",
)

SAYINGS = (HIGHEST, NEAR_BEST, CAN_BE_POOR, FALLS_BELOW)

Scores = dict[Setting, list[float]]  # {setting: MIG of each run}


def claims(results: Table) -> list[Claim]:
    """Return the claims for each data set; that of FactorVAE is of the dense layers that dSprites is trained with."""
    found, lines = [], dict(by_short_title(by_setting(results)))
    for data_set, of_all in scores_by_data_set(results):
        scores = {method: of_all[method] for method in METHODS if method in of_all}
        tested = [(one(data_set, scores), scores) for one in (highest, near)] + [(poor(data_set, scores), [OURS])]
        if data_set.startswith("dsprites"):
            tested.append((below(data_set, scores), [PLAIN, DENSE]))
        own = lines.get(data_set, {})
        found += [with_caveat(claim, {str(one): own.get(one, []) for one in compared}) for claim, compared in tested]
    return found


def highest(data_set: str, scores: Scores) -> Claim:
    """Test whether beta-TCVAE has the highest median: its runs are larger than those of each other method, by ranks.

    The medians that were seen must say the same: where distributions differ in shape, ranks and medians may not agree.
    """
    if OURS not in scores or len(scores) < 2:
        return HIGHEST.untested(data_set, "it was not run beside another method.")
    leads = {other: shift(scores[OURS], scores[other]) for other in scores if other != OURS}
    medians = {setting: statistics.median(values) for setting, values in scores.items()}
    closest = min(leads, key=lambda other: leads[other].value)
    above = superiority(scores[OURS], scores[closest])
    verdict, first = decide_above(*leads.values()), medians[OURS] == max(medians.values())
    told = [
        f"{by(lead, 'larger', 'smaller', str)} than one of {other} (median {medians[other]:.3f})"
        for other, lead in leads.items()
    ]
    missing, opposite = not_run(scores), verdict == (Verdict.NOT_HELD if first else Verdict.HELD)
    return HIGHEST.tested(
        data_set,
        verdict,
        f"median {medians[OURS]:.3f}; {OVER_PAIRS}, one of ours is {'; '.join(told)}. P(a run of ours is larger than "
        f"one of {closest}) = {above:.2f}.",
        f"its runs are typically {by(leads[closest], 'higher', 'lower')} than those of {closest}, the nearest of "
        f"{len(scores) - 1} others, medians {medians[OURS]:.3f} and {medians[closest]:.3f}",
        list(leads.values()),
        why=missing or ("Medians and ranks say the opposite of each other." if opposite else ""),
        runs=tuple(map(len, scores.values())),
        estimate=leads[closest],
        numbers={"superiority": above} | {f"median_{setting.name}": median for setting, median in medians.items()},
    )


def near(data_set: str, scores: Scores) -> Claim:
    """Test whether beta-TCVAE's median is near the best run that was seen of any method, by the sign test.

    The best of more runs is better: the claim becomes stricter with them.
    """
    if OURS not in scores:
        return NEAR_BEST.untested(data_set, "it was not run.")
    count = sum(map(len, scores.values()))
    best, setting = max((max(values), setting) for setting, values in scores.items())
    if best <= 0:
        return NEAR_BEST.untested(data_set, "no run has a MIG above 0, to which another could be near.")
    shares = [mig / best for mig in scores[OURS]]
    found, few = median_estimate(shares, NEAR), min(map(len, scores.values())) < LEAST_RUNS
    near_it = sum(own >= NEAR for own in shares)
    return NEAR_BEST.tested(
        data_set,
        Verdict.TOO_FEW if few else decide_above(found),
        f"the median is {statistics.median(scores[OURS]):.3f}, and {best:.3f} the best of all {count} runs, one of "
        f"{setting}: a share of {found}. Of {runs_in_words([len(shares)])}, {near_it} {are(near_it)} near.",
        f"{in_per_cent(found)} of it",
        [found],
        why=not_run(scores),
        runs=tuple(map(len, scores.values())),
        estimate=found,
        numbers={"best": best},
    )


def not_run(scores: Scores) -> str:
    """Return which of the paper's methods are missing, as a sentence; "" if none is."""
    missing = [str(method) for method in METHODS if method not in scores]
    return f"Not run: {', '.join(missing)}." if missing else ""


def are(count: int) -> str:
    """Return the verb for so many."""
    return "is" if count == 1 else "are"


def poor(data_set: str, scores: Scores) -> Claim:
    """Test whether more than RARE of beta-TCVAE's runs are far below the median, and tell how they part in two."""
    if OURS not in scores:
        return CAN_BE_POOR.untested(data_set, "it was not run.")
    runs, median = scores[OURS], statistics.median(scores[OURS])
    if median <= 0:
        return CAN_BE_POOR.untested(data_set, f"its median MIG is {median:.3f}, of which no half can be poor.")
    count = sum(mig <= POOR * median for mig in runs)
    found, of_all = share(count, len(runs), RARE), f"of {runs_in_words([len(runs)])}"
    return CAN_BE_POOR.decided_by(
        found,
        data_set,
        f"lowest {min(runs):.3f}, median {median:.3f}; {of_all}, {count} {are(count)} poor, a share of {found}, which "
        f"is tested against {RARE:.0%}. {of_two_clusters(runs)}",
        f"{in_per_cent(found)} of the runs",
        numbers={"lowest": min(runs), "median": median},
    )


def of_two_clusters(runs: list[float]) -> str:
    """Return how the runs part in two clusters, in words."""
    found = two_clusters(runs)
    if not found:
        few = len(runs) < LEAST_RUNS
        return "Whether they lie in two clusters, so few runs do not tell." if few else "All runs have one MIG."
    return (
        f"Cut in two at {found.cut:.3f}, the upper cluster (mean {found.above:.3f}) has a share of {found.upper} and "
        f"the lower a mean of {found.below:.3f}; P of so clear a cut in one normal cluster is {found.p:.2g}."
    )


def below(data_set: str, scores: Scores) -> Claim:
    """Test whether FactorVAE's runs are below beta-VAE's, by ranks."""
    groups = [scores.get(PLAIN, []), scores.get(DENSE, [])]
    if not all(groups):
        return FALLS_BELOW.untested(data_set, "the two were not both run.")
    lead, (first, second) = shift(*groups), map(statistics.median, groups)
    return FALLS_BELOW.decided_by(
        lead,
        data_set,
        f"medians {second:.3f} and {first:.3f}; {OVER_PAIRS}, one of FactorVAE is {by(lead, 'lower', 'higher', str)}.",
        f"its runs are typically {by(lead, 'lower', 'higher')}, medians {second:.3f} and {first:.3f}",
    )


def body(results: Table) -> str:
    """Return the range and the median of each setting, and its clusters."""
    rows = [
        (data_set, setting.name, len(values), values[0], statistics.median(values), values[-1], *clusters(values))
        for data_set, of_all in scores_by_data_set(results)
        for setting, values in of_all.items()
    ]
    head = ("data set", "setting", "runs", "lowest MIG", "median MIG", "highest MIG")
    return (
        f"MIG: {mig_estimator(results)}. Two clusters: the cut that leaves the least variance, the share of the runs "
        "above it with its 90% interval, and P of so clear a cut in one normal cluster.\n\n"
        f"{table((*head, 'cut at', 'share above', 'P of one normal cluster'), rows)}"
    )


def clusters(values: list[float]) -> tuple[str, str, str]:
    """Return where runs are best cut in two, the share of the upper part, and P of one cluster."""
    found = two_clusters(values)
    return (f"{found.cut:.3f}", in_brief(found.upper), f"{found.p:.2g}") if found else ("", "", "")


if __name__ == "__main__":
    make_page("Figure 3: MIG over initialisations", body, claims, caption=BOXES)
