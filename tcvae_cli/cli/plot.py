"""`tcvae plot KIND`: results as a figure."""

from typing import Annotated

import typer

from tcvae_cli.cli.figure_output import Output, write_figure
from tcvae_cli.cli.messages import say_note
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
def box(
    results: Results = None,
    output: Output = "-",
    value: Annotated[
        str, typer.Option(metavar="KEY", help="Draw this number, such as elbo or parts.completeness.")
    ] = "mig",
) -> None:
    """MIG by objective and beta, a dot for every run; or another number of the results.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    cat */tc.json | tcvae plot box --value total_correlation -o tc.png
    """
    from tcvae_cli.figures.plots.box import box as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"])), value, say_note))


@app.command()
def information(results: Results = None, output: Output = "-") -> None:
    """What each latent tells of each factor, of one run.

    tcvae mig codes.safetensors | tcvae plot information -o information.png
    """
    from tcvae_cli.figures.plots.information import information as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"]))))


@app.command()
def trade_off(results: Results = None, output: Output = "-") -> None:
    """ELBO against MIG, a line an objective in order of beta, with 90% intervals of the means.

    tcvae plot trade-off out/laptop/figures/figure2.jsonl -o figure2.pdf

    cat */mig.json */tc.json | tcvae plot trade-off -o trade-off.png

    A run needs a line of mig and one of estimate-tc; those that have one of the two are left out.
    """
    from tcvae_cli.figures.plots.trade_off import trade_off as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"])), say_note))


@app.command()
def circles(results: Results = None, output: Output = "-") -> None:
    """Mean total correlation against mean MIG, a circle a beta, with the correlations of the two.

    tcvae plot circles out/laptop/figures/figure4.jsonl -o figure4.pdf

    cat */mig.json */tc.json | tcvae plot circles -o circles.png

    A run needs a line of mig and one of estimate-tc; those that have one of the two are left out.
    """
    from tcvae_cli.figures.plots.circles import circles as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"])), say_note))


@app.command()
def bias(results: Results = None, output: Output = "-") -> None:
    """MIG of runs trained under the joint distributions A to D of two factors, and these as heat maps.

    tcvae plot bias out/laptop/figures/figure5.jsonl -o figure5.pdf

    cat biased-*/mig.json | tcvae plot bias -o bias.png

    `tcvae subset --bias` makes the data sets; results of others are left out.
    """
    from tcvae_cli.figures.plots.bias import bias as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"])), say_note))


@app.command()
def curve(
    x: Annotated[str, typer.Option("--x", metavar="KEY", help="What to draw it against, such as settings.beta.")],
    y: Annotated[str, typer.Option("--y", metavar="KEY", help="The number to draw, such as mig or parts.fit.")],
    results: Results = None,
    output: Output = "-",
) -> None:
    """A number of the results against another, a line for what else they differ in, a dot for every run.

    tcvae plot curve --x settings.batch_size --y mig */mig.json -o batch-size.pdf

    cat scores.jsonl | tcvae plot curve --x per_vote --y score -o votes.png

    KEY leads into objects by dots. Results whose x is null, such as the samples of an exact MIG, are drawn as a level.
    """
    from tcvae_cli.figures.plots.curve import curve as figure
    from tcvae_cli.results.line import read_results

    write_figure(output, lambda: figure(read_results(*(results or ["-"])), x, y, say_note))


for kind in (latents, strips, samples):
    app.command()(kind)
