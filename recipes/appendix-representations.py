"""Appendix: the mean of each latent against each factor, with three scores."""

from collections.abc import Sequence

from pages import make_page, table

from tcvae_cli.results.line import Line
from tcvae_cli.results.methods import METHODS, setting_order
from tcvae_cli.results.statistics import spearman

OLDER = {"higgins": "Higgins et al.", "kim-mnih": "Kim & Mnih"}


def body(results: Sequence[Line]) -> str:
    """The three scores of each run, and whether they put the runs in one order."""
    scores: dict[str, dict[str, float]] = {}
    for one in sorted(results, key=lambda one: setting_order(one.part("settings"))):
        measure = "mig" if one["kind"] == "mig" else str(one["measure"])
        of_run = scores.setdefault(setting_order(one.part("settings"))[-1], {})
        of_run[measure] = one.number("mig" if measure == "mig" else "score")
    unknown = float("nan")
    rows = [(setting, *(found.get(name, unknown) for name in ("mig", *OLDER))) for setting, found in scores.items()]
    whole = [found for found in scores.values() if {"mig", *OLDER} <= found.keys()]
    migs = [run["mig"] for run in whole]
    lines = [f"{spearman(migs, [run[name] for run in whole]):.2f} for {called}" for name, called in OLDER.items()]
    order = (
        f"Rank correlation with MIG over these {len(whole)} runs: {' and '.join(lines)}.\n\n" if len(whole) > 2 else ""
    )
    return (
        "The paper draws representations beside their scores for the eye to compare, and claims nothing of them that a "
        f"number could test. A run each of {len(scores)} of its {len(METHODS)} methods, the first seed, not chosen:\n\n"
        + table(("run", "MIG", *OLDER.values()), rows)
        + f"\n\n{order}A latent is drawn if its mean varies by more than 0.01; each mean is the average over all other "
        "factors."
    )


if __name__ == "__main__":
    make_page("Appendix: representations and their scores", lambda results: [], body)
