"""`tcvae mig`: compute the mutual information gap of codes."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.completion import factors_known
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
from tcvae_cli.cli.headings import heading, short_names, training_in_words, written
from tcvae_cli.cli.messages import note_of
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.results.estimators import sentence_of

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
        list[str] | None, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to take the factor classes from. \\[default: those in CODES]"),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=factors_known,
            help="Factor to score; repeat the flag for several. \\[default: the data set's own choice]",
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

    tcvae mig seed_*.codes --format table

    MIG-sup, RMIG and JEMMIG come with it; docs/measures.md defines them. There is one result per file.
    """
    for flag, its in ITS_METHOD.items():
        if typed(context, flag) and method is not its:
            raise UsageError(f"--{flag}", f"is not used by {method}", f"leave it out, or ask for --method {its}")
    if matrix and format not in (None, Format.TABLE):
        raise UsageError("--matrix", f"is for the table, and {format} always has mutual_information", "leave it out")
    paths = codes or ["-"]
    check_pipe("--factors", factors, paths, "the codes")
    start_while_waiting(paths, device)
    from tcvae_cli.verbs.inputs import data_in
    from tcvae_cli.verbs.mig import mig as measure

    with data_in(factors, "factors", progress) as data:
        results = [
            measure(
                path,
                factors=data,
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
                note=note_of(path, paths),
            )
            for path in paths
        ]
    names = list(map(display_name, paths))
    print_results([result.record() for result in results], format, lambda: tables(results, names, matrix), names)


def tables(results: "list[MigResult]", names: list[str], matrix: bool) -> object:
    """Return the results for people, of one file or of several, and with MATRIX what latents tell of factors."""
    from rich.console import Group

    several = len(results) > 1
    parts = [table_of_several(results, names)] if several else [table(results[0], names[0]), relatives(results[0])]
    if matrix:
        parts += [information_table(one, name if several else "") for one, name in zip(results, names, strict=True)]
    return Group(*parts)


def table_of_several(results: "list[MigResult]", names: list[str]) -> "Table":
    """Return the results of several files: one row each, with the gap of each factor."""
    from rich.table import Table

    records = [result.record() for result in results]
    sentences = dict.fromkeys(sentence_of("mig", result.estimator) for result in results)
    grid = Table(title=heading(f"MIG   {', '.join(sentences)}", records))
    factors = list(dict.fromkeys(name for result in results for name in result.factors))
    grid.add_column("codes")
    for head in ("MIG↑", "MIG-sup↑", "RMIG nats↑", "JEMMIG nats↓", *(f"gap of {name}↑" for name in factors)):
        grid.add_column(head, justify="right")
    grid.add_column("run")
    for result, name, record in zip(results, short_names(names), records, strict=True):
        gaps = dict(zip(result.factors, result.gap_per_factor.tolist(), strict=True))
        numbers = (result.mig, result.mig_sup, result.rmig, result.jemmig, *(gaps.get(factor) for factor in factors))
        grid.add_row(name, *map(written, numbers), training_in_words(record))
    return grid


def information_table(result: "MigResult", name: str) -> "Table":
    """Return I(z_j; v_k) in nats: one row per latent, one column per factor, pale where a latent is not active."""
    from rich.table import Table

    grid = Table(title="   ".join(filter(None, ["I(z; v) nats: what each latent tells of each factor", name])))
    grid.add_column("latent")
    for factor in result.factors:
        grid.add_column(factor, justify="right")
    for latent, row in enumerate(result.mutual_information.T.tolist()):
        style = None if latent in result.active_latents else "dim"
        grid.add_row(f"z{latent}", *map(written, row), style=style)
    return grid


def table(result: "MigResult", name: str) -> "Table":
    """Return the result of one file for people: one row per factor, then the mean gap, which is MIG."""
    from rich.table import Table

    error = "" if result.standard_error is None else f" ± {result.standard_error:z.4f}"
    title = f"MIG {result.mig:z.4f}{error} ↑   {sentence_of('mig', result.estimator)}"
    grid = Table(title=heading(title, [result.record()], name))
    grid.add_column("factor")
    ceiling = ["gap at most"] if result.ceiling else []
    for head in ("H(v) nats", "best latent", "I(best) nats", "second latent", "I(second) nats", "gap↑", *ceiling):
        grid.add_column(head, justify="right")
    for k, factor in enumerate(result.factors):
        best, second = (
            ("-", "-") if latents is None else (f"z{latents[k]}", written(result.mutual_information[k, latents[k]]))
            for latents in (result.winner, result.runner_up)
        )
        numbers = (result.gap_per_factor[k], *([result.ceiling[k]] if result.ceiling else []))
        grid.add_row(factor, written(result.factor_entropy[k]), *best, *second, *map(written, numbers))
    grid.add_section()
    limit = [written(sum(result.ceiling) / len(result.ceiling))] if result.ceiling else []
    grid.add_row("mean: MIG", "", "", "", "", "", written(result.mig), *limit, style="bold")
    return grid


def relatives(result: "MigResult") -> "Table":
    """Return the measures that come with MIG, each with its unit."""
    from rich.table import Table

    grid = Table("measure", title="Beside MIG")
    grid.add_column("value", justify="right")
    grid.add_column("unit")
    shares, nats = "share of H(v)", "nats"
    for name, value, unit in (
        ("MIG-sup↑", result.mig_sup, shares),
        ("RMIG↑", result.rmig, nats),
        ("JEMMIG↓", result.jemmig, nats),
    ):
        grid.add_row(name, written(value), unit)
    return grid
