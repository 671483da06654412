"""Figure 4: total correlation against MIG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from answers import AT_EACH_BETA, in_brief, runs_in_words
from captions import CIRCLES
from latents import ACTIVE_TOLD, active_in_words, at_betas, of_several_latents, with_caveat
from markdown_page import literal, table
from over_beta import Runs, estimate_of_both, lacking
from pages import by_short_title, make_page
from saying import Saying

from tcvae_cli.results import (
    FISHER,
    Claim,
    Line,
    Points,
    Setting,
    Table,
    correlation_over_runs,
    decide_below,
    estimated_correlation,
    pair_with_mig,
    pearson,
    spearman,
)

OURS, PLAIN = Setting("beta-tcvae"), Setting("beta-vae")
STRONG = -0.5  # what is called a large correlation: Cohen 1988
FEWEST = 3  # points of which a correlation is told
ALIKE = "total correlation or MIG is the same in all runs."

STRONGLY = Saying(
    f"Under beta-TCVAE, total correlation and MIG are strongly and negatively correlated ({STRONG} or less)",
    "Under beta-TCVAE the two are strongly and negatively correlated over beta (circles, no number).",
    AT_EACH_BETA,
)
WEAKER = Saying(
    "Under beta-VAE the correlation of total correlation and MIG is weaker",
    "Under beta-VAE the two are less related (circles, no number).",
    AT_EACH_BETA,
)

SAYINGS = (STRONGLY, WEAKER)


def claims(results: Table) -> list[Claim]:
    """Return the two claims for each data set."""
    pairs, found = pair_with_mig(results, "total_correlation"), []
    for data_set, key in by_short_title({key: key for key in pairs.panels}):
        points, lines = pairs.panels[key], pairs.lines[key]
        for claim_of, methods in ((strong, [OURS]), (weaker, [OURS, PLAIN])):
            whole = pairs.by_seed(key, methods)
            runs = sum(len(some) for method in methods for some in points.get(method, {}).values())
            claim, lost = claim_of(data_set, *whole), runs - sum(one.shape[0] * one.shape[1] for one in whole)
            if claim.groups:
                claim = replace(claim, statistic=claim.statistic + of_incomplete(lost))
                several = {method: of_several_latents(points[method], lines[method]) for method in methods}
                beside = "" if runs == sum(map(len, several.values())) else without_one_latent(several)
                claim = with_caveat(claim, at_betas(lines, {method: lines[method] for method in methods}), beside)
            found.append(claim)
    return found


def of_incomplete(lost: int) -> str:
    """Return in a sentence how many runs the table has and a claim has not; "" if none."""
    return f" Left out, though the table has them: {runs_in_words([lost])}, of seeds that lack another." if lost else ""


def without_one_latent(several: Mapping[Setting, Runs]) -> str:
    """Return what SEVERAL, the runs with more than one active latent, show alone; "" if they are too few or alike."""
    if min(map(len, several.values())) < FEWEST:
        return ""
    found = {method: correlation_over_runs(own) for method, own in several.items()}
    if any(map(math.isnan, found.values())):
        return ""
    told = [f"{own:.2f} under {method} ({runs_in_words([len(several[method])])})" for method, own in found.items()]
    q = f", Cohen's q = {further_below(*several.values()):.2f}" if len(several) > 1 else ""
    return (
        f"The runs with more than one active latent, taken alone, show {' and '.join(told)}{q}; this decides nothing."
    )


def strong(data_set: str, ours: Runs) -> Claim:
    """Test whether beta-TCVAE's correlation is below STRONG. A seed, with its run of every beta, is one repetition."""
    if why := lacking(ours):
        return STRONGLY.untested(data_set, why)
    found = estimated_correlation(ours, STRONG)
    if math.isnan(found.value):
        return STRONGLY.untested(data_set, ALIKE)
    return STRONGLY.tested(
        data_set,
        decide_below(found),
        f"Spearman's correlation is {found} over {ours.shape[0] * ours.shape[1]} runs, of {len(ours)} seeds with a run "
        "at every beta.",
        f"a rank correlation of {in_brief(found)}",
        [-found],
        runs=(len(ours),) * ours.shape[1],
        estimate=found,
    )


def further_below(ours: Runs, plain: Runs) -> float:
    """Return how much further below 0 the correlation of OURS is than that of PLAIN is from 0, on either side.

    It is Cohen's q (1988), a difference on Fisher's scale: 0.1 is small, 0.3 medium, 0.5 large. Never above 0 if that
    of OURS is positive.
    """
    return FISHER.there(-correlation_over_runs(ours)) - abs(FISHER.there(correlation_over_runs(plain)))


def weaker(data_set: str, ours: Runs, plain: Runs) -> Claim:
    """Test whether beta-TCVAE's correlation is negative and beta-VAE's nearer to 0. A seed is one repetition of all."""
    if why := lacking(ours, plain):
        return WEAKER.untested(data_set, why)
    own, other = map(correlation_over_runs, (ours, plain))
    found = estimate_of_both(further_below, ours, plain)
    if math.isnan(found.value):
        return WEAKER.untested(data_set, ALIKE)
    return WEAKER.decided_by(
        found,
        data_set,
        f"Spearman's correlation is {own:.3f} under beta-TCVAE and {other:.3f} under beta-VAE, of {len(ours)} seeds "
        f"with a run at every beta. Their difference on Fisher's scale, Cohen's q, is {found}: above 0 where that of "
        "beta-TCVAE is negative and the stronger, below 0 where that of beta-VAE is the stronger.",
        f"{other:.2f} against {own:.2f} under beta-TCVAE, Cohen's q = {in_brief(found)}",
        runs=(len(ours),) * (ours.shape[1] + plain.shape[1]),
        numbers={"correlation_of_beta_tcvae": own, "correlation_of_beta_vae": other},
    )


def body(results: Table) -> str:
    """Return both correlations of each method, over its runs and over the means of its betas."""
    found = pair_with_mig(results, "total_correlation")
    rows = [
        (title, method.name, *row(points, found.lines[key][method]))
        for title, key in by_short_title({key: key for key in found.panels})
        for method, points in found.panels[key].items()
    ]
    head = ("data set", "method", "runs", "Pearson's r", "Spearman's r", "active latents", "runs of more than one")
    head += ("their Spearman's r", "betas", "Pearson's r of means", "Spearman's r of means")
    told = f"MIG: {literal(found.estimator_sentence)}. Total correlation: over all images. {ACTIVE_TOLD}"
    return f"{told}\n\n{table(head, rows)}"


def row(points: Points, lines: Mapping[float, Sequence[Line]]) -> tuple[object, ...]:
    """Return what the table says of the runs of one method."""
    runs, several = np.concatenate(list(points.values())).T, of_several_latents(points, lines)
    means, few = np.array([np.mean(some, axis=0) for some in points.values()]).T, float("nan")
    active = active_in_words([line for own in lines.values() for line in own])
    of_several = correlation_over_runs(several) if len(several) >= FEWEST else few
    of_means = (pearson(*means), spearman(*means)) if len(points) >= FEWEST else (few, few)
    of_runs = runs.shape[1], pearson(*runs), spearman(*runs)
    return *of_runs, active, len(several), of_several, len(points), *of_means


if __name__ == "__main__":
    make_page("Figure 4: total correlation and MIG", body, claims, caption=CIRCLES)
