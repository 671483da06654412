"""Timing in pairs: ours and the textbook's in turn, so that a machine that drifts drifts for both."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. Seconds are medians of wall time; the limit is what the hardware needs at the least."""

    what: str
    ours: float
    spread: tuple[float, float]
    textbook: float | None = None
    ratio: float | None = None
    ratios: tuple[float, float] | None = None
    limit: float | None = None
    memory: float | None = None  # GB, of a whole process

    def line(self) -> str:
        """Return a row of a Markdown table."""
        columns = [
            self.what,
            f"{number(self.ours)} ({number(self.spread[0])} to {number(self.spread[1])})",
            "" if self.textbook is None else number(self.textbook),
            "" if self.ratio is None or self.ratios is None else ratio(self.ratio, self.ratios),
            "" if self.limit is None else f"{self.limit / self.ours:.0%}",
            "" if self.memory is None else f"{self.memory:.2f}",
        ]
        return f"| {' | '.join(columns)} |"


HEAD = """\
| what | ours, s (least to most) | textbook, s | times as fast | of the limit | peak GB |
|---|---:|---:|---:|---:|---:|"""


def number(seconds: float) -> str:
    """Write a number with three figures."""
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:,.0f}"


def ratio(median: float, ends: tuple[float, float]) -> str:
    """Write a ratio with the least and the largest of the pairs."""
    return f"{median:.3g} ({ends[0]:.3g} to {ends[1]:.3g})"


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of one call, by the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(
    what: str,
    ours: Callable[[], object],
    textbook: Callable[[], object],
    pairs: int,
    limit: Callable[[], float] | None = None,
) -> Row:
    """Run both in turn, after one of each that does not count.

    LIMIT is measured before and after, and the shorter counts.
    """
    ours()
    textbook()
    before = limit() if limit else None
    times = [(seconds(ours), seconds(textbook)) for _ in range(pairs)]
    least = min(before, limit()) if limit and before else None
    mine, theirs = (sorted(column) for column in zip(*times, strict=True))
    ratios = sorted(other / own for own, other in times)
    return Row(
        what,
        statistics.median(mine),
        (mine[0], mine[-1]),
        statistics.median(theirs),
        statistics.median(ratios),
        (ratios[0], ratios[-1]),
        least,
    )


def command(what: str, arguments: list[str], runs: int) -> Row:
    """Run a whole `tcvae` process, its output thrown away."""
    measured = [process(["-m", "tcvae_cli", *arguments]) for _ in range(runs)]
    times = [one.seconds for one in measured]
    return Row(what, statistics.median(times), (min(times), max(times)), memory=max(one.memory for one in measured))


@dataclass(frozen=True)
class Process:
    """What a whole process took, and what it printed."""

    seconds: float
    memory: float  # GB at most
    said: str


def process(arguments: list[str]) -> Process:
    """Run a Python process that must succeed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([sys.executable, *arguments], stdout=out, stderr=errors)
        usage = wait(child)
        took = time.perf_counter() - start
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {errors.read().decode()}")
        return Process(took, usage.ru_maxrss / 1e6, out.read(1000).decode(errors="replace"))


def wait(child: "subprocess.Popen[bytes]") -> resource.struct_rusage:
    """Return the child's own account of what it used.

    Its peak counts from the fork: start it while this process is small.
    """
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage
