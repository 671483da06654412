"""The training log that lies beside a run, as curves."""

import json
import os
from collections.abc import Mapping, Sequence

import numpy as np

from tcvae_cli.files.runs import StoredRun

Curves = Mapping[str, Sequence[tuple[float, float]]]
LONGEST = 200_000_000  # bytes of a log that is read
MOST_POINTS, MOST_CURVES = 300, 24


def curves_beside(run: StoredRun) -> Curves:
    """Return each term of the log beside a run as (step, value); empty if there is none that ends at the run's step.

    A log is looked for under the run's name with .jsonl, and as log.jsonl.
    """
    if run.path == "-":
        return {}
    folder, name = os.path.split(run.path)
    for candidate in (f"{os.path.splitext(name)[0]}.jsonl", f"{name}.jsonl", "log.jsonl"):
        path = os.path.join(folder, candidate)
        if os.path.isfile(path) and os.path.getsize(path) <= LONGEST:
            found = curves_in(path)
            if found and max(points[-1][0] for points in found.values()) == run.header.step:
                return found
    return {}


def curves_in(path: str) -> Curves:
    """Return the terms of a log, thinned to what a small chart can show."""
    found: dict[str, list[tuple[float, float]]] = {}
    with open(path, errors="replace") as stream:
        for line in stream:
            for name, point in points_in(line).items():
                if name in found or len(found) < MOST_CURVES:
                    found.setdefault(name, []).append(point)
    return {name.replace("_", " "): thinned(points) for name, points in found.items() if len(points) > 1}


def points_in(line: str) -> dict[str, tuple[float, float]]:
    """Return the terms of one line of a log; nothing of a line that is of something else."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict) or "kind" in said or not is_number(said.get("step")):
        return {}
    return {name: (said["step"], value) for name, value in said.items() if name != "step" and is_number(value)}


def is_number(value: object) -> bool:
    """Tell whether JSON has given a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return evenly spaced points of a curve, the last among them."""
    places = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))
    return [points[place] for place in places]
