"""The progress bar on stderr."""

import contextlib
import sys
from collections.abc import Iterator

from tcvae_cli.interrupts import heed
from tcvae_cli.progress import Advance


@contextlib.contextmanager
def progress(label: str, total: int | None, *, unit: str = "", note: str = "") -> Iterator[Advance]:
    """Show a bar with rate and ETA on stderr if that is a terminal, else nothing.

    UNIT "bytes" shows sizes as 3.1/28.0 MB. Yields `advance(count, note="")`, NOTE being a few words beside the bar. It
    heeds signals.
    """
    if not sys.stderr.isatty():
        yield lambda count, note="": heed()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    counted: tuple[ProgressColumn, ...] = (MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        *((DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else counted),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, note=note, rate="")

        def advance(count: int, note: str = "") -> None:
            speed = bar.tasks[0].speed
            heed()
            bar.update(task, advance=count, note=note, rate=f"{speed:,.4g}/s" if speed else "")

        yield advance
