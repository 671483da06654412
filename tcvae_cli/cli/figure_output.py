"""What all kinds of `tcvae plot` share: where the figure goes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.files.streams import check_output, write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Output = Annotated[
    str,
    typer.Option(
        "-o", "--output", metavar="FILE", help="The .png, .pdf or .svg file to write; - is a PNG on standard output."
    ),
]


def write_figure(output: str, make: "Callable[[], Figure]") -> None:
    """Write the figure that MAKE reads and makes, in the format that OUTPUT's name ends in."""
    from tcvae_cli.figures.style import check_extension, figure_bytes

    check_output(output)
    extension = "png" if output == "-" else Path(output).suffix.removeprefix(".")
    check_extension(extension)
    for variable in ("MATPLOTLIBRC", "MPLBACKEND", "SOURCE_DATE_EPOCH"):
        os.environ.pop(variable, None)  # a style, a window and a date: figures have their own or none
    write_bytes(output, figure_bytes(make, extension))
