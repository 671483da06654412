"""Timing in pairs: ours and the textbook's in turn, so that a machine that drifts drifts for both."""

import os
import resource
import statistics
import subprocess
import sys
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
        """A row of a Markdown table."""
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
    """Three figures."""
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:,.0f}"


def ratio(median: float, ends: tuple[float, float]) -> str:
    """A ratio with the least and the largest of the pairs."""
    return f"{median:.3g} ({ends[0]:.3g} to {ends[1]:.3g})"


def seconds(work: Callable[[], object]) -> float:
    """Of one call, by the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak() -> float:
    """GB that this process has used at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def paired(what: str, ours: Callable[[], object], textbook: Callable[[], object], pairs: int, limit: float) -> Row:
    """Both in turn, after one of each that does not count."""
    ours()
    textbook()
    times = [(seconds(ours), seconds(textbook)) for _ in range(pairs)]
    mine, theirs = (sorted(column) for column in zip(*times, strict=True))
    ratios = sorted(other / own for own, other in times)
    return Row(
        what,
        statistics.median(mine),
        (mine[0], mine[-1]),
        statistics.median(theirs),
        statistics.median(ratios),
        (ratios[0], ratios[-1]),
        limit,
    )


def command(what: str, arguments: list[str], runs: int) -> Row:
    """A whole `tcvae` process, its output thrown away."""
    times, peak = [], 0.0
    for _ in range(runs):
        start = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", "tcvae_cli", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert child.stderr is not None
        with child.stderr:
            said = child.stderr.read().decode()
        usage = wait(child)
        times.append(time.perf_counter() - start)
        if child.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {said}")
        peak = max(peak, usage.ru_maxrss / 1e6)
    return Row(what, statistics.median(times), (min(times), max(times)), memory=peak)


def wait(child: "subprocess.Popen[bytes]") -> resource.struct_rusage:
    """The child's own account of what it used. Its peak counts from the fork: start it while this process is small."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage
