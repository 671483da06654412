"""`tcvae mig`: codes and factors to the mutual information gap."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.factors import choose_factors, made_by, open_factors
from tcvae_cli.cli.flags import Format, typed
from tcvae_cli.cli.messages import say
from tcvae_cli.cli.posterior import posterior_of
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_result
from tcvae_cli.errors import UsageError
from tcvae_cli.machine import start_torch

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.arrays import Array
    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.files.data_sets import DataSet


class Method(StrEnum):
    """How entropies are estimated."""

    EXACT = "exact"
    MONTE_CARLO = "monte-carlo"
    HISTOGRAM = "histogram"


MONTE_CARLO, HISTOGRAM = Method.MONTE_CARLO, Method.HISTOGRAM
ITS_METHOD = {"tolerance": Method.EXACT, "samples": MONTE_CARLO, "seed": MONTE_CARLO, "bins": HISTOGRAM}
ESTIMATORS = {
    Method.EXACT: "exact (quadrature)",
    MONTE_CARLO: "monte-carlo (the paper's)",
    HISTOGRAM: "histogram (of the means, not the posterior)",
}


def mig(
    context: typer.Context,
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Output of tcvae encode; - is standard input.")] = "-",
    factors: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Take the factor classes from this data set.")
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Score this factor (repeat for more). \\[default: the data's]"),
    ] = None,
    method: Annotated[
        Method, typer.Option(help="Integrate, or sample as the paper did; or bin the means as other libraries do.")
    ] = Method.EXACT,
    tolerance: Annotated[
        float | None,
        typer.Option(metavar="NATS", help="Refine until no entropy moves more than this, and say how far (exact)."),
    ] = None,
    samples: Annotated[int, typer.Option(min=2, max=1_000_000, help="Samples per entropy (monte-carlo).")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the samples (monte-carlo).")] = 0,
    bins: Annotated[int, typer.Option(min=2, max=1_000_000, help="Of the means (histogram).")] = 20,
    ceiling: Annotated[
        bool, typer.Option("--ceiling", help="Find the largest gap that the images of --factors allow.")
    ] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show what each latent tells of each factor (in the table).")
    ] = False,
    format: Annotated[Format | None, typer.Option(help="\\[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Mutual information gap (eq. 5-6 of Chen et al. 2018) on the full aggregated posterior, per factor and mean.

    tcvae encode run.safetensors | tcvae mig --factors dsprites.h5

    tcvae mig codes.safetensors --factors dsprites.h5 --ceiling --matrix --format table

    docs/measures.md defines MIG-sup, RMIG and JEMMIG, which come with it.
    """
    if tolerance is not None and not 0 < tolerance < float("inf"):
        raise UsageError("--tolerance", f"is {tolerance:g}", "give a number of nats above 0, such as 1e-8")
    for flag, its in ITS_METHOD.items():
        if typed(context, flag) and method is not its:
            raise UsageError(f"--{flag}", f"is not used by {method}", f"leave it out, or ask for --method {its}")
    if matrix and format not in (None, Format.TABLE):
        raise UsageError("--matrix", f"is for the table; {format} has mutual_information always", "leave it out")
    if ceiling and factors is None:
        raise UsageError("--ceiling", "needs the images", "name their data set with --factors")
    from tcvae_cli.files.codes import read_codes

    with open_factors(factors, [codes]) as data:
        read = read_codes(codes)
        names, classes = choose_factors(read, data, factor)
        pictures = pictures_of(data) if data is not None and ceiling else None
    start_torch("cpu")
    posterior = posterior_of(read)
    from tcvae_cli.estimators import information

    how = {
        Method.EXACT: information.by_quadrature(tolerance),
        MONTE_CARLO: information.by_sampling(samples, seed),
        HISTOGRAM: information.by_histogram(bins),
    }[method]
    numbers = content(posterior, classes, method, how, refined=tolerance is not None)
    if tolerance is not None and (numbers["quadrature_error"] or 0) >= tolerance:
        say(f"moved {numbers['quadrature_error']:.0e} nats in the last round, further than asked: rounding ends there")
    rows, latents = read.mean.shape
    sampled = method is MONTE_CARLO
    record = {
        "kind": "mig",
        "estimator": ESTIMATORS[method],
        "mig": numbers.pop("mig"),
        "factors": list(names),
        **numbers,
        "ceiling": None if pictures is None else largest_gaps(pictures, classes, posterior),
        "rows": rows,
        "latents": latents,
        "samples": samples if sampled else None,
        "bins": bins if method is HISTOGRAM else None,
        "seed": seed if sampled else None,
        **made_by(read),
    }
    print_result(record, format, lambda: tables(record, matrix))


def content(posterior: "Posterior", classes: Any, method: Method, how: Any, refined: bool) -> dict[str, Any]:
    """The information gap, its relatives and all that they are made of."""
    import torch

    from tcvae_cli.estimators import information
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.mig import information_gap
    from tcvae_cli.estimators.variants import RESOLUTION, jemmig, mig_sup, rmig

    labels = torch.from_numpy(classes)
    subsets = len(list(information.labelled_subsets(labels)))
    total = None if refined else subsets * posterior.mean.shape[1]  # nobody knows the rounds beforehand
    with progress("measuring", total=total) as advance:
        found = information.entropies(posterior, labels, how, advance)
    gap = information_gap(found.marginal[0] if subsets == 1 else found.marginal, found.conditional, found.factor)
    active = active_latents(posterior.mean, posterior.log_std, posterior.probability)
    moved = float(torch.maximum(found.marginal_error.max(), found.conditional_error.max()))
    error = information.standard_error(found, gap.winner, gap.runner_up)
    return {
        "mig": float(gap.mig),
        "standard_error": error if method is MONTE_CARLO else None,
        "quadrature_error": moved if method is Method.EXACT and moved > 0 else None,
        "gap_per_factor": gap.gap_per_factor.tolist(),
        "winner": gap.winner.tolist(),
        "runner_up": None if gap.runner_up is None else gap.runner_up.tolist(),
        **{name: getattr(gap, name).tolist() for name in ("factor_entropy", "marginal_entropy", "conditional_entropy")},
        "mutual_information": gap.mutual_information.tolist(),
        "mig_sup": float(mig_sup(gap, active)),
        "rmig": float(rmig(gap)),
        "jemmig": float(jemmig(gap, 1 if method is HISTOGRAM else RESOLUTION)),
        "active_latents": active.nonzero().squeeze(1).tolist(),
    }


def pictures_of(data: "DataSet") -> "Array":
    """The same number (rows,) for images that are the same."""
    from tcvae_cli.files.distinct import number_images

    with progress("comparing images", total=data.description.rows) as advance:
        return number_images(data, advance)


def largest_gaps(pictures: "Array", classes: "Array", posterior: "Posterior") -> list[float]:
    """The attainable ceiling of each factor, from the images of the data set."""
    from torch import from_numpy

    from tcvae_cli.estimators.information import attainable

    gaps = attainable(from_numpy(pictures), from_numpy(classes), posterior.probability)
    return [float(gap) for gap in gaps]


def tables(record: dict[str, Any], matrix: bool) -> object:
    """The result for people, and with MATRIX what each latent tells of each factor."""
    from rich.console import Group

    return Group(table(record), information_table(record)) if matrix else table(record)


def information_table(record: dict[str, Any]) -> "Table":
    """I(z_j; v_k) in nats: a row a latent, a column a factor."""
    from rich.table import Table

    grid = Table(title="I(z; v) nats", title_justify="left")
    grid.add_column("latent")
    for name in record["factors"]:
        grid.add_column(name, justify="right")
    for latent, row in enumerate(zip(*record["mutual_information"], strict=True)):
        active = latent in record["active_latents"]
        grid.add_row(f"z{latent}", *(f"{nats:.3f}" for nats in row), style=None if active else "dim")
    return grid


def table(record: dict[str, Any]) -> "Table":
    """The result for people: a row a factor, then the mean and its relatives."""
    from rich.table import Table

    error = "" if record["standard_error"] is None else f" ± {record['standard_error']:.4f}"
    grid = Table(title=f"MIG {record['mig']:.4f}{error}   {record['estimator']}", title_justify="left")
    ceilings = record["ceiling"]
    for name in ("factor", "H(v) nats", "best latent", "I nats", "second", "I nats", "gap"):
        grid.add_column(name, justify="left" if name == "factor" else "right")
    if ceilings:
        grid.add_column("at most", justify="right")
    for k, name in enumerate(record["factors"]):
        information = record["mutual_information"][k]
        best, second = (
            ("-", "-") if latents is None else (f"z{latents[k]}", f"{information[latents[k]]:.3f}")
            for latents in (record["winner"], record["runner_up"])
        )
        entropy, gap = f"{record['factor_entropy'][k]:.3f}", f"{record['gap_per_factor'][k]:.4f}"
        grid.add_row(name, entropy, *best, *second, gap, *([f"{ceilings[k]:.4f}"] if ceilings else []))
    grid.add_section()
    limit = [f"{sum(ceilings) / len(ceilings):.4f}"] if ceilings else []
    grid.add_row("mean", "", "", "", "", "", f"{record['mig']:.4f}", *limit, style="bold")
    for name, key in (("MIG-sup", "mig_sup"), ("RMIG nats", "rmig"), ("JEMMIG nats", "jemmig")):
        grid.add_row(name, "", "", "", "", "", f"{record[key]:.4f}")
    return grid
