"""The training log that lies beside a run, as curves."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.logs import Log, read_log
from tcvae_cli.files.runs import StoredRun

Curves = Mapping[str, Sequence[tuple[float, float]]]
MOST_POINTS, MOST_CURVES = 300, 24  # that a page shows


def curves_beside(run: StoredRun) -> Curves:
    """Return the terms of the log beside a run as (step, value), thinned; empty if there is none of this training.

    A log is looked for under the run's name with .jsonl in place of its end or behind it, and as log.jsonl.
    """
    if run.path in ("-", ""):
        return {}
    for path in (f"{os.path.splitext(run.path)[0]}.jsonl", f"{run.path}.jsonl", beside(run.path, "log.jsonl")):
        if os.path.isfile(path):
            try:
                log = read_log(path)
            except TcvaeError:  # it is something else
                continue
            if is_of(log, run):
                series = {term: thinned(*log.series(term)) for term in log.terms[:MOST_CURVES]}
                return {term: points for term, points in series.items() if len(points) > 1}
    return {}


def beside(path: str, name: str) -> str:
    """Return the path of a file in the folder of another one."""
    return os.path.join(os.path.dirname(path), name)


def is_of(log: Log, run: StoredRun) -> bool:
    """Tell whether a log ends where a run does and, if it has a header, was written by its training."""
    its = log.header is None or log.header.settings == run.header.settings
    return its and bool(log.steps) and log.steps[-1] == run.header.step


def thinned(steps: Sequence[int], values: Sequence[float]) -> list[tuple[float, float]]:
    """Return evenly spaced points of a curve, its ends among them."""
    places = np.unique(np.linspace(0, len(steps) - 1, MOST_POINTS).round().astype(int))
    return [(steps[place], values[place]) for place in places]
