"""`tcvae plot log`: draw how trainings went, or go."""

import functools
import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli import figures
from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.errors import UsageError
from tcvae_cli.interrupts import heed

if TYPE_CHECKING:
    from tcvae_cli.files.logs import Log

PAUSE = 1.0  # seconds between two looks at logs that grow


def log(
    logs: Annotated[list[str] | None, typer.Argument(metavar="LOG", help="Logs made by tcvae train --log.")] = None,
    term: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Term to draw, such as elbo or exact.mig; may be repeated. [default: all]"),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Draw again whenever a log grows, until its training has ended.")
    ] = False,
    output: Output = "-",
) -> None:
    """Draw the ELBO and its terms against steps, from the logs of trainings: one line for each.

    tcvae plot log log.jsonl -o log.png

    tcvae plot log beta-4.jsonl beta-6.jsonl --term elbo --term kl --follow -o log.svg

    Names that begin with minibatch are estimates from the minibatch, which are far from the exact ones. What the first
    tenth of the steps has beyond the rest is cut off.
    """
    from tcvae_cli.files.logs import read_log

    if follow and (output == "-" or not logs or "-" in logs):
        raise UsageError("--follow", "looks again and again", "name the files of the logs, and the -o to draw in")
    while True:
        sizes = [os.stat(path).st_size for path in logs or [] if follow and os.path.exists(path)]
        found = [read_log(path) for path in logs or ["-"]]
        if not follow or any(one.lines for one in found):
            write_figure(output, functools.partial(figures.log, found, term))
        if not follow or all(map(has_ended, found)):
            return
        while sizes == [os.stat(path).st_size for path in logs or [] if os.path.exists(path)]:
            heed()
            time.sleep(PAUSE)


def has_ended(log: "Log") -> bool:
    """Tell whether the training has written the last line of its log, as far as the log tells."""
    return log.header is not None and bool(log.steps) and log.steps[-1] >= (log.header.settings.get("steps") or 0)
