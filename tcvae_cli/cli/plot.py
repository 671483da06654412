"""`tcvae plot KIND`: results as a figure."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.files.streams import check_output, write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Results = Annotated[
    list[str] | None,
    typer.Argument(metavar="RESULTS", help="Files of JSON lines, as --format json prints; - is standard input."),
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="A .png, .pdf or .svg to write; - is PNG on stdout.")
]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def plot() -> None:
    """Draw results as a figure for a paper's column. Needs matplotlib: pip install 'tcvae-cli\\[figures]'.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    tcvae mig codes.safetensors | tcvae plot information -o information.png
    """


def write_figure(output: str, make: "Callable[[], Figure]") -> None:
    """Write the figure that MAKE reads and makes, in the format that OUTPUT's name ends in."""
    from tcvae_cli.files.figures import check_extension, draw

    check_output(output)
    extension = "png" if output == "-" else Path(output).suffix.removeprefix(".")
    check_extension(extension)
    write_bytes(output, draw(make, extension))


@app.command()
def box(results: Results = None, output: Output = "-") -> None:
    """MIG by objective and beta, a dot for every run.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    cat */mig.json | tcvae plot box -o mig.png
    """
    from tcvae_cli.files.figures.box import box as figure
    from tcvae_cli.files.results import read_results

    write_figure(output, lambda: figure(read_results(results or ["-"])))


@app.command()
def information(results: Results = None, output: Output = "-") -> None:
    """What each latent tells of each factor, of one run.

    tcvae mig codes.safetensors | tcvae plot information -o information.png
    """
    from tcvae_cli.files.figures.information import information as figure
    from tcvae_cli.files.results import read_results

    write_figure(output, lambda: figure(read_results(results or ["-"])))
