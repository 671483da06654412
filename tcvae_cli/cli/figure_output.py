"""What all kinds of `tcvae plot` share: where the figure goes, and how it looks."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tcvae_cli.files.streams import check_output, write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tcvae_cli.figures.looks import Look


class Style(StrEnum):
    """What a figure is for."""

    PAPER = "paper"
    SLIDE = "slide"
    DARK = "dark"


Output = Annotated[
    str,
    typer.Option(
        "-o", "--output", metavar="FILE", help="The .png, .pdf or .svg file to write; - is a PNG on standard output."
    ),
]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="Heading above the figure.")]
Width = Annotated[
    float | None,
    typer.Option(metavar="INCHES", help="Width of the figure. \\[default: as wide as it needs; slide, dark: 13.33]"),
]
OfStyle = Annotated[
    Style, typer.Option("--style", help="Small letters for a paper; large ones for a slide, or on dark.")
]


@dataclass(frozen=True)
class Target:
    """Where a figure goes, and its look."""

    output: str
    look: "Look"


def figure_command(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags that all figures have, in place of the Target that it takes as its first argument."""

    def with_flags(
        output: Output = "-",
        title: Title = None,
        width: Width = None,
        style: OfStyle = Style.PAPER,
        **others: Any,
    ) -> None:
        from tcvae_cli.figures.looks import look_of

        command(Target(output, look_of(style, width, title)), **others)

    _, *own = inspect.signature(command).parameters.values()
    *shared, _ = inspect.signature(with_flags).parameters.values()
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared)]
    named: Any = functools.wraps(command)(with_flags)
    del named.__wrapped__  # whose signature has the target
    named.__annotations__ = {one.name: one.annotation for one in parameters}
    named.__signature__ = inspect.Signature(parameters)
    return cast("Callable[..., None]", named)


def write_figure(to: Target, make: "Callable[[], Figure]") -> None:
    """Write the figure that MAKE reads and makes, in the format that the name of the output ends in."""
    from tcvae_cli.figures.style import check_extension, figure_bytes

    check_output(to.output)
    extension = "png" if to.output == "-" else Path(to.output).suffix.removeprefix(".")
    check_extension(extension)
    forget_other_styles()
    write_bytes(to.output, figure_bytes(make, extension, to.look))


def forget_other_styles() -> None:
    """Let matplotlib know of no style, window and date but those that figures have themselves."""
    for variable in ("MATPLOTLIBRC", "MPLBACKEND", "SOURCE_DATE_EPOCH"):
        os.environ.pop(variable, None)
