"""`tcvae estimate-tc`: decompose the ELBO of codes."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.flags import Device, ResultFormat, Where, start_while_waiting, typed
from tcvae_cli.cli.headings import heading, short_names, training_in_words, written
from tcvae_cli.cli.messages import note_of
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.results.estimators import sentence_of

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.verbs.decompose import DecompositionResult

DISAGREES = "is NOT the sum of the terms: a bug, report it"


class Estimator(StrEnum):
    """How to estimate: over all images, or as a minibatch would."""

    EXACT = "exact"
    MWS = "mws"
    MSS = "mss"


def estimate_tc(
    context: typer.Context,
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = None,
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

    There is one result per file and number of samples.
    """
    if estimator is Estimator.EXACT and typed(context, "batch_size"):
        raise UsageError("--batch-size", "is not used by exact", "leave it out, or ask for --estimator mws or mss")
    paths = codes or ["-"]
    start_while_waiting(paths, device)
    from tcvae_cli.verbs.decompose import DEFAULT_SAMPLES, decompose_by_samples

    results, names = [], []
    for path in paths:
        found = decompose_by_samples(
            path,
            samples or [DEFAULT_SAMPLES],
            estimator=estimator.value,
            batch_size=batch_size,
            seed=seed,
            device=device.value,
            progress=progress,
            note=note_of(path, paths),
        )
        results += found
        names += [display_name(path)] * len(found)
    print_results([result.record() for result in results], format, lambda: tables(results, names), names)


def tables(results: "list[DecompositionResult]", names: list[str]) -> object:
    """Return the results for people: the terms of one in rows, those of several in columns."""
    return table(results[0], names[0]) if len(results) == 1 else table_of_several(results, names)


def table(result: "DecompositionResult", name: str) -> "Table":
    """Return one result for people: the terms, their sum and the check, then the ELBO."""
    from rich.table import Table

    title = f"ELBO decomposition   {sentence_of('estimate-tc', result.estimator)}"
    grid = Table("term", title=heading(title, [result.record()], name))
    grid.add_column("nats", justify="right")
    grid.add_column("± nats", justify="right")
    grid.add_column("found how")
    per_term = result.standard_error_per_term
    errors = [result.standard_error, result.standard_error, None] if per_term is None else per_term.tolist()
    terms = {
        "index-code MI": result.index_code_mi,
        "total correlation↓": result.total_correlation,
        "dimension-wise KL": result.dimension_wise_kl,
    }
    for (term, value), error in zip(terms.items(), errors, strict=True):
        grid.add_row(term, written(value), "" if error is None else written(error), "")
    grid.add_section()
    verdicts = {None: "", True: "; the sum of the terms", False: f"; {DISAGREES}"}
    found_by = "quadrature" if result.prior == "flow" else "closed form"
    grid.add_row("mean KL", written(result.analytic_kl), "", f"{found_by}{verdicts[result.sum_agrees]}")
    if result.gaussian_total_correlation_of_means is not None:
        gaussian = written(result.gaussian_total_correlation_of_means)
        grid.add_row("Gaussian TC of means↓", gaussian, "", "correlations alone")
    if result.log_likelihood is not None:
        grid.add_row("log p(x|z)↑", written(result.log_likelihood), "", "one z per image")
        grid.add_row("ELBO↑", written(result.elbo), "", "log p(x|z) - mean KL", style="bold")
    return grid


def table_of_several(results: "list[DecompositionResult]", names: list[str]) -> "Table":
    """Return several results, of files or of numbers of samples, with a row each; all numbers are in nats."""
    from rich.table import Table

    records = [result.record() for result in results]
    sentence = sentence_of("estimate-tc", results[0].estimator)
    wrong = [name for result, name in zip(results, names, strict=True) if result.sum_agrees is False]
    titles = [f"ELBO decomposition in nats   {sentence}", *(f"{name}: mean KL {DISAGREES}" for name in wrong)]
    grid = Table("codes", title=heading("\n".join(titles), records))
    samples = [f"{result.samples:,}" for result in results]
    differ = len(set(samples)) > 1
    for head in (
        *(["S"] if differ else []),
        "MI",
        "TC↓",
        "± TC",
        "dim.-wise KL",
        "mean KL",
        "Gaussian TC↓",
        "log p(x|z)↑",
        "ELBO↑",
    ):
        grid.add_column(head, justify="right")
    grid.add_column("run")
    for result, name, count, record in zip(results, short_names(names), samples, records, strict=True):
        terms = (result.index_code_mi, result.total_correlation, result.standard_error, result.dimension_wise_kl)
        others = (result.analytic_kl, result.gaussian_total_correlation_of_means, result.log_likelihood, result.elbo)
        grid.add_row(name, *([count] if differ else []), *map(written, (*terms, *others)), training_in_words(record))
    return grid
