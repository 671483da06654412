"""Figure 2: the trade-off of ELBO and MIG over beta."""

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from answers import AT_EACH_BETA, OVER_PAIRS, by, in_brief
from captions import TRADE_OFF
from latents import ACTIVE_TOLD, active_in_words, at_betas, with_caveat
from markdown_page import literal, table
from over_beta import Runs, common_range, counting, difference_at_equal, estimate_of_both, lacking
from pages import by_short_title, make_page
from saying import Saying

from tcvae_cli.results import (
    Claim,
    Line,
    Points,
    Setting,
    Table,
    pair_with_mig,
    shift,
    superiority,
)

OURS, PLAIN = Setting("beta-tcvae"), Setting("beta-vae")
MODE = 4  # the beta at which the paper finds beta-VAE at its best

ABOVE = Saying(
    "At equal ELBO, beta-TCVAE's MIG is higher than beta-VAE's",
    "beta-TCVAE has the better trade-off of ELBO and MIG, on dSprites and faces (curves with 90% bands, no number).",
    AT_EACH_BETA,
)
FALLS = Saying(
    "At high beta, beta-VAE's MIG falls",
    f"beta-VAE is at its best at beta {MODE}; higher ones penalise the mutual information too much (no number).",
    AT_EACH_BETA,
)

SAYINGS = (ABOVE, FALLS)


def claims(results: Table) -> list[Claim]:
    """Return the two claims for each data set."""
    pairs, found = pair_with_mig(results, "elbo"), []
    for data_set, key in by_short_title({key: key for key in pairs.panels}):
        ours, plain = pairs.by_seed(key, [OURS, PLAIN])
        points, lines = pairs.panels[key].get(PLAIN, {}), pairs.lines[key]
        curves, ends = {OURS: ours, PLAIN: plain}, {MODE, max(points, default=MODE)}
        found += [
            with_caveat(above(data_set, ours, plain), at_betas(lines, on_curves(lines, curves))),
            with_caveat(falls(data_set, points), at_betas(lines, {PLAIN: ends.intersection(points)})),
        ]
    return found


def on_curves(
    lines: Mapping[Setting, Mapping[float, Sequence[Line]]], curves: Mapping[Setting, Runs]
) -> dict[Setting, list[float]]:
    """Return the betas that each method's curve depends on over the ELBOs that all reach."""
    if lacking(*curves.values()):
        return {}
    ends = common_range(*curves.values())
    return {method: list(compress(lines[method], counting(runs, *ends))) for method, runs in curves.items()}


def above(data_set: str, ours: Runs, plain: Runs) -> Claim:
    """Test whether beta-TCVAE's MIG is higher at equal ELBO, by the mean difference of the curves.

    A seed is one repetition of both curves: it is left out as a whole.
    """
    if why := lacking(ours, plain):
        return ABOVE.untested(data_set, why)
    lead = estimate_of_both(difference_at_equal, ours, plain)
    if math.isnan(lead.value):
        return ABOVE.untested(data_set, "the two reach no ELBO in common.")
    return ABOVE.decided_by(
        lead,
        data_set,
        f"the mean difference of the curves, over the ELBOs that both reach, is {lead}, of {len(ours)} seeds with a "
        "run at every beta.",
        f"a mean difference of {in_brief(lead)}",
        runs=(len(ours),) * (ours.shape[1] + plain.shape[1]),
    )


def falls(data_set: str, plain: Points) -> Claim:
    """Test whether beta-VAE's MIG is lower at the highest beta than at its mode, by ranks."""
    highest = max(plain, default=0)
    groups = [[mig for _, mig in plain[beta]] for beta in (MODE, highest) if beta in plain and highest > MODE]
    if len(groups) < 2:
        return FALLS.untested(data_set, "no such betas were run.")
    fall, larger, medians = shift(*groups), superiority(*groups), [f"{statistics.median(own):.3f}" for own in groups]
    return FALLS.decided_by(
        fall,
        data_set,
        f"medians {medians[1]} at beta {highest:g} and {medians[0]} at {MODE}; {OVER_PAIRS}, one at {highest:g} is "
        f"{by(fall, 'lower', 'higher', str)} than one at {MODE}; P(it is lower) = {larger:.2f}.",
        f"its runs are typically {by(fall, 'lower', 'higher')} at beta {highest:g} than at {MODE}, medians "
        f"{medians[1]} and {medians[0]}",
        numbers={"superiority": larger},
    )


def body(results: Table) -> str:
    """Return the means of each method and beta, and how many latents are active."""
    found = pair_with_mig(results, "elbo")
    rows = [
        (title, method.name, f"{beta:g}", len(some), *np.mean(some, axis=0).tolist(), active_in_words(lines[beta]))
        for title, key in by_short_title({key: key for key in found.panels})
        for (method, points), lines in zip(found.panels[key].items(), found.lines[key].values(), strict=True)
        for beta, some in points.items()
    ]
    head = ("data set", "method", "beta", "runs", "mean ELBO", "mean MIG", "active latents")
    return f"MIG: {literal(found.estimator_sentence)}. {ACTIVE_TOLD}\n\n{table(head, rows)}"


CAPTION = (
    f"{TRADE_OFF} Bands may overlap though the curves differ significantly: the claim compares runs of equal seeds, "
    "which the bands do not."
)

if __name__ == "__main__":
    make_page("Figure 2: ELBO and MIG over beta", body, claims, caption=CAPTION)
