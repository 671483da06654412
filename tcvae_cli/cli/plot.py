"""`tcvae plot`: results as a figure."""

from pathlib import Path
from typing import Annotated

import typer

from tcvae_cli.files.figures import KINDS, draw
from tcvae_cli.files.results import read_results
from tcvae_cli.files.streams import check_output, write_bytes


def plot(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"The figure: {', '.join(KINDS)}.")],
    results: Annotated[
        list[str] | None, typer.Argument(metavar="RESULTS", help="Files of JSON lines; - is standard input.")
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="A .png, .pdf or .svg to write; - is PNG on stdout.")
    ] = "-",
) -> None:
    """Draw results as a figure for a paper's column.

    box: MIG by objective and beta, a dot for every run. information: what each latent tells of each factor, of one run.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    cat */mig.json | tcvae plot box -o mig.png

    tcvae mig codes.safetensors | tcvae plot information -o information.png

    Results are lines that --format json prints. Needs matplotlib: pip install 'tcvae-cli\\[figures]'
    """
    check_output(output)
    extension = "png" if output == "-" else Path(output).suffix.removeprefix(".")
    write_bytes(output, draw(kind, read_results(results or ["-"]), extension))
