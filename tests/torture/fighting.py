"""Rounds of the arena for each format, in child processes that may die, and what came of them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ARENA = Path(__file__).with_name("arena.py")


@dataclass
class Outcome:
    """What a number of cases came to."""

    cases: int = 0
    refused: int = 0
    peak: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)


def fight(folder: Path, format_name: str, cases: int, first: int = 0) -> Outcome:
    """CASES damaged files of a format. A child that dies has its last case noted as a fault, and another goes on."""
    outcome, place = Outcome(), first
    while place < first + cases:
        arguments = [sys.executable, str(ARENA), str(folder), format_name, str(place), str(first + cases)]
        child = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        last = None
        for line in child.stdout.splitlines():
            record = json.loads(line)
            if "begins" in record:
                last = record["begins"]
                continue
            outcome.cases += 1
            outcome.refused += record["status"] != 0
            outcome.peak = max(outcome.peak, record["peak"])
            if record["fault"]:
                outcome.faults.append(record)
            place = record["seed"] + 1
        if child.returncode or place < first + cases:
            if last is None or last < place:
                raise RuntimeError(child.stderr)
            outcome.cases += 1
            outcome.faults.append({"seed": last, "fault": f"the process died ({child.returncode})", "errors": child.stderr[-3000:]})
            place = last + 1
    return outcome
