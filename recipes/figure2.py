"""Figure 2: the trade-off of ELBO and MIG over beta."""

import math
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
    estimate,
    pair_with_mig,
    superiority,
    surely_above,
)

OURS, PLAIN = Setting("beta-tcvae"), Setting("beta-vae")
MODE = 4  # the beta at which the paper finds beta-VAE at its best


def claims(results: Table) -> list[Claim]:
    """Return the two claims for each data set."""
    return [
        claim
        for data_set, lines in by_short_title(pair_with_mig(results, "elbo").panels)
        for claim in (above(data_set, lines.get(OURS, {}), lines.get(PLAIN, {})), falls(data_set, lines.get(PLAIN, {})))
    ]


def above(data_set: str, ours: Points, plain: Points) -> Claim:
    """Test whether beta-TCVAE's MIG is higher at equal ELBO: the interval of the mean difference is above 0."""
    sentence = f"At equal ELBO, beta-TCVAE's MIG is higher than beta-VAE's, on {data_set}."
    if min(len(ours), len(plain)) < 2:
        return Claim(sentence, FEW, Verdict.TOO_FEW, data_set)

    def difference(arrays: Sequence[Any]) -> float:
        return difference_at_equal_elbo(arrays[: len(ours)], arrays[len(ours) :])

    lead = estimate(difference, [*ours.values(), *plain.values()])
    if math.isnan(lead.value):
        return Claim(sentence, "the two reach no ELBO in common.", Verdict.TOO_FEW, data_set, estimate=lead)
    return Claim(
        sentence,
        f"the mean difference of the curves, over the ELBOs that both reach, is {lead}.",
        surely_above(lead),
        data_set,
        estimate=lead,
    )


def difference_at_equal_elbo(ours: Sequence[Any], plain: Sequence[Any]) -> float:
    """Return the mean MIG of OURS less that of PLAIN over their common range of ELBO, NaN if there is none.

    One array of (runs, (ELBO, MIG)) for each beta. A curve goes through the means of its betas in order of their ELBO,
    straight in between.
    """
    curves = [np.array(sorted(array.mean(0).tolist() for array in arrays)).T for arrays in (ours, plain)]
    low, high = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
    if low >= high:
        return float("nan")
    places = np.linspace(low, high, 201)
    first, second = (np.interp(places, x, y) for x, y in curves)
    return float((first - second).mean())


def mean_fall(groups: Sequence[Any]) -> float:
    """Return the mean of the first group less that of the second."""
    return float(np.mean(groups[0]) - np.mean(groups[1]))


def falls(data_set: str, plain: Points) -> Claim:
    """Test whether beta-VAE's MIG is lower at the highest beta than at its mode: the interval is above 0."""
    sentence = f"At high beta, beta-VAE's MIG falls, on {data_set}."
    highest = max(plain, default=0)
    groups = [[mig for _, mig in plain[beta]] for beta in (MODE, highest) if beta in plain and highest > MODE]
    if len(groups) < 2:
        return Claim(sentence, "no such betas were run.", Verdict.TOO_FEW, data_set)
    fall, larger = estimate(mean_fall, groups), superiority(*groups)
    return Claim(
        sentence,
        f"from beta {MODE} to {highest:g} a fall of {fall}; P(a run at beta {MODE} is larger) = {larger:.2f}.",
        surely_above(fall),
        data_set,
        estimate=fall,
        numbers={"superiority": larger},
    )


def body(results: Table) -> str:
    """Return the means of each method and beta."""
    found = pair_with_mig(results, "elbo")
    rows = [
        (title, method.name, f"{beta:g}", len(some), *np.mean(some, axis=0).tolist())
        for title, lines in by_short_title(found.panels)
        for method, points in lines.items()
        for beta, some in points.items()
    ]
    return f"MIG: {literal(found.estimator_sentence)}.\n\n" + table(
        ("data set", "method", "beta", "runs", "mean ELBO", "mean MIG"), rows
    )


if __name__ == "__main__":
    make_page("Figure 2: ELBO and MIG over beta", body, claims)
