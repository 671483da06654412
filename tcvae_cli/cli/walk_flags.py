"""Flags of the verbs that draw walks, and how far a walk goes as it is typed."""

from typing import Annotated

import typer

from tcvae_cli.errors import UsageError

Extent = Annotated[
    str,
    typer.Option(
        "--range", metavar="R", help="Walk from -R to R, or from LOW to HIGH if two numbers are given as LOW,HIGH."
    ),
]


def extent_of(text: str) -> tuple[float, float]:
    """Return the ends of a walk as typed: R for (-R, R), or LOW,HIGH. UsageError if it is neither."""
    try:
        ends = [float(part) for part in text.split(",")]
    except ValueError:
        ends = []
    if not 1 <= len(ends) <= 2:
        raise UsageError("--range", f"is {text}", "give a number above 0, or LOW,HIGH")
    return (-ends[0], ends[0]) if len(ends) == 1 else (ends[0], ends[1])
