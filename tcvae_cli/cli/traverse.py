"""`tcvae traverse`: draw what each latent of a run does."""

from pathlib import Path
from typing import Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.figure_output import Style, forget_other_styles
from tcvae_cli.cli.flags import Active, Device, Latents, Where
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.walk_flags import Extent, extent_of
from tcvae_cli.files.streams import check_output, write_bytes
from tcvae_cli.machine import start_torch


def traverse(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    image: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            metavar="ROW",
            help="Row of the image to start from, 0 being the first; repeat the flag for several. "
            "\\[default: the prior mean]",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set of --image and of the factors. \\[default: the run's]"),
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
            help="The .png, .pdf, .svg, .gif, .webp or .safetensors file to write; - is a PNG on standard output.",
        ),
    ] = "-",
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title in place of the run's settings.")] = None,
    width: Annotated[
        float | None,
        typer.Option(
            metavar="INCHES", help="Width of the picture. \\[default: as its images need; slide, dark: 13.33]"
        ),
    ] = None,
    style: Annotated[
        Style | None,
        typer.Option("--style", help="White for a paper, as wide as a slide, or that on dark. \\[default: pale grey]"),
    ] = None,
) -> None:
    """Draw the decoder's images as each latent walks from -R to R, the most informative latent first.

    tcvae traverse run.safetensors -o traverse.png

    tcvae traverse run.safetensors --image 3 --image 700 --range 3 -o traverse.gif

    Latents are named by the factor that each tells most of, by the mutual information over 5,000 images of the data
    set. Unused ones are folded into one line, unless --latent names some or is all. GIF and WebP move. PDF and SVG need
    matplotlib.
    """
    check_output(output)
    extension = ".png" if output == "-" or not Path(output).suffix else Path(output).suffix.lower()
    from tcvae_cli.figures.looks import sheet_look
    from tcvae_cli.files.walks import check_extension

    check_extension(extension)
    forget_other_styles()
    look = sheet_look(style, width, title)
    ends = extent_of(extent)
    start_torch(device)
    from tcvae_cli.verbs.walk import walk, walk_bytes

    found = walk(
        run,
        latent=latent,
        extent=ends,
        frames=frames,
        image=image[0] if image and len(image) == 1 else image or None,
        data=data,
        device=device,
        active=active,
        progress=progress,
        note=say_note,
    )
    write_bytes(output, walk_bytes(found, extension, look))
