"""`tcvae plot KIND`: results as a figure."""

from typing import Annotated

import typer

from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.cli.plot_latents import latents
from tcvae_cli.cli.plot_samples import samples
from tcvae_cli.cli.plot_strips import strips

Results = Annotated[
    list[str] | None,
    typer.Argument(metavar="RESULTS", help="Files of JSON lines, as --format json prints; - is standard input."),
]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def plot() -> None:
    """Draw results as a figure for a paper's column. Needs matplotlib: pip install 'tcvae-cli\\[figures]'.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    tcvae mig codes.safetensors | tcvae plot information -o information.png
    """


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


for kind in (latents, strips, samples):
    app.command()(kind)
