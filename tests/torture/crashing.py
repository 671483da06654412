"""Command lines that are killed at a moment of our choosing."""

import os
import time
from pathlib import Path

from helpers.warm import Server


def run(
    server: Server, folder: Path, command: str, signals: tuple[tuple[float, int], ...] = ()
) -> tuple[int, str, float]:
    """Return status, errors and seconds of `tcvae COMMAND`; it gets each of SIGNALS some seconds after its start."""
    with (folder / "errors").open("wb") as errors:
        process = server.start(command, folder, errors)
    started = time.monotonic()
    for moment, number in signals:
        time.sleep(max(0.0, started + moment - time.monotonic()))
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            break
    status = process.wait()
    return status, (folder / "errors").read_text(), time.monotonic() - started
