"""How a sweep stands, on stderr: a live display on a terminal, elsewhere or with -v a line a minute."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcvae_cli.cli import messages
from tcvae_cli.text import listed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from tcvae_cli.verbs.sweep_board import Running, Standing

EVERY = 60.0  # seconds between two lines
BAR = 12  # columns
LEAST = 20  # letters of a path, the last of it, before which other columns give way: there the runs of a sweep differ


@contextlib.contextmanager
def display(verbose: bool) -> Iterator["Callable[[Standing], None]"]:
    """Yield what is to be called with how a sweep stands. What is said inside stands above what is shown."""
    lines = Lines()
    if not sys.stderr.isatty():
        yield lines.show
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:  # no thread, as it is forked

        def show(standing: "Standing") -> None:
            live.update(picture(standing, live.console.width), refresh=True)
            if verbose:
                lines.show(standing)

        yield show


@dataclass
class Lines:
    """A line now and then: as soon as the time is known that is left, then every minute."""

    begun: float = field(default_factory=time.monotonic)
    last: float | None = None

    def show(self, standing: "Standing") -> None:
        """Say how it stands, if it is time."""
        now = time.monotonic()
        due = standing.left is not None or now - self.begun > EVERY if self.last is None else now - self.last > EVERY
        if due and standing.running:
            self.last = now
            messages.say(f"{summary(standing)}: {listed([in_words(run) for run in standing.running])}")


def summary(standing: "Standing") -> str:
    """Return in words how many runs are where: "12 of 30 runs finished, 2 at work, about 2 h left"."""
    parts = [f"{standing.finished:,} of {standing.runs:,} runs finished"]
    parts += [f"{standing.failed:,} failed"] * bool(standing.failed)
    parts += [f"{len(standing.running):,} at work"]
    if standing.left is not None:
        parts.append(f"about {duration(standing.left)} left")
    return ", ".join(parts)


def in_words(run: "Running") -> str:
    """Return where a run is: "vae/seed_0 at step 1,200 of 3,000, 45/s, ELBO -80.12"."""
    parts = [f"{run.path} at step {run.step:,} of {run.steps:,}", *cells(run)]
    return ", ".join(part for part in parts if part)


def cells(run: "Running") -> tuple[str, str]:
    """Return the rate and the ELBO of a run, as far as they are known."""
    return "" if run.rate is None else f"{run.rate:,.3g}/s", run.words


def picture(standing: "Standing", width: int) -> "Table":
    """Return a bar for each run at work, below a line about all, in WIDTH columns."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    texts = [("", f"{run.step:,}/{run.steps:,}", *cells(run)) for run in standing.running]
    widths = [BAR, *(max(map(len, column)) for column in list(zip(*texts, strict=True))[1:])]
    shown, room = columns(widths, max((len(run.label or run.path) for run in standing.running), default=0), width)
    grid = Table.grid(padding=(0, 1))
    for _ in range(1 + len(shown)):
        grid.add_column(no_wrap=True)
    for run, (_, *others) in zip(standing.running, texts, strict=True):
        bar = ProgressBar(total=run.steps, completed=run.step, width=BAR)
        row: list[RenderableType] = [bar, *map(Text, others)]
        grid.add_row(Text(last_of(run.label or run.path, room)), *(row[number] for number in shown))
    whole = Table.grid()
    whole.add_row(Text(summary(standing)))
    whole.add_row(grid)
    return whole


def columns(widths: list[int], longest: int, width: int) -> tuple[list[int], int]:
    """Return which columns have room beside the names of runs, and how many letters are left for these.

    The bar gives way first, then the rate, then the steps, and what a run does never.
    """
    shown = list(range(len(widths)))
    for first in (0, 2, 1):
        if width - sum(widths[number] + 1 for number in shown) >= min(longest, LEAST) or not widths:
            break
        shown.remove(first)
    return shown, max(2, width - sum(widths[number] + 1 for number in shown))


def last_of(text: str, most: int) -> str:
    """Return a text in at most MOST letters, the last of it."""
    return text if len(text) <= most else f"…{text[1 - most :]}"


def duration(seconds: float) -> str:
    """Say a duration to about two digits: 45 s, 12 min, 1 h 40 min, 3 days 4 h."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60) if seconds < 3600 else round(seconds / 600) * 10
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = (minutes // 60, minutes % 60) if minutes < 24 * 60 else (round(minutes / 60), 0)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = [f"{days} days"] * bool(days) + [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts)
