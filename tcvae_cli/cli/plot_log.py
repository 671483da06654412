"""`tcvae plot log`: draw how trainings went, or go."""

import functools
import os
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from tcvae_cli import figures
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.messages import say
from tcvae_cli.errors import UsageError
from tcvae_cli.interrupts import heed

PAUSE = 1.0  # seconds between two looks at logs that grow


@figure_command
def log(
    to: Target,
    logs: Annotated[list[str] | None, typer.Argument(metavar="LOG", help="Logs made by tcvae train --log.")] = None,
    term: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Term to draw, such as elbo or exact.mig; may be repeated. [default: all]"),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Draw again whenever a log grows, until its training has ended.")
    ] = False,
) -> None:
    """Draw the ELBO and its terms against steps, from the logs of trainings: one line for each.

    tcvae plot log log.jsonl -o log.png

    tcvae plot log beta-4.jsonl beta-6.jsonl --term elbo --term kl --follow -o log.svg

    Names that begin with minibatch are estimates from the minibatch, which are far from the exact ones. What the first
    tenth of the steps has beyond the rest is cut off.
    """
    from tcvae_cli.files.logs import log_so_far, read_log

    if follow and (to.output == "-" or not logs or "-" in logs):
        raise UsageError("--follow", "looks again and again", "name the files of the logs, and the -o to draw in")
    waits = follow
    while True:
        before = versions_of(logs or [])
        if follow:
            found = [one for path in logs or [] if (one := log_so_far(path)) is not None]
        else:
            found = [read_log(path) for path in logs or ["-"]]
        if not follow or any(one.lines for one in found):
            write_figure(to, functools.partial(figures.log, found, term))
        elif waits:
            say("waiting for the first line, which comes after 100 steps")
            waits = False
        if not follow or (len(found) == len(before) and all(one.has_ended for one in found)):
            return
        while before == versions_of(logs or []):
            heed()
            time.sleep(PAUSE)


def versions_of(paths: Sequence[str]) -> list[tuple[int, int] | None]:
    """Return the size and time of each file, which change as it grows or is replaced; None of what is not there."""
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found.append(None)
        else:
            found.append((status.st_size, status.st_mtime_ns))
    return found
