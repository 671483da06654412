"""Command lines on damaged files, many in one process, and how each ended: python arena.py FOLDER FORMAT:FIRST:LAST...

Prints one line of JSON a case. A case that hangs ends the process with a traceback, as does one that breaks the
interpreter; whoever started it sees which case was the last.
"""

import faulthandler
import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers import specimens
from helpers.command import call
from tcvae_cli.files import hdf5
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import read_run

SECONDS = 120  # for a case, on a busy machine
BYTES = 2 << 30


def peak() -> int:
    """The largest resident size, in bytes, since it was last asked for; of the whole life where Linux does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fault_of(command: list[str], status: int, output: bytes, errors: str) -> str | None:
    """What is wrong with how a command ended; None where all is right."""
    lines = errors.splitlines()
    if "Traceback" in errors or "Error:" in errors:
        return "a traceback"
    if status not in (0, 1, 2):
        return f"exit {status}"
    if status and (not lines or not lines[-1].startswith("tcvae: ") or lines[-1].count("; ") < 1):
        return f"exit {status} without a line"
    if status and sum(line.startswith("tcvae: ") for line in lines) != 1:
        return "more than one line"
    if not all(
        c.isprintable() or c in "\n\t" for c in errors + output.decode(errors="replace") if command[0] != "plot"
    ):
        return "unprintable characters"
    if list(Path().glob(".tcvae-*.part")):
        return "a part file left"
    if status == 0:
        return nonsense(command, output)
    return "an output in spite of the error" if any(map(os.path.exists, OUTPUTS)) else None


OUTPUTS = ("out.h5", "out.safetensors", "out.png", "out.svg", "sheet.png")


def nonsense(command: list[str], output: bytes) -> str | None:
    """What is wrong with the result of a command that succeeded."""
    if command[0] in ("prepare", "subset"):
        # A file of our own making needs no child process, which here takes longer than all else.
        with patch.object(hdf5, "survives", return_value=True), open_data_set("out.h5") as data:
            rows = sum(len(block) for block in data.blocks())
        return None if rows == data.description.rows else "another number of rows"
    if command[0] == "encode":
        read_codes("out.safetensors")
    if command[0] == "train":
        read_run("out.safetensors")
    if command[0] in ("traverse", "plot"):
        start = Path(command[command.index("-o") + 1]).read_bytes()[:8]
        return None if start.startswith((b"\x89PNG", b"<?xml")) else "no picture"
    if command[0] in ("mig", "estimate-tc", "score", "compare") and "--format" not in command:
        for line in output.splitlines():
            record = json.loads(line, parse_constant=lambda name: 1 / 0)
            if record["kind"] == "mig" and not 0 <= record["mig"] <= 1 + 1e-9:
                return f"MIG {record['mig']}"
    return None


def attempt(format_name: str, content: bytes, seed: int) -> dict[str, Any]:
    """One damaged file under one command."""
    about = specimens.FORMATS[format_name]
    for name in OUTPUTS:
        Path(name).unlink(missing_ok=True)
    Path(about.file).write_bytes(specimens.damaged(format_name, content, seed))
    command = about.commands[seed % len(about.commands)].format(about.file).split()
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    try:
        status, output, errors = call(*command)
        fault = fault_of(command, status, output, errors)
    except BaseException as error:  # what `run` lets through is a traceback for the user
        import traceback

        status, errors, fault = -1, traceback.format_exc(), f"{type(error).__name__}: {error}"
    finally:
        faulthandler.cancel_dump_traceback_later()
    most = peak()
    if fault is None and most > BYTES:
        fault = f"{most / 1e9:.1f} GB"
    return {
        "format": format_name,
        "seed": seed,
        "status": status,
        "fault": fault,
        "errors": errors[-3000:] if fault else errors[-200:],
        "peak": most,
        "command": command,
    }


def main() -> None:
    """See above."""
    folder, *rounds = sys.argv[1:]
    warnings.simplefilter("error")
    os.fsync = lambda handle: None  # no power is cut here, and disks are slow
    os.chdir(folder)
    with os.fdopen(os.dup(1), "w") as results:
        for part in Path().glob(".tcvae-*.part"):  # of a process that died here before
            part.unlink()
        for name, first, last in (text.split(":") for text in rounds):
            path = Path(specimens.FORMATS[name].file)
            original = Path(f"{path}.original")
            if not original.exists():
                original.write_bytes(path.read_bytes())
            content = original.read_bytes()
            for seed in range(int(first), int(last)):
                print(json.dumps({"format": name, "seed": seed}), file=results, flush=True)
                print(json.dumps(attempt(name, content, seed)), file=results, flush=True)
            path.write_bytes(content)
            original.unlink()


if __name__ == "__main__":
    main()
