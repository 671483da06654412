"""The log of a training, JSON lines that a resumed one goes on with."""

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator
from typing import IO, Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.headers import LogHeader
from tcvae_cli.files.locks import lock
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.files.streams import is_plain, write_bytes, writing

Write = Callable[[dict[str, Any]], None]  # one line of the log


@contextlib.contextmanager
def log_file(path: str | None, header: LogHeader, step: int) -> Iterator[Write]:
    """Open the log, if there is one, and yield the function that writes a line.

    It begins with the HEADER. On resuming at STEP it keeps the lines of the steps done; later ones are made again.
    """
    if path is None:
        yield lambda record: None
        return
    shared = is_plain(path)  # a terminal or a pipe may be the log of many
    first = canonical_json(header.record()) + "\n"
    with writing(path):
        if not shared:
            check_free(path)
            kept = [line for line in lines_of(path) if step_of(line) <= step] if step else []
            write_bytes(path, "".join([first, *kept]).encode())  # a crash leaves the old lines or these
        stream = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 (closed below; whole lines, whoever else writes here)
    with writing(path), stream:  # closing writes again what a full disk has refused
        if shared:
            stream.write(first)
        else:
            keep(stream.fileno(), path)
        yield lambda record: write_line(stream, path, record)


def write_line(stream: IO[str], path: str, record: dict[str, Any]) -> None:
    """Write a line, unless a number in it is not finite, which JSON does not have."""
    if not all(math.isfinite(number) for number in record.values() if isinstance(number, float)):
        return
    with writing(path):
        stream.write(canonical_json(record) + "\n")
        stream.flush()


def check_free(path: str) -> None:
    """Refuse a log that another training writes: it would go on in a file that has lost its name."""
    if os.path.isfile(path):
        with open(path, "rb") as stream:
            keep(stream.fileno(), path)


def keep(handle: int, path: str) -> None:
    """Lock a log for as long as it is open. TcvaeError if another training has; nothing without locks to be had."""
    with contextlib.suppress(OSError):
        if not lock(handle):
            raise TcvaeError(path, "is the log of another training that runs", "give each its own {log}")


def lines_of(path: str) -> list[str]:
    """Return the lines of a log made before, if there is one."""
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", errors="replace", newline="\n") as stream:
        return stream.readlines()


def step_of(line: str) -> float:
    """Return the step of a line of the log; infinity for a header and for what was cut short."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return float("inf")
