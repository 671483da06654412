"""`tcvae report`: write a page of runs to look at and to play with."""

from pathlib import Path
from typing import Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.flags import Active, Device, Where
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import check_output, write_bytes
from tcvae_cli.machine import start_torch


def report(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Runs made by tcvae train; - is standard input.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Data set of the runs. \\[default: that of each run]")
    ] = None,
    image: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            metavar="ROW",
            help="Row of an image to choose; repeat the flag for several. \\[default: up to 18 at random]",
        ),
    ] = None,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--walks",
            help="Decoders that run in the page, or pictures of walks in their place. "
            "\\[default: live for the first runs, up to 8 million weights]",
        ),
    ] = None,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PAGE.html", help="Page to write; - is standard output.")
    ] = "-",
) -> None:
    """Write a page of a run with a slider for each latent that drives the decoder, images, walks, the ELBO and MIG.

    tcvae report run.safetensors -o page.html

    tcvae report runs/beta-tcvae/beta_*/seed_0/run.safetensors -o runs.html

    The page is one file that needs no network. Several runs stand side by side in a table that sorts.
    """
    check_output(output)
    if output != "-" and Path(output).suffix.lower() not in (".html", ".htm", ""):
        raise UsageError("--output", f"is {output}", "end the name in .html")
    start_torch(device)
    from tcvae_cli.verbs.report import report as report_runs

    page = report_runs(
        runs or ["-"], data=data, image=image, live=live, active=active, device=device, progress=progress, note=say_note
    )
    write_bytes(output, page)
