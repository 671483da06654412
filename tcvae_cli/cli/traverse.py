"""`tcvae traverse`: draw what each latent of a run does."""

from pathlib import Path
from typing import Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.flags import Active, Device, Latents, Where
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.walk_flags import Extent, extent_of
from tcvae_cli.files.streams import check_output, write_bytes
from tcvae_cli.machine import start_torch


def traverse(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    image: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="ROW", help="Row of the image to start from, 0 being the first. \\[default: the prior mean]"
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Data set to take --image from. \\[default: the run's]")
    ] = None,
    latent: Latents = None,
    extent: Extent = "2",
    frames: Annotated[int, typer.Option(min=2, max=100, help="Number of images per walk.")] = 11,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The .png, .gif or .safetensors file to write; - is a PNG on standard output.",
        ),
    ] = "-",
) -> None:
    """Draw the decoder's images as each latent walks from -R to R, the most informative latent first.

    tcvae traverse run.safetensors -o traverse.png

    tcvae traverse run.safetensors --image 12345 --range 3 -o traverse.gif

    Labels of inactive latents are pale. A checkpoint does not say which those are.
    """
    check_output(output)
    extension = ".png" if output == "-" or not Path(output).suffix else Path(output).suffix.lower()
    from tcvae_cli.files.walks import check_extension

    check_extension(extension)
    ends = extent_of(extent)
    start_torch(device)
    from tcvae_cli.verbs.walk import walk, walk_bytes

    found = walk(
        run,
        latent=latent,
        extent=ends,
        frames=frames,
        image=image,
        data=data,
        device=device,
        active=active,
        progress=progress,
    )
    write_bytes(output, walk_bytes(found, extension))
