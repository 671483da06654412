"""`tcvae estimate-tc`: decompose the ELBO of codes."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.flags import Device, ResultFormat, Where, start_while_waiting, typed
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.verbs.decompose import DecompositionResult


class Estimator(StrEnum):
    """How to estimate: over all images, or as a minibatch would."""

    EXACT = "exact"
    MWS = "mws"
    MSS = "mss"


def estimate_tc(
    context: typer.Context,
    codes: Annotated[
        str, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = "-",
    estimator: Annotated[
        Estimator,
        typer.Option(help="Use all N images (exact), or minibatches as in training (mws, mss), which is biased."),
    ] = Estimator.EXACT,
    samples: Annotated[
        list[int] | None,
        typer.Option(
            min=100,
            max=1_000_000,
            help="Number of samples of z for the entropy H(z); repeat the flag for one result per number. "
            "\\[default: 10000]",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Number of images per minibatch (mws, mss).")] = 2048,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the samples and of the minibatches.")] = 0,
    device: Where = Device.AUTO,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Decompose the mean KL into index-code MI, total correlation and dimension-wise KL (eq. 2), and give the ELBO.

    tcvae encode run.safetensors | tcvae estimate-tc

    tcvae estimate-tc codes.safetensors --estimator mws --batch-size 256

    tcvae estimate-tc codes.safetensors --samples 1000 --samples 10000 --samples 100000
    """
    if estimator is Estimator.EXACT and typed(context, "batch_size"):
        raise UsageError("--batch-size", "is not used by exact", "leave it out, or ask for --estimator mws or mss")
    start_while_waiting([codes], device)
    from tcvae_cli.verbs.decompose import DEFAULT_SAMPLES, decompose_by_samples

    results = decompose_by_samples(
        codes,
        samples or [DEFAULT_SAMPLES],
        estimator=estimator.value,
        batch_size=batch_size,
        seed=seed,
        device=device.value,
        progress=progress,
        note=say_note,
    )
    print_results([result.record() for result in results], format, lambda: tables(results))


def tables(results: "list[DecompositionResult]") -> object:
    """Return the results for people, one below the other."""
    from rich.console import Group

    return Group(*map(table, results))


def table(result: "DecompositionResult") -> "Table":
    """Return one result for people: the terms, their sum and the check, then the ELBO."""
    from rich.table import Table

    from tcvae_cli.results.estimators import sentence_of

    grid = Table(
        title=f"ELBO decomposition   {sentence_of('estimate-tc', result.estimator)}",
        title_justify="left",
    )
    grid.add_column("term")
    grid.add_column("nats", justify="right")
    grid.add_column("")
    per_term = result.standard_error_per_term
    errors = [result.standard_error, result.standard_error, None] if per_term is None else per_term.tolist()
    terms = {
        "index-code MI": result.index_code_mi,
        "total correlation": result.total_correlation,
        "dimension-wise KL": result.dimension_wise_kl,
    }
    for (name, term), error in zip(terms.items(), errors, strict=True):
        grid.add_row(name, f"{term:z.4f}", "" if error is None else f"± {error:z.4f}")
    grid.add_section()
    verdicts = {None: "", True: "= MI + TC + dimension-wise KL", False: "is NOT the sum of the terms: a bug, report it"}
    found_by = "quadrature" if result.prior == "flow" else "closed form"
    grid.add_row(f"mean KL ({found_by})", f"{result.analytic_kl:z.4f}", verdicts[result.sum_agrees])
    if result.gaussian_total_correlation_of_means is not None:
        gaussian = f"{result.gaussian_total_correlation_of_means:z.4f}"
        grid.add_row("Gaussian TC of means", gaussian, "of their correlations alone")
    if result.log_likelihood is not None:
        grid.add_row("log p(x|z)", f"{result.log_likelihood:z.4f}", "one z per image")
        grid.add_row("ELBO", f"{result.elbo:z.4f}", "", style="bold")
    return grid
