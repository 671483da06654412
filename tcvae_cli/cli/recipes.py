"""`tcvae recipes`: write what make needs to reproduce the figures of the paper."""

import shlex
import sys
from typing import Annotated

import typer

from tcvae_cli.cli.messages import say


def recipes(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder to write into, which is made if need be.")],
) -> None:
    """Write the recipes of the paper's figures and a Makefile into a folder, where make runs the installed tcvae.

    tcvae recipes paper

    tcvae recipes paper && make -C paper reproduce-figure3 PROFILE=smoke

    It takes GNU make 4.2 or newer and bash. A file that is there and differs is not overwritten.
    """
    from tcvae_cli.verbs.recipes import write_recipes

    written = write_recipes(folder, sys.executable)
    make = f"make -C {shlex.quote(folder)}"
    files = f"{len(written) or 'no'} new file{'s' * (len(written) != 1)}"
    say(f"{folder}: {files}; next: {make} reproduce-figure3, or {make} help")
