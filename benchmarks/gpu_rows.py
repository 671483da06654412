"""What `make gpu-check` finds, row by row, and what all its sections work with."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch


@dataclass(frozen=True)
class Row:
    """One number, and what it must be: at MOST or at LEAST so much."""

    what: str
    value: float | None = None
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""
    failed: bool = False  # a section that ended with an error
    section: str = ""

    @property
    def verdict(self) -> str:
        """The verdict in a word, nothing where nothing is asked for."""
        if self.failed:
            return "FAILED"
        if self.value is None or (self.most is None and self.least is None):
            return ""
        enough = self.least is None or self.value >= self.least  # NaN is never enough
        return "yes" if enough and (self.most is None or self.value <= self.most) else "NO"

    @property
    def asked(self) -> str:
        """What it must be, in words."""
        if self.least is not None:
            return f"at least {self.least:g}"
        return "" if self.most is None else f"at most {self.most:g}"

    def columns(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        value = "" if self.value is None else f"{self.value:.4g} {self.unit}".strip()
        return self.section, self.what, value, self.asked, self.verdict, self.note


HEAD = ("section", "what", "found", "must be", "is it", "")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of text."""
    lines = [HEAD, *(row.columns() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def rows_in(file: Path) -> list[Row]:
    """Return the rows that a section has written, without a last one that is torn."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [Row(**json.loads(line)) for line in lines]


def append(file: Path, row: Row) -> None:
    """Write a row at once."""
    with file.open("a") as stream:
        stream.write(json.dumps(asdict(row)) + "\n")


@dataclass(frozen=True)
class Bench:
    """Where a section works, on which data set, and whether only to try that it runs."""

    device: torch.device
    data: str
    folder: Path
    tiny: bool

    def size(self, full: int, tiny: int) -> int:
        """Return a number of something."""
        return tiny if self.tiny else full

    def bound(self, seconds: float | None) -> float | None:
        """Return what may be taken at most: anything where it is only tried."""
        return None if self.tiny else seconds


@dataclass
class Clock:
    """Seconds a step, from the first report of a training to the last: what comes before and after does not count."""

    marks: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, step: int, report: object) -> None:
        """Take the time of a report, for which the training has waited for the device."""
        self.marks.append((step, time.perf_counter()))

    def milliseconds(self) -> float:
        """Return the milliseconds of a step."""
        (first, before), (last, after) = self.marks[0], self.marks[-1]
        return 1e3 * (after - before) / max(1, last - first)


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Return the norm of the difference in parts of the norm."""
    expected = expected.double()
    return float((found.double().to(expected.device) - expected).norm() / expected.norm())


def of_section(name: str, row: Row) -> Row:
    """Return the row of a section."""
    return replace(row, section=name)
