"""What several verbs share on the command line: progress on stderr and results on stdout."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from tcvae_cli.errors import UsageError, printable

if TYPE_CHECKING:
    import torch


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    TSV = "tsv"


class Device(StrEnum):
    """Where the arithmetic runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def typed(context: typer.Context, name: str) -> bool:
    """Whether the flag was typed rather than left to its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@contextlib.contextmanager
def progress(label: str, total: int | None, note: str = "") -> Iterator[Callable[..., None]]:
    """A bar with rate and ETA on stderr if that is a terminal, else nothing.

    Yields `advance(count, note="")`, where NOTE is a few words shown beside the bar.
    """
    if not sys.stderr.isatty():
        yield lambda count, note="": None
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


def say(line: str) -> None:
    """One line for the person at the keyboard, on stderr."""
    print(printable(line), file=sys.stderr, flush=True)


def print_result(record: dict[str, object], chosen: Format | None, table: Callable[[], object]) -> None:
    """A result on stdout: a rich table if it is a terminal, else one JSON object on one line, or as CHOSEN."""
    print_results([record], chosen, table)


def print_results(records: list[dict[str, object]], chosen: Format | None, table: Callable[[], object]) -> None:
    """Results with the same keys on stdout: one table, or a line of JSON or of tab-separated values each."""
    from tcvae_cli.files.provenance import printable_json

    if chosen is None:
        chosen = Format.TABLE if sys.stdout.isatty() else Format.JSON
    if chosen is Format.JSON:
        for record in records:
            print(printable_json(record))
    elif chosen is Format.TSV:
        print("\t".join(records[0]))
        for record in records:
            print("\t".join(printable(v) if isinstance(v, str) else printable_json(v) for v in record.values()))
    else:
        from rich.console import Console
        from rich.text import Text

        class PlainConsole(Console):
            """Prints words as they are: in those of a file, brackets are brackets, and nothing commands a terminal."""

            def render_str(self, text: str, **style: Any) -> Text:
                return super().render_str("\n".join(map(printable, text.split("\n"))), **style)

        width = None if sys.stdout.isatty() else 100
        PlainConsole(width=width, markup=False, emoji=False, highlight=False).print(table())
    sys.stdout.flush()


def memory_budget(text: str | None = None) -> int:
    """Bytes for images: as typed (500M, 4G), else half of what is free. UsageError if it is no size."""
    if text is None:
        return free_memory() // 2
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    digits, unit = text[:-1], text[-1:].upper()
    if unit not in units or not digits.isdecimal() or int(digits) == 0:
        raise UsageError("--memory", f"is {text!r}", "give a size such as 500M or 4G")
    return int(digits) * units[unit]


def free_memory() -> int:
    """Bytes that the system says are available; half of all where it does not say."""
    import os

    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def start_torch(device: str) -> "torch.device":
    """Import torch, set TCVAE_THREADS, and choose the device: TCVAE_DEVICE is the default for `auto`."""
    import gc
    import os

    loaded = "torch" in sys.modules
    import torch

    # It stays. Python would look through all of it for cycles as it ends, which takes longer than a small command. What
    # comes later is looked through as ever: HDF5, which tidies up after Python, needs its own to be gone by then.
    if not loaded:
        gc.freeze()
    from tcvae_cli.training.precision import choose_device, keep_freed_memory

    threads = os.environ.get("TCVAE_THREADS")
    if threads:
        if not threads.isdecimal() or not 1 <= int(threads) <= 1024:
            raise UsageError("TCVAE_THREADS", f"is {threads!r}", "set it to a whole number from 1 to 1024")
        torch.set_num_threads(int(threads))
    if device == Device.AUTO:
        device = os.environ.get("TCVAE_DEVICE", device)
        if device not in set(Device):
            raise UsageError("TCVAE_DEVICE", f"is {device!r}", "set it to auto, cpu or cuda")
    keep_freed_memory()
    return choose_device(device)
