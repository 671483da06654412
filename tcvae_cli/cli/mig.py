"""`tcvae mig`: compute the mutual information gap of codes."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.flags import (
    Active,
    Device,
    FactorBins,
    Format,
    ResultFormat,
    Where,
    check_pipe,
    start_while_waiting,
    typed,
)
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_result
from tcvae_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.verbs.mig_result import MigResult


class Method(StrEnum):
    """How entropies are estimated."""

    EXACT = "exact"
    MONTE_CARLO = "monte-carlo"
    HISTOGRAM = "histogram"


ITS_METHOD = {
    "tolerance": Method.EXACT,
    "samples": Method.MONTE_CARLO,
    "seed": Method.MONTE_CARLO,
    "bins": Method.HISTOGRAM,
}


def mig(
    context: typer.Context,
    codes: Annotated[
        str, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = "-",
    factors: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to take the factor classes from. \\[default: those in CODES]"),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Factor to score; repeat the flag for several. \\[default: the data set's own choice]"
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="How to find entropies: integrate (exact), sample as the paper did, or bin the means as other "
            "libraries do."
        ),
    ] = Method.EXACT,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="NATS",
            help="Refine the integration until no entropy moves more than this, and say how far (exact).",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=2, max=1_000_000, help="Number of samples per entropy (monte-carlo).")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the samples (monte-carlo).")] = 0,
    bins: Annotated[int, typer.Option(min=2, max=1_000_000, help="Number of bins per latent (histogram).")] = 20,
    factor_bins: FactorBins = None,
    ceiling: Annotated[
        bool,
        typer.Option("--ceiling", help="Also find the largest gap that any code of the images of --factors can have."),
    ] = False,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Also show in the table what each latent tells of each factor, in nats.")
    ] = False,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Compute the mutual information gap (eq. 5-6 of Chen et al. 2018) on the full posterior, per factor and mean.

    tcvae encode run.safetensors | tcvae mig --factors dsprites.h5

    tcvae mig codes.safetensors --factors dsprites.h5 --ceiling --matrix --format table

    MIG-sup, RMIG and JEMMIG come with it; docs/measures.md defines them.
    """
    for flag, its in ITS_METHOD.items():
        if typed(context, flag) and method is not its:
            raise UsageError(f"--{flag}", f"is not used by {method}", f"leave it out, or ask for --method {its}")
    if matrix and format not in (None, Format.TABLE):
        raise UsageError("--matrix", f"is for the table, and {format} always has mutual_information", "leave it out")
    check_pipe("--factors", factors, [codes], "the codes")
    start_while_waiting([codes], device)
    from tcvae_cli.verbs.mig import mig as measure

    result = measure(
        codes,
        factors=factors,
        factor=factor,
        method=method.value,
        tolerance=tolerance,
        samples=samples,
        seed=seed,
        bins=bins,
        factor_bins=factor_bins,
        ceiling=ceiling,
        active=active,
        device=device.value,
        progress=progress,
        note=say_note,
    )
    print_result(result.record(), format, lambda: tables(result, matrix))


def tables(result: "MigResult", matrix: bool) -> object:
    """Return the result for people, and with MATRIX what each latent tells of each factor."""
    from rich.console import Group

    return Group(table(result), information_table(result)) if matrix else table(result)


def information_table(result: "MigResult") -> "Table":
    """Return I(z_j; v_k) in nats: one row per latent, one column per factor, pale where a latent is not active."""
    from rich.table import Table

    grid = Table(title="I(z; v) nats", title_justify="left")
    grid.add_column("latent")
    for name in result.factors:
        grid.add_column(name, justify="right")
    for latent, row in enumerate(result.mutual_information.T.tolist()):
        style = None if latent in result.active_latents else "dim"
        grid.add_row(f"z{latent}", *(f"{nats:z.3f}" for nats in row), style=style)
    return grid


def table(result: "MigResult") -> "Table":
    """Return the result for people: one row per factor, then the mean and its relatives."""
    from rich.table import Table

    from tcvae_cli.results.estimators import sentence_of

    error = "" if result.standard_error is None else f" ± {result.standard_error:z.4f}"
    title = f"MIG {result.mig:z.4f}{error}   {sentence_of('mig', result.estimator)}"
    grid = Table(title=title, title_justify="left")
    for name in ("factor", "H(v) nats", "best latent", "I nats", "second", "I nats", "gap"):
        grid.add_column(name, justify="left" if name == "factor" else "right")
    if result.ceiling:
        grid.add_column("at most", justify="right")
    for k, name in enumerate(result.factors):
        best, second = (
            ("-", "-") if latents is None else (f"z{latents[k]}", f"{result.mutual_information[k, latents[k]]:z.3f}")
            for latents in (result.winner, result.runner_up)
        )
        entropy, gap = f"{result.factor_entropy[k]:z.3f}", f"{result.gap_per_factor[k]:z.4f}"
        grid.add_row(name, entropy, *best, *second, gap, *([f"{result.ceiling[k]:z.4f}"] if result.ceiling else []))
    grid.add_section()
    limit = [f"{sum(result.ceiling) / len(result.ceiling):z.4f}"] if result.ceiling else []
    grid.add_row("mean", "", "", "", "", "", f"{result.mig:z.4f}", *limit, style="bold")
    for name, value in (("MIG-sup", result.mig_sup), ("RMIG nats", result.rmig), ("JEMMIG nats", result.jemmig)):
        grid.add_row(name, "", "", "", "", "", "-" if value is None else f"{value:z.4f}")
    return grid
