"""`tcvae encode`: turn a run and its data set into codes."""

from typing import Annotated

import typer

from tcvae_cli.cli.flags import Device, Where
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.files.kinds import CODES_END
from tcvae_cli.files.streams import check_output
from tcvae_cli.machine import start_torch


def encode(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run made by tcvae train; - is standard input.")] = "-",
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to encode. \\[default: the one that the run was trained on]"),
    ] = None,
    posterior_only: Annotated[
        bool,
        typer.Option(
            "--posterior-only",
            help="Leave out log p(x|z), which only the ELBO of estimate-tc needs, and with it most of the work.",
        ),
    ] = False,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**31, help="Seed of the samples z, one per image, at which log p(x|z) is computed."),
    ] = 0,
    device: Where = Device.AUTO,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="CODES",
            help="File of codes to write; - is standard output. A name in .npz makes an npz, one in .csv a table.",
        ),
    ] = "-",
) -> None:
    """Encode every image of the run's data set: write the posteriors' means and log_std, in order.

    tcvae encode run.safetensors -o codes.safetensors

    tcvae encode run.safetensors --posterior-only | tcvae mig --factors dsprites.h5

    Codes are safetensors; `-o codes.npz` and `-o codes.csv` write what NumPy and spreadsheets read. Verbs read all of
    these.
    """
    check_output(output, CODES_END)
    start_torch(device)
    from tcvae_cli.verbs.encode import encode_to

    encode_to(output, run, data, posterior_only=posterior_only, seed=seed, device=device.value, progress=progress)
    if output.lower().endswith(".csv"):
        say_note("a .csv has no settings, no data set and not which factors count; .npz and .safetensors have")
