"""Figure 4: total correlation against MIG."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from markdown_page import literal, table
from pages import FEW, by_short_title, make_page

from tcvae_cli.results import (
    Claim,
    Points,
    Setting,
    Table,
    Verdict,
    decide,
    estimate,
    pair_with_mig,
    pearson,
    spearman,
    surely_above,
    surely_below,
)

OURS, PLAIN = Setting("beta-tcvae"), Setting("beta-vae")
STRONG = -0.5  # what is called a large correlation: Cohen 1988


def claims(results: Table) -> list[Claim]:
    """Return the two claims for each data set."""
    return [
        claim
        for data_set, lines in by_short_title(pair_with_mig(results, "total_correlation").panels)
        for claim in (
            strong(data_set, lines.get(OURS, {})),
            weaker(data_set, lines.get(OURS, {}), lines.get(PLAIN, {})),
        )
    ]


def over_runs(groups: Sequence[Any]) -> float:
    """Return Pearson's r over all runs; one array of (runs, (TC, MIG)) for each beta."""
    return pearson(*np.concatenate(groups).T)


def strong(data_set: str, ours: Points) -> Claim:
    """Test whether the interval of beta-TCVAE's r is below STRONG. Runs are resampled within their beta."""
    sentence = f"Under beta-TCVAE, total correlation and MIG are strongly and negatively correlated, on {data_set}."
    if len(ours) < 2:
        return Claim(sentence, FEW, Verdict.TOO_FEW, data_set)
    found = estimate(over_runs, list(ours.values()))
    return Claim(
        sentence,
        f"over {sum(found.runs)} runs r = {found}; strong is {STRONG} or less.",
        surely_below(found, STRONG),
        data_set,
        estimate=found,
    )


def weaker(data_set: str, ours: Points, plain: Points) -> Claim:
    """Test whether beta-TCVAE's r is negative, and beta-VAE's nearer to 0, by the interval of the difference."""
    sentence = f"Under beta-VAE the correlation is weaker, on {data_set}."
    if min(len(ours), len(plain)) < 2:
        return Claim(sentence, FEW, Verdict.TOO_FEW, data_set)

    def difference(arrays: Sequence[Any]) -> float:
        return abs(over_runs(arrays[: len(ours)])) - abs(over_runs(arrays[len(ours) :]))

    own, other = over_runs(list(ours.values())), over_runs(list(plain.values()))
    found = estimate(difference, [*ours.values(), *plain.values()])
    return Claim(
        sentence,
        f"r is {own:.3f} under beta-TCVAE and {other:.3f} under beta-VAE, whose distance from 0 is less by {found}.",
        decide(False, found.runs) if own >= 0 else surely_above(found),
        data_set,
        estimate=found,
        numbers={"r_of_beta_tcvae": own, "r_of_beta_vae": other},
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
