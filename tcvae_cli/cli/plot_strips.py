"""`tcvae plot strips`: draw the walks of the matching latents of two runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.flags import Active, Device, Where
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.walk_flags import Extent, extent_of
from tcvae_cli.errors import UsageError
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure_command
def strips(
    to: Target,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The run to compare it with.")],
    image: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="ROW", help="Row of the image to start from, 0 being the first. \\[default: the prior mean]"
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Data set to compare the runs on. \\[default: that of RUN]")
    ] = None,
    mig: Annotated[
        str | None,
        typer.Option(
            metavar="RESULT",
            help="Result of mig of RUN: draw only the latents that tell most of a factor, with its name.",
        ),
    ] = None,
    pairs: Annotated[
        int, typer.Option(min=1, metavar="COUNT", help="Largest number of pairs to draw, the most informative first.")
    ] = 10,
    extent: Extent = "2",
    frames: Annotated[int, typer.Option(min=2, max=21, help="Number of images per strip.")] = 9,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
) -> None:
    """Draw the traversals of two runs, matching latents one below the other.

    tcvae plot strips beta-tcvae.safetensors beta-vae.safetensors -o strips.pdf

    tcvae plot strips beta-tcvae.safetensors beta-vae.safetensors --image 12 --range 0,6 -o strips.png

    Latents are matched one to one by the correlation of their posterior means over 2,000 images, such that the sum of
    absolute correlations is the largest. Where a correlation is negative, OTHER walks backwards. Latents that are not
    active are left out.
    """
    ends = extent_of(extent)
    if run == other == "-":
        raise UsageError("OTHER", "stdin already gives the run", "name a file for one of the two")

    def make() -> "Figure":
        start_torch(device)
        from tcvae_cli.figures.plots.strips import strips as figure
        from tcvae_cli.verbs.match_walks import match_walks

        found = match_walks(
            run,
            other,
            image=image,
            data=data,
            mig=mig,
            pairs=pairs,
            extent=ends,
            frames=frames,
            active=active,
            device=device,
            progress=progress,
        )
        return figure(found)

    write_figure(to, make)
