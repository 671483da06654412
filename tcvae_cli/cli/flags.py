"""Flags that several verbs share, and what was typed for them."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from tcvae_cli.errors import UsageError
from tcvae_cli.machine import start_torch


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    TSV = "tsv"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"


class Device(StrEnum):
    """Where the arithmetic runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


Active = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.999999,
        metavar="SHARE",
        help="Share of variance above which a latent is active. It is the variance of its mean, as a share of its "
        "aggregated variance.",
    ),
]
Latents = Annotated[
    list[str] | None,
    typer.Option("--latent", metavar="Z", help="Latent to draw, such as z6; repeat the flag for several."),
]
Where = Annotated[Device, typer.Option(help="Where to compute. In auto it is a CUDA device if there is one.")]
FactorBins = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=1_000_000,
        metavar="N",
        help="Cut factors of more than N classes into N bins. Each has equally many images; it is for factors of real "
        "values.",
    ),
]
ResultFormat = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How to print the result. In tsv, csv, markdown and latex a row has one number. \\[default: table on a "
        "terminal, else json]",
    ),
]


def typed(context: typer.Context, name: str) -> bool:
    """Tell whether a flag was typed rather than left to its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def start_while_waiting(paths: Sequence[str], device: str) -> None:
    """Load torch and start the DEVICE if one of the PATHS is a pipe, from which codes come once encode has started."""
    if "-" in paths and not sys.stdin.isatty():
        place = start_torch(device)
        if place.type == "cuda":
            import torch

            torch.empty(1, device=place)


def check_pipe(flag: str, path: str | None, others: Sequence[str], what: str) -> None:
    """Refuse standard input as the PATH of a FLAG if one of the OTHERS, which give WHAT, is standard input too."""
    if path == "-" and path in others:
        raise UsageError(flag, f"stdin already gives {what}", "name a file for one of the two")
