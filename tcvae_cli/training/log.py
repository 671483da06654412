"""The log of a training, JSON lines that a resumed one goes on with."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from typing import IO

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import is_plain, write_bytes, writing


@contextlib.contextmanager
def log_file(path: str | None, step: int) -> Iterator[IO[str] | None]:
    """Open the log, if there is one. On resuming it keeps the lines of the steps done; later ones are made again."""
    if path is None:
        yield None
        return
    shared = is_plain(path)  # a terminal or a pipe may be the log of many
    with writing(path):
        if not shared:
            check_free(path)
            kept = [line for line in lines_of(path) if step_of(line) <= step] if step else []
            write_bytes(path, "".join(kept).encode())  # a crash leaves the old lines or these
        stream = open(path, "a")  # noqa: SIM115 (closed below; whole lines, whoever else writes here)
    with writing(path), stream:  # closing writes again what a full disk has refused
        if not shared:
            lock(stream.fileno(), path)
        yield stream


def check_free(path: str) -> None:
    """Refuse a log that another training writes: it would go on in a file that has lost its name."""
    if os.path.isfile(path):
        with open(path, "rb") as stream:
            lock(stream.fileno(), path)


def lock(handle: int, path: str) -> None:
    """Lock a log for as long as it is open. TcvaeError if another training has; nothing without locks to be had."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TcvaeError(path, "is the log of another training that runs", "give each its own {log}") from None
    except OSError:
        return


def lines_of(path: str) -> list[str]:
    """Return the lines of a log made before, if there is one."""
    if not os.path.isfile(path):
        return []
    with open(path, errors="replace") as stream:
        return stream.readlines()


def step_of(line: str) -> float:
    """Return the step of a line of the log; infinity for what is no such line, as one that was cut short."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return float("inf")
