"""Appendix: the mean of each latent against each factor, with three scores."""

from collections.abc import Sequence

from captions import LATENTS
from figure3 import METHODS
from markdown_page import table
from metrics import METRICS, metric, value
from pages import make_page

from tcvae_cli.results import Setting, Table, setting_of, spearman

OLDER = ("higgins", "kim-mnih")


def body(results: Table) -> str:
    """Return the three scores of each run, and how far they put the runs in one order."""
    scores: dict[Setting, dict[str, float]] = {}
    for one in sorted(results.lines, key=lambda one: setting_of(one.part("settings"))):
        scores.setdefault(setting_of(one.part("settings")), {})[metric(one)] = value(one)
    unknown = float("nan")
    rows = [
        (setting.name, *(found.get(name, unknown) for name in ("mig", *OLDER))) for setting, found in scores.items()
    ]
    return (
        "The paper draws representations beside their scores for the eye to compare, and claims nothing of them that a "
        f"number could test. One run each of {sum(method in scores for method in METHODS)} of its {len(METHODS)} "
        "methods, the first seed, not chosen:\n\n"
        + table(("run", "MIG", *(METRICS[name][0] for name in OLDER)), rows)
        + f"\n\n{order(list(scores.values()))}A latent is drawn if it is active: if the variance of its mean is more "
        "than 1% of its aggregated variance. Each mean is the average over all other factors."
    )


def order(runs: Sequence[dict[str, float]]) -> str:
    """Return the rank correlation of each older score with MIG over the runs that have all three."""
    whole = [run for run in runs if {"mig", *OLDER} <= run.keys()]
    if len(whole) < 3:
        return ""
    migs = [run["mig"] for run in whole]
    told = [f"{spearman(migs, [run[name] for run in whole]):.2f} for {METRICS[name][0]}" for name in OLDER]
    few = "Rank correlation with MIG over these runs, which are too few for more than an impression"
    return f"{few}: {' and '.join(told)}.\n\n"


if __name__ == "__main__":
    make_page("Appendix: representations and their scores", body, caption=LATENTS)
