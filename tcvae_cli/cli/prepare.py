"""`tcvae prepare DATASET`: published files, or nothing, to a data set file. One's own images: prepare_own.py."""

import contextlib
from enum import StrEnum
from typing import Annotated

import typer

from tcvae_cli.cli.data_set import Fetch, Files, From, Output, Side, convert, write
from tcvae_cli.cli.flags import typed
from tcvae_cli.cli.prepare_own import arrays, folder
from tcvae_cli.errors import UsageError


class Variant(StrEnum):
    """Which MPI3D."""

    TOY = "toy"
    REALISTIC = "realistic"
    REAL = "real"


app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def prepare() -> None:
    """Make a data set file (HDF5): rendered offline, from published files, or from your own images.

    tcvae prepare dsprites -o dsprites.h5

    tcvae prepare folder --source photographs/ --size 64 -o photographs.h5
    """


@app.command()
def dsprites(source: From = None, download: Fetch = False, output: Output = "-") -> None:
    """dSprites, 737,280 binary images: rendered here and offline unless the published file is asked for.

    tcvae prepare dsprites -o dsprites.h5

    tcvae prepare dsprites --download -o dsprites.h5
    """
    files = Files("dsprites", source, download)
    if files.asked_for():
        from tcvae_cli.datasets.dsprites.published import open_source

        convert(files, output, lambda paths: open_source(paths[0]))
    else:
        from tcvae_cli.datasets.dsprites.rendering import render

        write(output, "rendering dsprites", lambda: contextlib.nullcontext(render()))


@app.command()
def faces(
    context: typer.Context,
    source: From = None,
    download: Fetch = False,
    identities: Annotated[int, typer.Option(min=1, max=1000, metavar="COUNT", help="Heads (stand-in).")] = 50,
    azimuths: Annotated[int, typer.Option(min=1, max=1000, metavar="COUNT", help="Angles (stand-in).")] = 21,
    elevations: Annotated[int, typer.Option(min=1, max=1000, metavar="COUNT", help="Angles (stand-in).")] = 11,
    lightings: Annotated[int, typer.Option(min=1, max=1000, metavar="COUNT", help="Lights (stand-in).")] = 11,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the heads (stand-in).")] = 0,
    colour: Annotated[bool, typer.Option("--colour", help="Heads in colours instead of grey (stand-in).")] = False,
    output: Output = "-",
) -> None:
    """3D Faces, 127,050 grey images: an open stand-in rendered here, or the authors' basel_face_renders.pth.

    tcvae prepare faces -o faces.h5

    tcvae prepare faces --identities 5 --azimuths 11 -o few.h5
    """
    files = Files("faces", source, download)
    if files.asked_for():
        for name in ("identities", "azimuths", "elevations", "lightings", "seed", "colour"):
            if typed(context, name):
                raise UsageError(f"--{name}", "is of the stand-in only", "leave it out, or --source")
        from tcvae_cli.datasets.faces.stand_in import open_source

        convert(files, output, lambda paths: open_source(paths[0]))
    else:
        from tcvae_cli.datasets.faces.stand_in import Sizes, render

        sizes = Sizes(identities, azimuths, elevations, lightings)
        write(output, "rendering faces", lambda: contextlib.nullcontext(render(sizes, seed, colour)))


@app.command()
def chairs(
    source: From = None,
    download: Fetch = False,
    size: Side = 64,
    colour: Annotated[bool, typer.Option("--colour", help="Keep the colours instead of grey.")] = False,
    output: Output = "-",
) -> None:
    """3D Chairs, 86,366 renderings: rendered_chairs.tar or the folder in it.

    tcvae prepare chairs --source rendered_chairs.tar -o chairs.h5
    """
    from tcvae_cli.datasets.chairs import open_source

    convert(Files("chairs", source, download), output, lambda paths: open_source(paths[0], size, colour))


@app.command()
def celeba(
    source: From = None,
    download: Fetch = False,
    size: Side = 64,
    crop: Annotated[
        int, typer.Option(min=0, max=178, metavar="PIXELS", help="Central square to keep; 0 squashes the whole.")
    ] = 148,
    labels: Annotated[
        str | None, typer.Option(metavar="FILE", help="Attributes as factors: list_attr_celeba.txt.")
    ] = None,
    output: Output = "-",
) -> None:
    """CelebA (aligned), 202,599 photographs: img_align_celeba.zip or its folder.

    tcvae prepare celeba --source img_align_celeba.zip --labels list_attr_celeba.txt -o celeba.h5
    """
    from tcvae_cli.datasets.celeba import open_source
    from tcvae_cli.datasets.decoding import Fit

    fit = Fit(size, "crop" if crop else "squash", colour=True, crop=crop or None)
    convert(Files("celeba", source, download), output, lambda paths: open_source(paths[0], fit, labels))


@app.command()
def shapes3d(source: From = None, download: Fetch = False, output: Output = "-") -> None:
    """3D Shapes, 480,000 colour images: 3dshapes.h5, which every verb also reads as it is.

    tcvae prepare shapes3d --download -o shapes3d.h5
    """
    from tcvae_cli.datasets.shapes3d import open_source

    convert(Files("shapes3d", source, download), output, lambda paths: open_source(paths[0]))


@app.command()
def cars3d(source: From = None, download: Fetch = False, size: Side = 64, output: Output = "-") -> None:
    """Cars3D, 17,568 colour images: nips2015-analogy-data.tar.gz.

    tcvae prepare cars3d --download -o cars3d.h5
    """
    from tcvae_cli.datasets.cars3d import open_source

    convert(Files("cars3d", source, download), output, lambda paths: open_source(paths[0], size))


@app.command()
def smallnorb(source: From = None, download: Fetch = False, size: Side = 64, output: Output = "-") -> None:
    """SmallNORB, 48,600 grey images: the folder of its six .mat.gz files.

    tcvae prepare smallnorb --source norb/ -o smallnorb.h5
    """
    from tcvae_cli.datasets.smallnorb import open_source

    convert(Files("smallnorb", source, download), output, lambda paths: open_source(paths, size))


@app.command()
def mpi3d(
    context: typer.Context,
    source: From = None,
    download: Fetch = False,
    variant: Annotated[Variant, typer.Option(help="Which to download; a given file tells it.")] = Variant.TOY,
    output: Output = "-",
) -> None:
    """MPI3D, 1,036,800 or (complex) 460,800 colour images: one of the npz files.

    tcvae prepare mpi3d --source mpi3d_real.npz -o mpi3d.h5
    """
    if typed(context, "variant") and not download:
        raise UsageError("--variant", "chooses what --download fetches", "leave it out, or --source")
    from tcvae_cli.datasets.mpi3d import open_source

    files = Files("mpi3d", source, download, f"mpi3d_{variant.value}.npz")
    convert(files, output, lambda paths: open_source(paths[0]))


app.command()(folder)
app.command()(arrays)
