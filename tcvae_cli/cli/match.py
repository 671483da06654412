"""`tcvae match`: codes of two runs to the latents that say the same."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.flags import Format
from tcvae_cli.cli.tables import print_result
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.machine import start_torch
from tcvae_cli.verbs.inputs import posterior_of, prior_of

if TYPE_CHECKING:
    import torch

    from tcvae_cli.files.codes import Codes


def match(
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Output of tcvae encode.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Codes of the same images by another run.")] = "-",
    format: Annotated[Format | None, typer.Option(help="\\[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Which latents of two runs say the same: the one-to-one matching with the largest sum of |r| of their means.

    tcvae match beta-tcvae.codes beta-vae.codes

    tcvae encode beta-vae.safetensors | tcvae match beta-tcvae.codes - --format json

    A latent is active if its mean has more than 1% of its aggregated variance. `tcvae plot strips` draws the pairs.
    """
    if codes == other:
        raise UsageError("OTHER", "is the same file", "give the codes of another run")
    start_torch("cpu")
    from tcvae_cli.estimators.matching import matched
    from tcvae_cli.files.codes import read_codes
    from tcvae_cli.verbs.record import origin_of

    first, second = read_codes(codes), read_codes(other)
    check_same_images(first, second)
    about = [about_latents(one) for one in (first, second)]
    pairs = [
        {
            "latent": pair.latent,
            "other": pair.other,
            "correlation": pair.correlation,
            "kl": float(about[0][0][pair.latent]),
            "other_kl": float(about[1][0][pair.other]),
            "active": bool(about[0][1][pair.latent] and about[1][1][pair.other]),
        }
        for pair in matched(posterior_of(first).mean, posterior_of(second).mean)
    ]
    record = {
        "kind": "match",
        "estimator": "largest sum of |Pearson r| of the means",
        "pairs": sorted(pairs, key=lambda pair: -abs(pair["correlation"])),
        "rows": len(first.mean),
        "latents": first.mean.shape[1],
        "samples": None,
        "seed": None,
        **origin_of(first).record(),
        "other": origin_of(second).record(),
    }
    print_result(record, format, lambda: table(record))


def check_same_images(first: "Codes", second: "Codes") -> None:
    """TcvaeError if two files of codes are not of the same images, as far as they say."""
    digests = {one.data.digest for one in (first, second)} - {""}
    if len(digests) > 1 or len(first.mean) != len(second.mean):
        fault = f"is not of the images of {first.where}"
        raise TcvaeError(second.where, fault, "encode one data set with both runs")


def about_latents(codes: "Codes") -> "tuple[torch.Tensor, torch.Tensor]":
    """KL in nats of each latent, and whether it is active."""
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.decomposition import mean_kl

    posterior = posterior_of(codes)
    active = active_latents(posterior.mean, posterior.log_std, posterior.probability)
    return mean_kl(posterior, prior_of(codes)), active


def table(record: dict[str, Any]) -> object:
    """The result for people: a row a pair, pale where one of the two is not active."""
    from rich.table import Table

    grid = Table(title="Latents that match best", title_justify="left")
    for name in ("latent", "other", "r", "KL nats", "other's"):
        grid.add_column(name, justify="right")
    for pair in record["pairs"]:
        cells = (f"{pair['correlation']:.3f}", f"{pair['kl']:.3f}", f"{pair['other_kl']:.3f}")
        grid.add_row(f"z{pair['latent']}", f"z{pair['other']}", *cells, style=None if pair["active"] else "dim")
    return grid
