"""Train one missing run: `python recipes/train.py FOLDER DATA FLAGS COMMAND...`.

COMMAND is a `tcvae train`, behind a launcher perhaps, with `--checkpoint FOLDER/checkpoint -o FOLDER/run.safetensors`.
DATA and FLAGS are the files that the run is made from. A training that was cut off goes on from its checkpoint, unless
one of them is newer. A finished one leaves its duration in FOLDER/seconds, for recipes/plan.py.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from launching import launch


def train(folder: Path, sources: Sequence[Path], command: Sequence[str]) -> int:
    """Run COMMAND, keep the books in FOLDER, and return 0 if a new run is there, else another exit status."""
    run, checkpoint, seconds = folder / "run.safetensors", folder / "checkpoint", folder / "seconds"
    folder.mkdir(parents=True, exist_ok=True)
    before, begun = version(run), time.monotonic()
    resume = all(modified(checkpoint) > modified(source) for source in sources)
    if resume:
        print(f"{folder}: going on from its checkpoint", file=sys.stderr)
        command = [*command, "--resume", str(checkpoint)]
    status = launch(command)
    if version(run) == before:
        if status == 0:  # srun's, for one, when the node of its job has died
            print(f"{folder}: the command ended with status 0 but has written no run", file=sys.stderr)
        if status > 128 and checkpoint.exists():
            print(f"{folder}: stopped; the same make goes on from its checkpoint", file=sys.stderr)
        set_aside(folder)
        return status or 1
    if status == 0:
        checkpoint.unlink(missing_ok=True)
        seconds.unlink(missing_ok=True)
        if not resume:  # else the whole duration is not known
            seconds.write_text(f"{time.monotonic() - begun:.0f}\n")
    return status


def version(file: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written again: its inode and its time; None if there is no file."""
    os.listdir(file.parent)  # over a network, what another machine has written shows once the folder is read
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def modified(file: Path) -> int:
    """Return when a file was last written, in nanoseconds; 0 if there is no file."""
    found = version(file)
    return found[1] if found else 0


def set_aside(folder: Path) -> None:
    """Keep an older run from being measured in place of the one that failed, and remove what was measured of it."""
    run = folder / "run.safetensors"
    if run.exists():
        run.replace(folder / "run.safetensors.old")
    for result in folder.glob("*.json"):
        result.unlink()


if __name__ == "__main__":
    folder, data, flags, *command = sys.argv[1:]
    sys.exit(train(Path(folder), [Path(data), Path(flags)], command))
