"""Waiting for what other processes do: for as long as they may take on a busy machine."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 300  # seconds


def until(happened: Callable[[], object]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_steps(log: Path) -> bool:
    """Tell whether a training has logged its first steps."""
    return log.exists() and log.read_text().count("\n") > 1
