"""`tcvae estimate-tc`: codes to the decomposition of the ELBO."""

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.factors import made_by
from tcvae_cli.cli.flags import Format, typed
from tcvae_cli.cli.posterior import posterior_of, prior_of
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from rich.table import Table

    from tcvae_cli.files.codes import Codes

    Terms = Callable[[int, torch.Generator], tuple[dict[str, Any], int]]  # of so many samples, and how many were drawn

DEFAULT_SAMPLES = 10_000
TERMS = ("index_code_mi", "total_correlation", "dimension_wise_kl")


class Estimator(StrEnum):
    """Over all images, or as a minibatch would say."""

    EXACT = "exact"
    MWS = "mws"
    MSS = "mss"


def estimate_tc(
    context: typer.Context,
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Output of tcvae encode; - is standard input.")] = "-",
    estimator: Annotated[
        Estimator, typer.Option(help="All N images, or (biased) what a minibatch would say.")
    ] = Estimator.EXACT,
    samples: Annotated[
        list[int] | None,
        typer.Option(
            min=100, max=1_000_000, help="Samples of z for H(z); repeat for a result each. \\[default: 10000]"
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a minibatch (mws, mss).")] = 2048,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the samples.")] = 0,
    format: Annotated[Format | None, typer.Option(help="\\[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Decompose the mean KL into index-code MI, total correlation and dimension-wise KL (eq. 2), and give the ELBO.

    tcvae encode run.safetensors | tcvae estimate-tc

    tcvae estimate-tc codes.safetensors --estimator mws --batch-size 256

    tcvae estimate-tc codes.safetensors --samples 1000 --samples 10000 --samples 100000
    """
    from tcvae_cli.files.codes import read_codes

    if estimator is Estimator.EXACT and typed(context, "batch_size"):
        raise UsageError("--batch-size", "is not used by exact", "leave it out, or ask for --estimator mws or mss")
    read = read_codes(codes)
    start_torch("cpu")
    import torch

    if read.probability is not None and estimator is Estimator.MSS:
        raise UsageError("--estimator", "mss assumes uniform sampling; these codes have `probability`", "use mws")
    posterior, prior = posterior_of(read), prior_of(read)
    rows = len(read.mean)
    if estimator is not Estimator.EXACT and batch_size > rows:
        raise TcvaeError(
            display_name(codes), f"has {rows} images, fewer than a batch of {batch_size}", "lower --batch-size"
        )
    if estimator is Estimator.EXACT:
        terms = exact_terms(posterior, prior)
    else:
        terms = minibatch_terms(posterior, prior, estimator, batch_size)
    shared = of_all_images(read, posterior)
    records = []
    for count in samples or [DEFAULT_SAMPLES]:
        content, drawn = terms(count, torch.Generator().manual_seed(seed))
        likelihood = shared["log_likelihood"]
        records.append(
            {
                "kind": "estimate-tc",
                "posterior": read.posterior,
                "prior": read.prior,
                **content,
                **shared,
                "elbo": None if likelihood is None else likelihood - content["analytic_kl"],
                "rows": rows,
                "latents": read.mean.shape[1],
                "samples": drawn,
                "batch_size": None if estimator is Estimator.EXACT else batch_size,
                "seed": seed,
                **made_by(read),
            }
        )
    print_results(records, format, lambda: tables(records))


def of_all_images(read: "Codes", posterior: Any) -> dict[str, Any]:
    """What no sampling changes."""
    import torch

    from tcvae_cli.estimators.gaussian import gaussian_total_correlation

    gaussian = float(gaussian_total_correlation(posterior.mean, posterior.probability))
    likelihood = None
    if read.log_likelihood is not None:
        likelihood = float(posterior.probability @ torch.from_numpy(read.log_likelihood).double())
    return {
        "gaussian_total_correlation_of_means": gaussian if math.isfinite(gaussian) else None,
        "log_likelihood": likelihood,
    }


def exact_terms(posterior: Any, prior: Any) -> "Terms":
    """The decomposition over all N images for a number of samples, and whether its sum is the analytic KL."""
    from tcvae_cli.estimators.decomposition import integrate, sample_entropy

    known = integrate(posterior, prior)

    def terms(samples: int, generator: "torch.Generator") -> tuple[dict[str, Any], int]:
        with progress("sampling H(z)", total=samples) as advance:
            found = sample_entropy(known, samples, generator, advance)
        return {
            "estimator": "exact (all images)",
            "index_code_mi": found.index_code_mi,
            "total_correlation": found.total_correlation,
            "dimension_wise_kl": found.dimension_wise_kl,
            "standard_error": found.standard_error,
            "analytic_kl": found.analytic_kl,
            "sum_minus_analytic_kl": found.sum - found.analytic_kl,
            "sum_agrees": found.sum_agrees,
            "sampled_kl": found.sampled_kl,
            "sampled_kl_standard_error": found.sampled_kl_standard_error,
            "joint_entropy": found.joint_entropy,
            "marginal_entropy": found.marginal_entropy.tolist(),
            "kl_per_latent": found.kl_per_latent.tolist(),
        }, samples

    return terms


def minibatch_terms(posterior: Any, prior: Any, estimator: str, batch: int) -> "Terms":
    """Means of the minibatch terms over as many batches as give a number of z, with their standard errors."""
    from tcvae_cli.estimators.decomposition import mean_kl
    from tcvae_cli.estimators.minibatch import estimate_terms

    analytic_kl = float(mean_kl(posterior, prior).sum())

    def terms(samples: int, generator: "torch.Generator") -> tuple[dict[str, Any], int]:
        batches = max(2, -(-samples // batch))
        with progress("sampling", total=batches) as advance:
            found = estimate_terms(posterior, prior, estimator, batches, batch, generator, advance)
        return {
            "estimator": f"{estimator} (minibatch, biased: compare only at equal batch size)",
            **dict(zip(TERMS, found.mean.tolist(), strict=True)),
            "standard_error": found.standard_error[1].item(),
            "standard_error_per_term": found.standard_error.tolist(),
            "analytic_kl": analytic_kl,
        }, found.samples

    return terms


def tables(records: list[dict[str, Any]]) -> object:
    """The results for people, one below the other."""
    from rich.console import Group

    return Group(*map(table, records))


def table(record: dict[str, Any]) -> "Table":
    """One result for people: the terms, their sum and the check, then the ELBO."""
    from rich.table import Table

    grid = Table(title=f"ELBO decomposition   {record['estimator']}", title_justify="left")
    grid.add_column("term")
    grid.add_column("nats", justify="right")
    grid.add_column("")
    errors = record.get("standard_error_per_term", [record["standard_error"]] * 2 + [None])
    for name, term, error in zip(
        ("index-code MI", "total correlation", "dimension-wise KL"), TERMS, errors, strict=True
    ):
        grid.add_row(name, f"{record[term]:.4f}", "" if error is None else f"± {error:.4f}")
    grid.add_section()
    check = ""
    if "sum_agrees" in record:
        check = (
            "= MI + TC + dimension-wise KL" if record["sum_agrees"] else "is NOT the sum of the terms: a bug, report it"
        )
    grid.add_row(
        "mean KL (quadrature)" if record["prior"] == "flow" else "mean KL (closed form)",
        f"{record['analytic_kl']:.4f}",
        check,
    )
    gaussian = record["gaussian_total_correlation_of_means"]
    if gaussian is not None:
        grid.add_row("Gaussian TC of means", f"{gaussian:.4f}", "of their correlations alone")
    if record["log_likelihood"] is not None:
        grid.add_row("log p(x|z)", f"{record['log_likelihood']:.4f}", "one z an image")
        grid.add_row("ELBO", f"{record['elbo']:.4f}", "", style="bold")
    return grid
