"""What other programs found of dSprites: quoted beside our runs, never mixed in. elsewhere.jsonl has the numbers."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from markdown_page import literal, table

from tcvae_cli.results import Line, Setting, Table, read_results

WARNING = (
    "Runs of other programs on all of dSprites, quoted beside ours. None of them is in the numbers, the picture or the "
    "verdicts above. Training is in steps x images of a batch."
)
QUOTED = Path(__file__).with_suffix(".jsonl")
UPPER = 0.45  # MIG above which a run is in the upper of the two clusters that beta-TCVAE shows in both programs


def elsewhere(figure: str, results: Table) -> str:
    """Return what others found of what a figure shows, as Markdown; "" where nothing is known, or of other images."""
    if figure not in SHOWN or not any(title.startswith("dsprites") for title in results.data_sets()):
        return ""
    lines = read_results(QUOTED)
    sources = "\n".join(f"* *{literal(who)}*: {literal(said)}." for who, said in sources_of(lines).items())
    return f"{WARNING}\n\n{SHOWN[figure](lines)}\n\n{sources}"


def sources_of(lines: Sequence[Line]) -> dict[str, str]:
    """Return who found the numbers, and how."""
    return {str(line["who"]): str(line["source"]) for line in lines}


def columns_of_mig(lines: Sequence[Line]) -> str:
    """Return the quartiles of MIG, and how many runs are in the upper cluster."""
    head = ("where", "method", "training", "runs", "lowest MIG", "quartiles", "highest MIG", f"runs above {UPPER}")
    rows = []
    for line in lines:
        lowest, *middle, highest = quartiles(line, "mig")
        rows.append((*about(line), lowest, " / ".join(f"{value:.3f}" for value in middle), highest, above(line)))
    return table(head, rows)


def columns_of_both(lines: Sequence[Line]) -> str:
    """Return the range of the total correlation, and its correlation with MIG over the runs of one setting."""
    rows = []
    for line in lines:
        lowest, _, median, _, highest = quartiles(line, "total_correlation")
        known = "mig" in line
        r = f"{statistics.correlation(line['total_correlation'], line['mig']):.2f}" if known else "not told"
        rows.append((*about(line), lowest, median, highest, r))
    head = ("where", "method", "training", "runs", "lowest TC", "median TC", "highest TC", "r of TC and MIG")
    return table(head, rows) + "\n\nr is Pearson's, over the runs of one beta; the figure's are over several betas."


def about(line: Line) -> tuple[str, str, str, int]:
    """Return who ran it, what, how long, and how often."""
    beta = None if line["objective"] == "vae" else line.number("beta")
    training = f"{int(line.number('steps')):,} x {int(line.number('batch_size')):,}"
    return str(line["who"]), Setting(str(line["objective"]), beta).name, training, int(line.number("runs"))


def quartiles(line: Line, name: str) -> Sequence[float | str]:
    """Return the least, the quartiles and the largest of a number: as they are told, or of the runs that are told."""
    told = line.get(f"{name}_quartiles")
    if told is None:
        runs = line[name]
        told = [min(runs), *statistics.quantiles(runs, method="inclusive"), max(runs)]
    return ["not told" if number is None else float(number) for number in told]


def above(line: Line) -> int:
    """Return how many runs are in the upper cluster."""
    return int(line["runs_above_0.45"]) if "mig" not in line else sum(mig > UPPER for mig in line["mig"])


SHOWN = {"figure3": columns_of_mig, "figure4": columns_of_both}
