"""`tcvae plot samples`: draw samples, reconstructions and walks of runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.flags import Active, Device, Where
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.walk_flags import Extent, extent_of
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure_command
def samples(
    to: Target,
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs made by tcvae train.")],
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Data set whose images to reconstruct. \\[default: the run's]")
    ] = None,
    extent: Extent = "2",
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the samples and of the choice of images.")] = 0,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
) -> None:
    """Draw samples from the prior, reconstructions, and walks of the 10 most informative latents.

    tcvae plot samples run.safetensors -o samples.pdf

    tcvae plot samples beta-vae.safetensors beta-tcvae.safetensors --range 3 -o samples.png

    The names of latents that are not active are pale.
    """
    ends = extent_of(extent)

    def make() -> "Figure":
        start_torch(device)
        from tcvae_cli.figures.plots.samples import samples as figure
        from tcvae_cli.verbs.sample_run import sample_run

        return figure(
            [
                sample_run(run, data=data, extent=ends, seed=seed, device=device, active=active, progress=progress)
                for run in runs
            ]
        )

    write_figure(to, make)
