"""Flags that several verbs share, and what was typed for them."""

from enum import StrEnum
from typing import Annotated

import typer


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


ResultFormat = Annotated[Format | None, typer.Option("--format", help="\\[default: table on a terminal, else json]")]


def typed(context: typer.Context, name: str) -> bool:
    """Tell whether a flag was typed rather than left to its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
