"""`tcvae show`: say what a file of ours is and how it was made."""

from typing import Annotated

import typer

from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError, printable


def show(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A data set, a run, codes, a traversal or a log; - is standard input."),
    ] = "-",
    contact_sheet: Annotated[
        str | None, typer.Option(metavar="SHEET.png", help="File to draw a labelled sample of a data set's images in.")
    ] = None,
) -> None:
    """Say what a file is and how it was made.

    tcvae show dsprites.h5

    tcvae encode run.safetensors | tcvae show -

    tcvae show dsprites.h5 --contact-sheet sheet.png
    """
    if contact_sheet == "-":
        raise UsageError("--contact-sheet", "stdout is taken by the text", "name a file")
    from tcvae_cli.verbs.show import describe

    facts = describe(file, contact_sheet=contact_sheet, progress=progress)
    width = max(len(fact.name) for fact in facts)
    for fact in facts:  # a name in a file may hold anything, such as a terminal's commands
        print(printable(f"{fact.name:<{width}}  {fact.value}"))
