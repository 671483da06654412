"""`tcvae plot information`: draw what each latent tells of each factor."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli import figures
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.flags import check_pipe
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure_command
def information(
    to: Target,
    results: Annotated[
        list[str] | None,
        typer.Argument(metavar="RESULTS", help="Result lines of tcvae mig, or codes; - is standard input."),
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to measure codes by. \\[default: the classes in the codes]"),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Factor to measure codes by; repeat the flag for several. \\[default: the data set's own choice]",
        ),
    ] = None,
) -> None:
    """Draw how much each latent tells of each factor, as a heat map, of one run or several.

    tcvae mig codes.safetensors | tcvae plot information -o information.png

    tcvae plot information codes.safetensors -o information.pdf

    The MIG of codes is measured as tcvae mig does without flags. Latents stand in the order of the factors that they
    tell most of; unused ones are left out. Shares of 0.05 and more are printed, and the largest of a factor is framed.
    """
    paths = results or ["-"]
    if "-" in paths and sys.stdin.isatty():
        raise UsageError("stdin", "is a terminal", "name a file of results or codes, or pipe one in")
    check_pipe("--factors", factors, paths, "the codes")

    def make() -> "Figure":
        from tcvae_cli.verbs.mig_lines import mig_lines

        return figures.information(mig_lines(paths, factors=factors, factor=factor, progress=progress, note=say_note))

    write_figure(to, make)
