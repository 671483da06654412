"""`tcvae plot KIND`: draw results as a figure."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli import figures
from tcvae_cli.cli.figure_output import Target, figure_command, write_figure
from tcvae_cli.cli.help import Verb, Verbs
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.plot_information import information
from tcvae_cli.cli.plot_latents import latents
from tcvae_cli.cli.plot_log import log
from tcvae_cli.cli.plot_samples import samples
from tcvae_cli.cli.plot_strips import strips

if TYPE_CHECKING:
    from tcvae_cli.results.line import Line

Results = Annotated[
    list[str] | None,
    typer.Argument(metavar="RESULTS", help="Files of result lines, as --format json prints them; - is standard input."),
]

app = typer.Typer(cls=Verbs, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def plot() -> None:
    """Draw results for a paper, a slide or a dark slide. Needs matplotlib: pip install 'tcvae\\[figures]'.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    tcvae plot trade-off figure2.jsonl --style slide --title "MIG at equal ELBO" -o slide.png
    """


@app.command(cls=Verb)
@figure_command
def box(
    to: Target,
    results: Results = None,
    value: Annotated[
        str, typer.Option(metavar="KEY", help="Key of the number to draw, such as elbo or parts.completeness.")
    ] = "mig",
) -> None:
    """Draw MIG, or another number of the results, by objective and beta: a dot for every run, a bar for their median.

    tcvae plot box out/laptop/figures/figure3.jsonl -o figure3.pdf

    cat */estimate-tc.json | tcvae plot box --value total_correlation -o tc.png

    From six runs on the dots fill the shape of their density, which shows clusters. A dashed line cuts runs that one
    normal cluster would hardly give: P is at most 5%, divided by the number of settings drawn. Beside it stands how
    many runs lie above. One skewed cluster can be cut as well.
    """
    write_figure(to, lambda: figures.box(lines(results), value, note=say_note))


@app.command(cls=Verb)
@figure_command
def trade_off(
    to: Target,
    results: Results = None,
    x: Annotated[
        str, typer.Option("--x", metavar="KEY", help="mig, or a number of estimate-tc such as analytic_kl.")
    ] = "elbo",
    y: Annotated[
        list[str] | None,
        typer.Option("--y", metavar="KEY", help="The same; repeat it for more panels. \\[default: mig]"),
    ] = None,
) -> None:
    """Draw ELBO against MIG: one line per objective in order of beta, with 90% intervals of the means (from 5 runs on).

    tcvae plot trade-off out/laptop/figures/figure2.jsonl -o figure2.pdf

    cat */*.json | tcvae plot trade-off --y mig --y total_correlation -o both.png

    A run is drawn if the results have a line of mig and a line of estimate-tc of it; other runs are left out.
    """
    write_figure(to, lambda: figures.trade_off(lines(results), x, y, note=say_note))


@app.command(cls=Verb)
@figure_command
def circles(to: Target, results: Results = None) -> None:
    """Draw mean total correlation against mean MIG: one circle per beta, with the correlations of the two.

    tcvae plot circles out/laptop/figures/figure4.jsonl -o figure4.pdf

    cat */mig.json */estimate-tc.json | tcvae plot circles -o circles.png

    A run is drawn if the results have a line of mig and a line of estimate-tc of it; other runs are left out.
    """
    write_figure(to, lambda: figures.circles(lines(results), note=say_note))


@app.command(cls=Verb)
@figure_command
def bias(to: Target, results: Results = None) -> None:
    """Draw MIG of runs trained under the joint distributions A to D of two factors, and heat maps of these.

    tcvae plot bias out/laptop/figures/figure5.jsonl -o figure5.pdf

    cat biased-*/mig.json | tcvae plot bias -o bias.png

    `tcvae subset --bias` makes the data sets; results of other data sets are left out.
    """
    write_figure(to, lambda: figures.bias(lines(results), note=say_note))


@app.command(cls=Verb)
@figure_command
def curve(
    to: Target,
    x: Annotated[
        str, typer.Option("--x", metavar="KEY", help="Key of the number to draw it against, such as settings.beta.")
    ],
    y: Annotated[
        str, typer.Option("--y", metavar="KEY", help="Key of the number to draw, such as mig or parts.completeness.")
    ],
    results: Results = None,
) -> None:
    """Draw a number of the results against another: one line per setting of what else differs, one dot per run.

    tcvae plot curve --x settings.batch_size --y mig */mig.json -o batch-size.pdf

    cat scores.jsonl | tcvae plot curve --x per_vote --y score -o votes.png

    Strokes and bands are 90% intervals of the means, from 5 runs on; there are none where a run is measured several
    times at one x. In a KEY, a dot leads into an object: settings.beta is the beta of the settings. Results whose x is
    null, such as the samples of an exact MIG, are drawn as a horizontal line.
    """
    write_figure(to, lambda: figures.curve(lines(results), x, y, note=say_note))


def lines(paths: list[str] | None) -> "list[Line]":
    """Read the results in files, or on standard input."""
    from tcvae_cli.results.line import read_results

    return read_results(*(paths or ["-"]))


for kind in (information, latents, strips, samples, log):
    app.command(cls=Verb)(kind)
