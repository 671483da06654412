"""`tcvae match`: find the latents of two runs that say the same."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.flags import Active, ResultFormat
from tcvae_cli.cli.headings import data_in_words, training_in_words, written
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import UsageError
from tcvae_cli.files.streams import display_name
from tcvae_cli.results.estimators import sentence_of

if TYPE_CHECKING:
    from tcvae_cli.verbs.match import Match


def match(
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")],
    other: Annotated[
        str, typer.Argument(metavar="OTHER", help="Codes of the same images by another run; - is standard input.")
    ] = "-",
    active: Active = ACTIVE_SHARE,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Tell which latents of two runs say the same: the one-to-one matching with the largest sum of |r| of their means.

    tcvae match beta-tcvae.codes beta-vae.codes

    tcvae encode beta-vae.safetensors | tcvae match beta-tcvae.codes - --format json

    `tcvae plot strips` draws the pairs.
    """
    if codes == other:
        raise UsageError("OTHER", "is the same file as CODES", "give the codes of another run")
    from tcvae_cli.verbs.match import match as match_codes

    found = match_codes(codes, other, active=active)
    names = display_name(codes), display_name(other)
    print_results([found.record()], format, lambda: table(found, *names), names[:1])


def table(found: "Match", name: str, other: str) -> object:
    """Return the result for people: one row per pair, pale where one of the two is not active."""
    from rich.table import Table

    record = found.record()
    title = f"Latents that match best   {sentence_of('match', found.estimator)}"
    runs = [
        f"latent: {name}: {training_in_words(record)}",
        f"other: {other}: {training_in_words(record['other'])}",
    ]
    grid = Table(title="\n".join([title, *runs, *data_in_words([record])]))
    for head in ("latent", "other", "r", "KL nats", "KL nats of other"):
        grid.add_column(head, justify="right")
    for pair in found.pairs:
        cells = map(written, (pair.correlation, pair.kl, pair.other_kl))
        grid.add_row(f"z{pair.latent}", f"z{pair.other}", *cells, style=None if pair.active else "dim")
    return grid
