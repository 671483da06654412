"""The progress bar on stderr."""

import contextlib
import sys
from collections.abc import Iterator

from tcvae_cli.progress import Advance, silent


@contextlib.contextmanager
def progress(label: str, total: int | None, note: str = "") -> Iterator[Advance]:
    """Show a bar with rate and ETA on stderr if that is a terminal, else nothing.

    Yields `advance(count, note="")`, where NOTE is a few words shown beside the bar.
    """
    if not sys.stderr.isatty():
        with silent(label, total) as advance:
            yield advance
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, note=note, rate="")

        def advance(count: int, note: str = "") -> None:
            speed = bar.tasks[0].speed
            bar.update(task, advance=count, note=note, rate=f"{speed:,.4g}/s" if speed else "")

        yield advance
