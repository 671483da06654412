"""`tcvae prepare DATASET`: make a data set file of a known data set. One's own images are in prepare_own.py."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from tcvae_cli.cli.data_set import Fetch, From, Output, Side, say_written
from tcvae_cli.cli.flags import typed
from tcvae_cli.cli.help import Verb, Verbs
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.prepare_own import arrays, folder
from tcvae_cli.cli.progress import progress

STAND_IN = ("identities", "azimuths", "elevations", "lightings", "seed", "colour")


class Variant(StrEnum):
    """The variants of MPI3D that can be downloaded."""

    TOY = "toy"
    REALISTIC = "realistic"
    REAL = "real"


app = typer.Typer(cls=Verbs, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def prepare() -> None:
    """Make a data set file (HDF5): rendered offline, from published files, or from your own images.

    tcvae prepare dsprites -o dsprites.h5

    tcvae prepare folder --source photographs/ --size 64 -o photographs.h5
    """


@app.command(cls=Verb)
def dsprites(source: From = None, download: Fetch = False, output: Output = "-") -> None:
    """Prepare dSprites, 737,280 binary images: rendered here and offline, or converted from the published file.

    tcvae prepare dsprites -o dsprites.h5

    tcvae prepare dsprites --download -o dsprites.h5
    """
    make("dsprites", source, download, output)


@app.command(cls=Verb)
def faces(
    context: typer.Context,
    source: From = None,
    download: Fetch = False,
    identities: Annotated[
        int, typer.Option(min=1, max=1000, metavar="COUNT", help="Number of heads (stand-in only).")
    ] = 50,
    azimuths: Annotated[
        int, typer.Option(min=1, max=1000, metavar="COUNT", help="Number of azimuths (stand-in only).")
    ] = 21,
    elevations: Annotated[
        int, typer.Option(min=1, max=1000, metavar="COUNT", help="Number of elevations (stand-in only).")
    ] = 11,
    lightings: Annotated[
        int, typer.Option(min=1, max=1000, metavar="COUNT", help="Number of directions of the light (stand-in only).")
    ] = 11,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the random heads (stand-in only).")] = 0,
    colour: Annotated[
        bool, typer.Option("--colour", help="Render in colours instead of grey (stand-in only).")
    ] = False,
    output: Output = "-",
) -> None:
    """Prepare 3D Faces, 127,050 grey images: an open stand-in rendered here, or the authors' basel_face_renders.pth.

    tcvae prepare faces -o faces.h5

    tcvae prepare faces --identities 5 --azimuths 11 -o few.h5
    """
    asked = {name: context.params[name] for name in STAND_IN if typed(context, name)}
    make("faces", source, download, output, **asked)


@app.command(cls=Verb)
def chairs(
    source: From = None,
    download: Fetch = False,
    size: Side = 64,
    colour: Annotated[bool, typer.Option("--colour", help="Keep the colours instead of grey.")] = False,
    output: Output = "-",
) -> None:
    """Prepare 3D Chairs, 86,366 images, from rendered_chairs.tar or the folder in it.

    tcvae prepare chairs --source rendered_chairs.tar -o chairs.h5

    tcvae prepare chairs --download --colour --size 128 -o chairs.h5
    """
    make("chairs", source, download, output, size=size, colour=colour)


@app.command(cls=Verb)
def celeba(
    source: From = None,
    download: Fetch = False,
    size: Side = 64,
    crop: Annotated[
        int,
        typer.Option(
            min=0, max=178, metavar="PIXELS", help="Side of the central square to keep; 0 squashes the whole picture."
        ),
    ] = 148,
    labels: Annotated[
        str | None, typer.Option(metavar="FILE", help="The list list_attr_celeba.txt, whose attributes become factors.")
    ] = None,
    output: Output = "-",
) -> None:
    """Prepare CelebA (aligned), 202,599 photographs, from img_align_celeba.zip or its folder.

    tcvae prepare celeba --source img_align_celeba.zip --labels list_attr_celeba.txt -o celeba.h5

    tcvae prepare celeba --source img_align_celeba/ --crop 0 -o squashed.h5
    """
    make("celeba", source, download, output, size=size, crop=crop, labels=labels)


@app.command(cls=Verb)
def shapes3d(source: From = None, download: Fetch = False, output: Output = "-") -> None:
    """Prepare 3D Shapes, 480,000 colour images, from 3dshapes.h5, which every verb also reads as it is.

    tcvae prepare shapes3d --download -o shapes3d.h5

    tcvae prepare shapes3d --source 3dshapes.h5 -o shapes3d.h5
    """
    make("shapes3d", source, download, output)


@app.command(cls=Verb)
def cars3d(source: From = None, download: Fetch = False, size: Side = 64, output: Output = "-") -> None:
    """Prepare Cars3D, 17,568 colour images, from nips2015-analogy-data.tar.gz.

    tcvae prepare cars3d --download -o cars3d.h5

    tcvae prepare cars3d --source nips2015-analogy-data.tar.gz -o cars3d.h5
    """
    make("cars3d", source, download, output, size=size)


@app.command(cls=Verb)
def smallnorb(source: From = None, download: Fetch = False, size: Side = 64, output: Output = "-") -> None:
    """Prepare SmallNORB, 48,600 grey images, from the folder of its six .mat.gz files.

    tcvae prepare smallnorb --source norb/ -o smallnorb.h5

    tcvae prepare smallnorb --download --size 96 -o smallnorb.h5
    """
    make("smallnorb", source, download, output, size=size)


@app.command(cls=Verb)
def mpi3d(
    context: typer.Context,
    source: From = None,
    download: Fetch = False,
    variant: Annotated[
        Variant, typer.Option(help="The variant to download; a file given with --source says itself which it is.")
    ] = Variant.TOY,
    output: Output = "-",
) -> None:
    """Prepare MPI3D, 1,036,800 or (complex) 460,800 colour images, from one of its npz files.

    tcvae prepare mpi3d --source mpi3d_real.npz -o mpi3d.h5

    tcvae prepare mpi3d --download --variant real -o mpi3d.h5
    """
    asked = {"variant": variant.value} if typed(context, "variant") else {}
    make("mpi3d", source, download, output, **asked)


def make(name: str, source: str | None, download: bool, output: str, **options: Any) -> None:
    """Make a data set, and say what was written."""
    from tcvae_cli.verbs.prepare import prepare as write

    written = write(name, source=source, download=download, output=output, progress=progress, note=say_note, **options)
    say_written(written)


app.command(cls=Verb)(folder)
app.command(cls=Verb)(arrays)
