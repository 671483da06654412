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


def fight(folder: Path, cases: dict[str, int], first: int = 0) -> dict[str, Outcome]:
    """So many damaged files of each format. A child that dies has its last case noted as a fault; another goes on."""
    outcomes = {name: Outcome() for name in cases}
    ahead = {name: range(first, first + count) for name, count in cases.items()}
    while ahead := {name: seeds for name, seeds in ahead.items() if seeds}:
        rounds = [f"{name}:{seeds.start}:{seeds.stop}" for name, seeds in ahead.items()]
        child = subprocess.run(
            [sys.executable, str(ARENA), str(folder), *rounds],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        last: dict[str, Any] = {}
        for line in child.stdout.splitlines():
            last = json.loads(line)
            ahead[last["format"]] = range(last["seed"] + 1, ahead[last["format"]].stop)
            if "status" in last:
                outcome = outcomes[last["format"]]
                outcome.cases += 1
                outcome.refused += last["status"] != 0
                outcome.peak = max(outcome.peak, last["peak"])
                outcome.faults += [last] if last["fault"] else []
        if "status" not in last:
            if not last:
                raise RuntimeError(child.stderr)
            fault = {**last, "fault": f"the process died ({child.returncode})", "errors": child.stderr[-3000:]}
            outcomes[last["format"]].cases += 1
            outcomes[last["format"]].faults.append(fault)
        elif child.returncode:
            fault = {**last, "fault": f"the process ended badly ({child.returncode})", "errors": child.stderr[-3000:]}
            outcomes[last["format"]].faults.append(fault)
    return outcomes
