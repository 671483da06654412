"""`tcvae plot latents`: draw codes as the paper's latent-against-factor plot."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.completion import factors_known
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.flags import Active, Latents, check_pipe
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure_command
def latents(
    to: Target,
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to take the factor classes from. \\[default: those in CODES]"),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=factors_known,
            help="Factor to draw; repeat the flag for several. \\[default: the data set's own choice]",
        ),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option(
            metavar="RESULTS", help="Result lines whose MIG and scores of the CODES are written into the titles."
        ),
    ] = None,
    latent: Latents = None,
    active: Active = ACTIVE_SHARE,
) -> None:
    """Draw the mean of each latent in use against the factors, of one run or several: the largest mean KL first.

    tcvae plot latents codes.safetensors -o latents.pdf

    tcvae mig codes.safetensors > mig.json; tcvae plot latents codes.safetensors --scores mig.json -o latents.png

    tcvae plot latents codes.safetensors --factor shape --factor scale --latent z2 --latent z6 -o two.png

    Each mean is the average over all other factors. On dSprites position is a map, and scale and orientation have one
    line per shape. Factors whose classes have names are dots: the codes do not hold these names, so give --factors.
    """
    paths = codes or ["-"]
    check_pipe("--factors", factors, paths, "the codes")

    def make() -> "Figure":
        start_torch("cpu")
        from tcvae_cli.figures.plots.latents import latents as figure
        from tcvae_cli.verbs.portraits import portraits

        return figure(
            portraits(
                paths,
                factors=factors,
                factor=factor,
                scores=scores,
                latent=latent,
                active=active,
                progress=progress,
                note=say_note,
            )
        )

    write_figure(to, make)
