"""What all lanes of pytest-xdist share, made by the first that needs it."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder NAME, which MAKE has filled; it is to be read only, as other lanes read it too."""
    in_lanes = "PYTEST_XDIST_WORKER" in os.environ  # each has a folder of its own in that of all
    above = factory.getbasetemp().parent if in_lanes else factory.getbasetemp()
    with (above / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (above / name).exists():
            part = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=above))
            make(part)
            part.rename(above / name)
    return above / name
