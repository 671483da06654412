"""What other programs found of dSprites: quoted beside our runs, never mixed in. The numbers are the package's."""

import statistics
from collections.abc import Mapping, Sequence

from markdown_page import literal, table

from tcvae_cli.results import PublishedNumber, Table, published

WARNING = (
    "Runs of other programs on all of dSprites, quoted beside ours. None of them is in the numbers, the picture or the "
    "verdicts above. Training is in steps x images of a batch."
)
UPPER = 0.45  # MIG above which a run is in the upper of the two clusters that beta-TCVAE shows in both programs

Quoted = Mapping[str, PublishedNumber]  # the quantities of the runs of one setting


def elsewhere(figure: str, results: Table) -> str:
    """Return what others found of what a figure shows, as Markdown; "" where nothing is known, or of other images."""
    if figure not in SHOWN or not any(title.startswith("dsprites") for title in results.data_sets()):
        return ""
    rows = quoted()
    told = {row["mig"].source: row["mig"].told for row in rows}
    sources = "\n".join(f"* *{literal(who)}*: {literal(said)}." for who, said in told.items())
    return f"{WARNING}\n\n{SHOWN[figure](rows)}\n\n{sources}"


def quoted() -> list[Quoted]:
    """Return the settings of which others tell both MIG and total correlation."""
    found: dict[object, dict[str, PublishedNumber]] = {}
    for number in published("dsprites"):
        found.setdefault((number.source, number.setting), {})[number.quantity] = number
    return [row for row in found.values() if {"mig", "total_correlation"} <= row.keys()]


def columns_of_mig(rows: Sequence[Quoted]) -> str:
    """Return the quartiles of MIG, and how many runs are in the upper cluster."""
    head = ("where", "method", "training", "runs", "lowest MIG", "quartiles", "highest MIG", f"runs above {UPPER}")
    cells = []
    for mig in (row["mig"] for row in rows):
        middle = " / ".join(f"{value:.3f}" for value in (mig.lower_quartile, mig.median, mig.upper_quartile))
        cells.append((*about(mig), mig.minimum, middle, mig.maximum, mig.runs_above(UPPER)))
    return table(head, cells)


def columns_of_both(rows: Sequence[Quoted]) -> str:
    """Return the range of the total correlation, and its correlation with MIG over the runs of one setting."""
    cells = []
    for mig, tc in ((row["mig"], row["total_correlation"]) for row in rows):
        known = mig.values is not None and tc.values is not None
        r = f"{statistics.correlation(tc.values, mig.values):.2f}" if known else "not told"
        cells.append((*about(tc), tc.minimum, tc.median, tc.maximum, r))
    head = ("where", "method", "training", "runs", "lowest TC", "median TC", "highest TC", "r of TC and MIG")
    return table(head, cells) + "\n\nr is Pearson's, over the runs of one beta; the figure's are over several betas."


def about(number: PublishedNumber) -> tuple[str, str, str, int | None]:
    """Return who ran it, what, how long, and how often."""
    return number.source, number.setting.name, f"{number.steps:,} x {number.batch_size:,}", number.runs


SHOWN = {"figure3": columns_of_mig, "figure4": columns_of_both}
