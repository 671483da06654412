"""The README and the pages of docs/: their commands, run as a reader would, on less."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from helpers.warm import Server

ROOT = Path(__file__).parents[2]
FEWER = {"image": 100, "steps": 4, "evaluate-every": 2, "checkpoint-every": 2, "epochs": 1, "train": 60, "test": 30}


def commands_of(page: str) -> list[str]:
    """Return all commands in the ```sh blocks of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.S)
    return [line for block in blocks for line in block.splitlines()]


def lay_out_photographs(folder: Path) -> None:
    """Write eight pictures in two folders, and a table with a label of each."""
    rows = ["file,shade"]
    for number, room in enumerate(("indoors", "outdoors") * 4):
        (folder / "photographs" / room).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (30 * number, 90, 120)).save(folder / "photographs" / room / f"{number}.jpg")
        rows.append(f"{room}/{number}.jpg,{number // 4}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")


def run_all(commands: list[str], folder: Path, warm: Server) -> None:
    """Run commands in a folder, one after the other, with fewer steps; of make, see what it would do.

    Every one has to end well. What was made before them they may use.
    """
    environment = {**os.environ, "PATH": f"{warm.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHON_EXEC"] = str(warm.programs / "python")  # which torchrun starts
    for written in commands:
        where, command = folder, written
        for flag, number in FEWER.items():
            command = re.sub(rf"--{flag} \d+", f"--{flag} {number}", command)
        if not re.search(" --(steps|epochs|resume) ", command):
            command = command.replace(" train ", " train --steps 3 ")
        if written.startswith("make "):  # that it does it is what `make` was called for
            where = folder if " -C " in written else ROOT
            command = written.replace("make ", "make -n ")
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=where, env=environment, capture_output=True, timeout=300
        )
        assert result.returncode == 0, (written, result.stderr)
        assert b"Traceback" not in result.stderr, written
