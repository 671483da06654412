"""`tcvae show`: say what a file of ours is and how it was made."""

import csv
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer

from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError, printable
from tcvae_cli.machine import start_torch


class ShowFormat(StrEnum):
    """How what a file says is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    CARD = "card"


def show(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A data set, a run, codes, a traversal or a log; - is standard input."),
    ] = "-",
    contact_sheet: Annotated[
        str | None, typer.Option(metavar="SHEET.png", help="File to draw a labelled sample of a data set's images in.")
    ] = None,
    format: Annotated[  # noqa: A002 (the name of the flag)
        ShowFormat,
        typer.Option(
            help="Lines to read, one JSON object, or rows: of a log its lines, else a value each. A card is the README "
            "of a run, in Markdown, for a hub of models; it has the numbers that lie beside the run, as "
            "tcvae mig CODES > mig.json and tcvae estimate-tc CODES > estimate-tc.json write them."
        ),
    ] = ShowFormat.TEXT,
) -> None:
    """Say what a file is and how it was made.

    tcvae show dsprites.h5

    tcvae encode run.safetensors | tcvae show -

    tcvae show log.jsonl --format csv

    tcvae show dsprites.h5 --contact-sheet sheet.png

    tcvae show run.safetensors --format card > README.md
    """
    if contact_sheet == "-":
        raise UsageError("--contact-sheet", "stdout is taken by the text", "name a file")
    if format is ShowFormat.CARD:
        if contact_sheet is not None:
            raise UsageError("--contact-sheet", "is of a data set, and a card is of a run", "leave it out")
        start_torch("cpu")
        from tcvae_cli.verbs.card import model_card

        print(model_card(file), end="")
        return
    from tcvae_cli.verbs.show import describe

    found = describe(file, contact_sheet=contact_sheet, progress=progress)
    if format is ShowFormat.JSON:
        from tcvae_cli.files.provenance import printable_json

        print(printable_json(found.record()))
    elif format is ShowFormat.CSV:
        print_csv(found.rows())
    else:
        width = max(len(fact.name) for fact in found.facts)
        for fact in found.facts:  # a name in a file may hold anything, such as a terminal's commands
            print(printable(f"{fact.name:<{width}}  {fact.value}"))


def print_csv(rows: Iterable[tuple[Any, ...]]) -> None:
    """Print rows separated by commas: numbers in full, words without what a terminal would obey, nothing for null."""
    from tcvae_cli.files.provenance import canonical_json

    def cell(value: Any) -> str:
        """Return a value as it stands between commas."""
        return "" if value is None else printable(value) if isinstance(value, str) else canonical_json(value)

    csv.writer(sys.stdout, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
