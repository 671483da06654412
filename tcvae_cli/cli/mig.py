"""`tcvae mig`: codes and factors to the mutual information gap."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.common import Format, print_result, progress, start_torch
from tcvae_cli.cli.factors import choose_factors, made_by
from tcvae_cli.cli.posterior import posterior_of

if TYPE_CHECKING:
    from tcvae_cli.estimators.entropy import Posterior
    from tcvae_cli.estimators.mig import InformationGap


class Method(StrEnum):
    """How entropies are estimated."""

    EXACT = "exact"
    MONTE_CARLO = "monte-carlo"


def mig(
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Output of tcvae encode; - is standard input.")] = "-",
    factors: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Take the factor classes from this data set.")
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Score this factor (repeat for more). [default: the data's]"),
    ] = None,
    method: Annotated[
        Method, typer.Option(help="Integrate the densities, or sample them as the paper did.")
    ] = Method.EXACT,
    samples: Annotated[int, typer.Option(min=2, help="Samples per entropy (monte-carlo).")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the samples (monte-carlo).")] = 0,
    format: Annotated[Format | None, typer.Option(help="[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Mutual information gap (eq. 5-6 of Chen et al. 2018) on the full aggregated posterior, per factor and mean.

    tcvae encode run.safetensors | tcvae mig --factors dsprites.h5

    tcvae mig codes.safetensors --factor scale --factor posX --format json
    """
    from tcvae_cli.files.codes import read_codes

    read = read_codes(codes)
    names, classes = choose_factors(read, factors, factor)
    start_torch("cpu")
    import torch

    posterior = posterior_of(read)
    exact = method is Method.EXACT
    gap = measure(posterior, torch.from_numpy(classes), None if exact else samples, seed)
    rows, latents = read.mean.shape
    record = {
        "kind": "mig",
        "estimator": "exact (quadrature)" if exact else "monte-carlo (the paper's)",
        "mig": float(gap.mig),
        "factors": list(names),
        **{name: getattr(gap, name).tolist() for name in ("gap_per_factor", "winner", "runner_up", "factor_entropy")},
        **{name: getattr(gap, name).tolist() for name in ("marginal_entropy", "conditional_entropy")},
        "mutual_information": gap.mutual_information.tolist(),
        "rows": rows,
        "latents": latents,
        "samples": None if exact else samples,
        "seed": None if exact else seed,
        **made_by(read),
    }
    print_result(record, format, lambda: table(record))


def measure(posterior: "Posterior", classes: Any, samples: int | None, seed: int) -> "InformationGap":
    """The information gap, exact where SAMPLES is None."""
    import torch

    from tcvae_cli.estimators.entropy import (
        exact_entropies,
        factor_entropies,
        group_columns,
        monte_carlo_entropies,
    )
    from tcvae_cli.estimators.mig import information_gap

    groups, slices = group_columns(classes)
    factor_entropy = factor_entropies(groups, slices, posterior.probability)
    parts = []
    if samples is None:
        with progress("integrating", total=posterior.mean.shape[1]) as advance:
            for part in exact_entropies(posterior, classes):
                parts.append(part)
                advance(1)
        marginal, conditional = torch.stack([p[0] for p in parts]), torch.stack([p[1] for p in parts], dim=1)
    else:
        with progress("sampling", total=classes.shape[1]) as advance:
            for sampled in monte_carlo_entropies(posterior, classes, samples, torch.Generator().manual_seed(seed)):
                parts.append((sampled[0], sampled[2]))
                advance(1)
        marginal, conditional = parts[0][0], torch.stack([p[1] for p in parts])
    return information_gap(marginal, conditional, factor_entropy)


def table(record: dict[str, Any]) -> object:
    """The result for people: a row a factor."""
    from rich.table import Table

    grid = Table(title=f"MIG {record['mig']:.4f}   {record['estimator']}", title_justify="left")
    for name in ("factor", "H(v) nats", "best latent", "I nats", "second", "I nats", "gap"):
        grid.add_column(name, justify="left" if name == "factor" else "right")
    for k, name in enumerate(record["factors"]):
        first, second = record["winner"][k], record["runner_up"][k]
        information = record["mutual_information"][k]
        entropy, gap = record["factor_entropy"][k], record["gap_per_factor"][k]
        cells = (f"z{first}", f"{information[first]:.3f}", f"z{second}", f"{information[second]:.3f}", f"{gap:.4f}")
        grid.add_row(name, f"{entropy:.3f}", *cells)
    grid.add_section()
    grid.add_row("mean", "", "", "", "", "", f"{record['mig']:.4f}", style="bold")
    return grid
