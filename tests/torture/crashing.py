"""Command lines that are killed at a moment of our choosing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")

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


def side_by_side(launchers: Sequence[Launcher], case: Callable[[Launcher, int], Result], count: int) -> list[Result]:
    """CASE(launcher, number) of so many numbers, each launcher with one at a time."""
    free: SimpleQueue[Launcher] = SimpleQueue()
    for launcher in launchers:
        free.put(launcher)

    def take(number: int) -> Result:
        launcher = free.get()
        try:
            return case(launcher, number)
        finally:
            free.put(launcher)

    with ThreadPoolExecutor(len(launchers)) as pool:
        return list(pool.map(take, range(count)))
