"""Figure 2: the trade-off of ELBO and MIG over beta."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pages import FEW, TOO_FEW, Claim, make_page, number_and_interval, surely, table

from tcvae_cli.figures.panels import short_titles
from tcvae_cli.results.line import Line
from tcvae_cli.results.series import Points, join
from tcvae_cli.results.statistics import bootstrap, superiority

OURS, PLAIN = "beta-TCVAE", "beta-VAE"
MODE = 4  # the beta at which the paper finds beta-VAE at its best


def claims(results: Sequence[Line]) -> list[Claim]:
    """The two claims, for each data set."""
    panels = join(results, "elbo").panels
    return [
        claim
        for data_set, lines in zip(short_titles(list(panels)), panels.values(), strict=True)
        for claim in (above(data_set, lines.get(OURS, {}), lines.get(PLAIN, {})), falls(data_set, lines.get(PLAIN, {})))
    ]


def above(data_set: str, ours: Points, plain: Points) -> Claim:
    """Whether beta-TCVAE's MIG is higher at equal ELBO: the interval of the mean difference is above 0."""
    sentence = f"At equal ELBO, beta-TCVAE's MIG is higher than beta-VAE's, on {data_set}."
    groups = [*ours.values(), *plain.values()]
    counts = [len(some) for some in groups] if min(len(ours), len(plain)) > 1 else []

    def difference(arrays: Sequence[Any]) -> float:
        return difference_at_equal_elbo(arrays[: len(ours)], arrays[len(ours) :])

    if not counts:
        return Claim(sentence, FEW, TOO_FEW)
    found = difference([np.asarray(some) for some in groups])
    if math.isnan(found):
        return Claim(sentence, "the two reach no ELBO in common.", TOO_FEW)
    low, high = bootstrap(difference, groups)
    return Claim(
        sentence,
        "the mean difference of the curves, over the ELBOs that both reach, is "
        f"{number_and_interval(found, low, high)}.",
        surely(low, high, counts),
    )


def difference_at_equal_elbo(ours: Sequence[Any], plain: Sequence[Any]) -> float:
    """Mean MIG of OURS less that of PLAIN over their common range of ELBO; arrays (runs, (ELBO, MIG)), one a beta.

    Each curve goes through the means of its betas in order of their ELBO, straight in between. NaN without a range.
    """
    curves = [np.array(sorted(array.mean(0).tolist() for array in arrays)).T for arrays in (ours, plain)]
    low, high = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
    if low >= high:
        return float("nan")
    places = np.linspace(low, high, 201)
    first, second = (np.interp(places, x, y) for x, y in curves)
    return float((first - second).mean())


def falls(data_set: str, plain: Points) -> Claim:
    """Whether beta-VAE's MIG is lower at the highest beta than at its mode: the interval is above 0."""
    highest = max(plain, default=0)
    some = [[mig for _, mig in plain[beta]] for beta in (MODE, highest) if beta in plain and highest > MODE]
    if len(some) < 2:
        return Claim(f"At high beta, beta-VAE's MIG falls, on {data_set}.", "no such betas were run.", TOO_FEW)

    def difference(groups: Sequence[Any]) -> float:
        return float(np.mean(groups[0]) - np.mean(groups[1]))

    found, (low, high) = difference(some), bootstrap(difference, some)
    return Claim(
        f"At high beta, beta-VAE's MIG falls, on {data_set}.",
        f"from beta {MODE} to {highest:g} by {number_and_interval(found, low, high)}; "
        f"P(a run at beta {MODE} is larger) = {superiority(*some):.2f}.",
        surely(low, high, list(map(len, some))),
    )


def body(results: Sequence[Line]) -> str:
    """Means of each method and beta."""
    found = join(results, "elbo")
    rows = [
        (title, method, f"{beta:g}", len(some), *np.mean(some, axis=0).tolist())
        for title, lines in zip(short_titles(list(found.panels)), found.panels.values(), strict=True)
        for method, points in lines.items()
        for beta, some in points.items()
    ]
    return f"MIG: {found.estimator}.\n\n" + table(("data set", "method", "beta", "runs", "mean ELBO", "mean MIG"), rows)


if __name__ == "__main__":
    make_page("Figure 2: ELBO and MIG over beta", claims, body)
