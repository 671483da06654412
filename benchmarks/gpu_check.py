"""What a GPU computes and how fast, in at most 8 minutes: python benchmarks/gpu_check.py [DATA] [-o FILE.json].

Works offline, with the torch that is there. DATA is a prepared dSprites, which is rendered if it is not there. Every
section is a process of its own with a time of its own, so that one that fails or hangs is a row of the table, and the
others go on. FILE.json has all rows so far after each section.
"""

import argparse
import contextlib
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from gpu_rows import Bench, Row, append, of_section, rows_in, table

from tcvae_cli.verbs.prepare import prepare
from tcvae_cli.version import __version__

ROOT = Path(__file__).parents[1]
LIMIT = 480  # seconds for all
SECTIONS = {  # the most seconds of each; functions of their names are in the modules
    "kernels": ("gpu_kernels", 110),
    "objectives": ("gpu_training", 70),
    "stacked": ("gpu_stacks", 40),
    "resumed": ("gpu_training", 40),
    "steps": ("gpu_speed", 90),
    "start": ("gpu_speed", 30),
    "scores": ("gpu_speed", 60),
    "paper": ("gpu_paper", 200),
    "sweep": ("gpu_paper", 300),
}


def found_by(name: str, arguments: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows of a section as they come; an error is the last of them."""
    module, _ = SECTIONS[name]
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(device_of(arguments), str(arguments.data), Path(folder), arguments.tiny)
            for row in getattr(importlib.import_module(module), name)(bench):
                yield of_section(name, row)
    except Exception as error:
        traceback.print_exc()
        yield Row("the rest", note=f"{type(error).__name__}: {in_short(str(error))}", failed=True, section=name)


def device_of(arguments: argparse.Namespace) -> torch.device:
    """Return where the sections work."""
    return torch.device("cpu") if arguments.tiny else torch.device("cuda", 0)


def in_short(text: str) -> str:
    """Return the first hundred letters of TEXT on one line."""
    return " ".join(text.split())[:100]


def in_own_process(name: str, command: Sequence[str], seconds: float) -> list[Row]:
    """Run a section as a command that is told a file for its rows, and return these. It ends after SECONDS."""
    with tempfile.TemporaryDirectory() as folder:
        file, errors = Path(folder, "rows"), Path(folder, "errors")
        with errors.open("w") as stream:
            child = subprocess.Popen([*command, str(file)], stdout=stream, stderr=stream, start_new_session=True)
            try:
                child.wait(seconds)
                note = f"the process ended with {child.returncode}" if child.returncode else ""
            except subprocess.TimeoutExpired:
                note = f"had not ended after {seconds:.3g} s"
            finally:
                end(child)
        rows = rows_in(file)
        if note or any(row.failed for row in rows):
            sys.stderr.write(errors.read_text()[-3000:])
        return [*rows, Row("the rest", note=note, failed=True, section=name)] if note else rows


def end(child: "subprocess.Popen[bytes]") -> None:
    """End a section with all processes that it has started, if they have not ended themselves."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@dataclass(frozen=True)
class Report:
    """All rows so far, and of what machine they are."""

    file: Path
    device: torch.device
    start: float

    def write(self, rows: Sequence[Row]) -> None:
        """Put the rows in the file."""
        there = {
            "kind": "gpu-check",
            "device": torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu",
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "python": platform.python_version(),
            "version": __version__,
            "seconds": round(time.monotonic() - self.start, 1),
            "rows": [{**asdict(row), "verdict": row.verdict} for row in rows],
        }
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(there, indent=1) + "\n")
        part.replace(self.file)


def check(arguments: argparse.Namespace) -> bool:
    """Run all sections that are asked for, print the table, and tell whether all is as it must be."""
    report, rows = Report(arguments.output, device_of(arguments), time.monotonic()), list[Row]()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    if not arguments.data.exists():
        arguments.data.parent.mkdir(parents=True, exist_ok=True)
        prepare("dsprites", output=arguments.data)
    for name in arguments.only or SECTIONS:
        left = LIMIT - (time.monotonic() - report.start)
        if arguments.tiny:
            rows += found_by(name, arguments)
        elif left < 5:
            rows.append(Row("all", note="no time was left", failed=True, section=name))
        else:
            command = [sys.executable, __file__, str(arguments.data), "--section", name, "--rows"]
            rows += in_own_process(name, command, min(left, SECTIONS[name][1]))
        report.write(rows)
        print(f"gpu-check: {name} done after {time.monotonic() - report.start:.0f} s", file=sys.stderr)
    print(table(rows))
    return all(row.verdict in ("", "yes") for row in rows)


def lacking(cuda: str | None) -> str:
    """Return why there is no device, for a torch that is built for some version of CUDA, and what to do."""
    if cuda is None:
        return "this torch is built without CUDA; let `make gpu-check VENV=none` take that of python3, or install one"
    return "torch finds no CUDA device; run it on a machine with an NVIDIA GPU and its driver"


def main(typed: Sequence[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=ROOT / "out" / "data" / "dsprites.h5")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "out" / "gpu-check" / "gpu-check.json")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section; again for more")
    parser.add_argument("--tiny", action="store_true", help="try each section on the CPU, on a tiny data set")
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(typed)
    if not arguments.tiny and not torch.cuda.is_available():
        print(f"gpu-check: {lacking(torch.version.cuda)}", file=sys.stderr)
        return 1
    if arguments.section is None:
        return 0 if check(arguments) else 1
    for row in found_by(arguments.section, arguments):
        append(arguments.rows, row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
