"""`tcvae export`: write the networks of a run for other programs."""

from enum import StrEnum
from typing import Annotated

import typer

from tcvae_cli.cli.messages import say, say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import check_output, write_bytes
from tcvae_cli.machine import start_torch


class Part(StrEnum):
    """What is exported of a run."""

    BOTH = "both"
    ENCODER = "encoder"
    DECODER = "decoder"


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    part: Annotated[
        Part,
        typer.Option(
            help="Network to export. The encoder takes images and gives mean and log_std, the decoder takes z and "
            "gives images; both take images, and also give the reconstruction of the mean."
        ),
    ] = Part.BOTH,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.h5", help="Data set of the 100 images to check by. \\[default: the run's, or noise]"
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="The .onnx, .pt2 or .npz file to write."),
    ] = "",
) -> None:
    """Write the encoder and decoder of a run as ONNX, for torch.export.load, or as arrays of NumPy.

    tcvae export run.safetensors -o model.onnx

    tcvae export run.safetensors --part decoder -o decoder.onnx

    tcvae export run.safetensors -o model.npz

    The file is opened again before it gets its name: where its numbers differ from the run's by more than 0.0001 on 100
    images, it is not written. ONNX needs the packages onnx, onnxscript and onnxruntime.
    """
    if output in ("", "-"):
        fault = "is missing, and its name says which kind of file"
        raise UsageError("--output", fault, "name one that ends in .onnx, .pt2, .npz")
    check_output(output)
    start_torch("cpu")
    from tcvae_cli.verbs.export import check_extension, export_run, extension_of

    check_extension(extension_of(output), part)
    found = export_run(run, extension_of(output), part=part, data=data, progress=progress, note=say_note)
    write_bytes(output, found.content)
    say(f"{output}: {found}")
