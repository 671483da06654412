"""`tcvae prepare folder` and `tcvae prepare arrays`: one's own images to a data set file."""

import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.data_set import Output, Side, write
from tcvae_cli.errors import UsageError

if TYPE_CHECKING:
    from tcvae_cli.files.writer import Source

Opening = contextlib.AbstractContextManager["Source"]


class Resize(StrEnum):
    """How a picture becomes a square."""

    CROP = "crop"
    PAD = "pad"
    SQUASH = "squash"


def folder(
    source: Annotated[str, typer.Option(metavar="FOLDER", help="Pictures, in sub-folders too; or a zip or tar.")],
    size: Side = 64,
    resize: Annotated[
        Resize, typer.Option(help="Keep the central square, pad with black, or squash to a square.")
    ] = Resize.CROP,
    colour: Annotated[
        bool | None, typer.Option("--rgb/--grey", help="Keep the colours or not; by default grey if every file is.")
    ] = None,
    label_from_folder: Annotated[
        bool, typer.Option("--label-from-folder", help="The sub-folder of a picture is a factor.")
    ] = False,
    labels: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help="A column of file names, the others factors.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a file that cannot be read.")] = False,
    output: Output = "-",
) -> None:
    """Your own pictures (PNG, JPEG, WebP, TIFF, of any sizes and modes), sorted by name.

    tcvae prepare folder --source photographs/ -o photographs.h5

    tcvae prepare folder --source photographs/ --size 128 --resize pad --labels labels.csv -o photographs.h5
    """

    if source == labels == "-":
        raise UsageError("--labels", "standard input is the pictures", "name a file")

    def opening() -> Opening:
        from tcvae_cli.datasets.decoding import Fit
        from tcvae_cli.datasets.own.folder import Labelling, open_source

        return open_source(source, Fit(size, resize.value), colour, Labelling(label_from_folder, labels), strict)

    write(output, "reading pictures", opening)


def arrays(
    source: Annotated[str, typer.Option(metavar="FILE", help="npz, npy, HDF5 or safetensors.")],
    images: Annotated[
        str | None, typer.Option(metavar="NAME", help="The array of images; by default the one with 3 or 4 axes.")
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The array of labels; by default factors, labels, latents/classes, ..."),
    ] = None,
    output: Output = "-",
) -> None:
    """Your own arrays (N, H, W[, C]) or (N, C, H, W), uint8 or float from 0 to 1, with labels (N, K) if there are some.

    tcvae prepare arrays --source images.npz -o images.h5

    tcvae prepare arrays --source images.npz --images x_train --factors y_train -o images.h5
    """

    def opening() -> Opening:
        from tcvae_cli.datasets.own.arrays import open_source

        return open_source(source, images, factors)

    write(output, "reading arrays", opening)
