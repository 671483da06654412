"""Command lines that are killed at a moment of our choosing."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")


class Launcher:
    """A process that starts others quickly: see launcher.py."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def run(self, folder: Path, command: str, signals: tuple[tuple[float, int], ...] = ()) -> tuple[int, str, float]:
        """Status, errors and seconds of `tcvae COMMAND`, which gets each of SIGNALS so many seconds after its start."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        errors = folder / "errors"
        request = {"folder": str(folder), "command": command.split(), "errors": str(errors)}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        child, started = int(self.process.stdout.readline()), time.monotonic()
        for moment, number in signals:
            time.sleep(max(0.0, started + moment - time.monotonic()))
            try:
                os.kill(child, number)
            except ProcessLookupError:
                break
        status = int(self.process.stdout.readline())
        return status, errors.read_text(), time.monotonic() - started

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.communicate()
