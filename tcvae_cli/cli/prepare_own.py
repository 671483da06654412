"""`tcvae prepare folder` and `tcvae prepare arrays`: make a data set file of one's own images."""

from enum import StrEnum
from typing import Annotated

import typer

from tcvae_cli.cli.data_set import Output, Side, say_written
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError


class Resize(StrEnum):
    """How a picture becomes a square."""

    CROP = "crop"
    PAD = "pad"
    SQUASH = "squash"


def folder(
    source: Annotated[
        str,
        typer.Option(metavar="FOLDER", help="A folder of pictures, with its sub-folders, or a zip or tar file of one."),
    ],
    size: Side = 64,
    resize: Annotated[
        Resize, typer.Option(help="How to make pictures square: keep the centre, add black borders, or stretch.")
    ] = Resize.CROP,
    colour: Annotated[
        bool | None,
        typer.Option("--rgb/--grey", help="Make colour or grey images. \\[default: grey if every picture is grey]"),
    ] = None,
    label_from_folder: Annotated[
        bool, typer.Option("--label-from-folder", help="Make a factor of the sub-folders, one class per sub-folder.")
    ] = False,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv", help="A table of labels: one column names the files, each other column is a factor."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Stop at a picture that cannot be read or has no line in the table of labels."),
    ] = False,
    output: Output = "-",
) -> None:
    """Prepare your own pictures (PNG, JPEG, WebP, TIFF, of any sizes and modes), sorted by name.

    tcvae prepare folder --source photographs/ -o photographs.h5

    tcvae prepare folder --source photographs/ --size 128 --resize pad --labels labels.csv -o photographs.h5
    """
    if source == labels == "-":
        raise UsageError("--labels", "stdin already gives the pictures", "name a file")
    from tcvae_cli.verbs.prepare import prepare

    written = prepare(
        "folder",
        source=source,
        size=size,
        resize=resize.value,
        colour=colour,
        label_from_folder=label_from_folder,
        labels=labels,
        strict=strict,
        output=output,
        progress=progress,
        note=say_note,
    )
    say_written(written)


def arrays(
    source: Annotated[str, typer.Option(metavar="FILE", help="A file of arrays: npz, npy, HDF5 or safetensors.")],
    images: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the array of images. \\[default: the one with 3 or 4 axes]"),
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the array or group of labels. \\[default: factors, labels, ...]"),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Another file that holds the labels: arrays, or a table (.csv) in the order of the images.",
        ),
    ] = None,
    output: Output = "-",
) -> None:
    """Prepare your own arrays of images, (N, H, W[, C]) or (N, C, H, W), uint8 or float from 0 to 1, and labels (N, K).

    tcvae prepare arrays --source images.npz -o images.h5

    tcvae prepare arrays --source images.npy --labels labels.npy -o images.h5
    """
    if source == labels == "-":
        raise UsageError("--labels", "stdin already gives the images", "name a file")
    from tcvae_cli.verbs.prepare import prepare

    written = prepare(
        "arrays",
        source=source,
        images=images,
        factors=factors,
        labels=labels,
        output=output,
        progress=progress,
        note=say_note,
    )
    say_written(written)
