"""Figure 4: total correlation against MIG."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pages import FEW, TOO_FEW, Claim, make_page, number_and_interval, surely, table, verdict

from tcvae_cli.figures.panels import short_titles
from tcvae_cli.results.line import Line
from tcvae_cli.results.series import Points, join
from tcvae_cli.results.statistics import bootstrap, pearson, spearman

OURS, PLAIN = "beta-TCVAE", "beta-VAE"
STRONG = -0.5  # what is called a large correlation: Cohen 1988


def claims(results: Sequence[Line]) -> list[Claim]:
    """The two claims, for each data set."""
    panels = join(results, "total_correlation").panels
    return [
        claim
        for data_set, lines in zip(short_titles(list(panels)), panels.values(), strict=True)
        for claim in (
            strong(data_set, lines.get(OURS, {})),
            weaker(data_set, lines.get(OURS, {}), lines.get(PLAIN, {})),
        )
    ]


def over_runs(groups: Sequence[Any]) -> float:
    """Pearson's r over all runs; arrays (runs, (TC, MIG)), one a beta."""
    return pearson(*np.concatenate(groups).T)


def strong(data_set: str, ours: Points) -> Claim:
    """Whether the interval of beta-TCVAE's r is below STRONG. Runs are resampled within their beta."""
    sentence = f"Under beta-TCVAE, total correlation and MIG are strongly and negatively correlated, on {data_set}."
    counts = [len(some) for some in ours.values()] if len(ours) > 1 else []
    groups = list(ours.values())
    if not counts:
        return Claim(sentence, FEW, TOO_FEW)
    found = over_runs(groups)
    low, high = bootstrap(over_runs, groups)
    return Claim(
        sentence,
        f"over {sum(counts)} runs r = {number_and_interval(found, low, high)}; strong is {STRONG} or less.",
        surely(STRONG - high, STRONG - low, counts),
    )


def weaker(data_set: str, ours: Points, plain: Points) -> Claim:
    """Whether beta-TCVAE's r is negative, and beta-VAE's nearer to 0: the interval of the difference is above 0."""
    sentence = f"Under beta-VAE the correlation is weaker, on {data_set}."
    groups = [*ours.values(), *plain.values()]
    counts = [len(some) for some in groups] if min(len(ours), len(plain)) > 1 else []

    def difference(arrays: Sequence[Any]) -> float:
        return abs(over_runs(arrays[: len(ours)])) - abs(over_runs(arrays[len(ours) :]))

    if not counts:
        return Claim(sentence, FEW, TOO_FEW)
    own, other = over_runs(groups[: len(ours)]), over_runs(groups[len(ours) :])
    found, (low, high) = difference(groups), bootstrap(difference, groups)
    return Claim(
        sentence,
        f"r is {own:.3f} under beta-TCVAE and {other:.3f} under beta-VAE, which is nearer to 0 by "
        f"{number_and_interval(found, low, high)}.",
        verdict(False, counts) if own >= 0 else surely(low, high, counts),
    )


def body(results: Sequence[Line]) -> str:
    """Both correlations of each method, over runs and over the means of its betas."""
    found = join(results, "total_correlation")
    rows = []
    for title, lines in zip(short_titles(list(found.panels)), found.panels.values(), strict=True):
        for method, points in lines.items():
            runs = np.concatenate(list(points.values())).T
            means = np.array([np.mean(some, axis=0) for some in points.values()]).T
            few = float("nan")
            of_means = (pearson(*means), spearman(*means)) if len(points) > 2 else (few, few)
            rows.append((title, method, runs.shape[1], pearson(*runs), spearman(*runs), len(points), *of_means))
    head = ("data set", "method", "runs", "r", "Spearman", "betas", "r of means", "Spearman of means")
    return f"MIG: {found.estimator}. Total correlation: over all images.\n\n" + table(head, rows)


if __name__ == "__main__":
    make_page("Figure 4: total correlation and MIG", claims, body)
