"""Figure 4: total correlation against MIG."""

import math
from dataclasses import replace

import numpy as np
from answers import AT_EACH_BETA, in_brief, runs_in_words
from markdown_page import literal, table
from over_beta import Runs, estimate_of_both, lacking
from pages import by_short_title, make_page
from saying import Saying

from tcvae_cli.results import (
    FISHER,
    Claim,
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
        points = pairs.panels[key]
        for claim_of, methods in ((strong, [OURS]), (weaker, [OURS, PLAIN])):
            whole = pairs.by_seed(key, methods)
            runs = sum(len(some) for method in methods for some in points.get(method, {}).values())
            claim, lost = claim_of(data_set, *whole), runs - sum(one.shape[0] * one.shape[1] for one in whole)
            found.append(replace(claim, statistic=claim.statistic + of_incomplete(lost if claim.groups else 0)))
    return found


def of_incomplete(lost: int) -> str:
    """Return in a sentence how many runs the table has and a claim has not; "" if none."""
    return f" Left out, though the table has them: {runs_in_words([lost])}, of seeds that lack another." if lost else ""


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
        "with a run at every beta. On Fisher's scale, the first is further below 0 than the second is from 0 by "
        f"{found} (Cohen's q).",
        f"{other:.2f} against {own:.2f} under beta-TCVAE, Cohen's q = {in_brief(found)}",
        runs=(len(ours),) * (ours.shape[1] + plain.shape[1]),
        numbers={"correlation_of_beta_tcvae": own, "correlation_of_beta_vae": other},
    )


def body(results: Table) -> str:
    """Return both correlations of each method, over its runs and over the means of its betas."""
    found = pair_with_mig(results, "total_correlation")
    rows = []
    for title, lines in by_short_title(found.panels):
        for method, points in lines.items():
            runs = np.concatenate(list(points.values())).T
            means = np.array([np.mean(some, axis=0) for some in points.values()]).T
            few = float("nan")
            of_means = (pearson(*means), spearman(*means)) if len(points) > 2 else (few, few)
            rows.append((title, method.name, runs.shape[1], pearson(*runs), spearman(*runs), len(points), *of_means))
    head = ("data set", "method", "runs", "r", "Spearman", "betas", "r of means", "Spearman of means")
    return f"MIG: {literal(found.estimator_sentence)}. Total correlation: over all images.\n\n" + table(head, rows)


if __name__ == "__main__":
    make_page("Figure 4: total correlation and MIG", body, claims)
