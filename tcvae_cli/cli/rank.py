"""`tcvae rank`: order runs without labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.flags import Active, Device, ResultFormat, Where, check_pipe, start_while_waiting
from tcvae_cli.cli.headings import heading, short_names, written
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results

if TYPE_CHECKING:
    from tcvae_cli.verbs.rank_result import RankedRun

WORDS = {
    "udr": "UDR↑",
    "total_correlation": "TC nats↓",
    "elbo": "ELBO nats↑",
    "active_latents": "active latents",
    "effective_latents": "effective latents",
    "mean_rank": "mean rank↓",
}


def rank(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODES",
            help="Two or more codes or runs, or folders of a sweep, of one data set; - is standard input.",
            show_default=False,
        ),
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to take the factor classes from. \\[default: those in CODES]"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE.h5", help="Data set to encode runs on. \\[default: the one of each run]"),
    ] = None,
    images: Annotated[
        int, typer.Option(min=2, max=10_000_000, help="Number of images at most by which UDR compares runs.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the choice of these images.")] = 0,
    active: Active = ACTIVE_SHARE,
    device: Where = Device.AUTO,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Order runs without labels, the best first, by their mean rank of UDR, total correlation and ELBO.

    tcvae rank runs

    tcvae rank seed_0.codes seed_1.codes seed_2.codes --format table

    What a sweep has measured is read from beside its runs. Where the factors are known, MIG stands beside the ranks,
    and from 5 runs on the rank correlation of each criterion with it, which tells how far to trust them:
    docs/ranking.md says what it was on dSprites.
    """
    from tcvae_cli.verbs.rank_few import check_enough

    codes = codes or []
    check_enough(codes)
    check_pipe("--factors", factors, codes, "the codes")
    check_pipe("--data", data, codes, "the codes")
    start_while_waiting(codes, device)
    from tcvae_cli.verbs.rank import rank as rank_runs

    ranked = rank_runs(
        codes,
        factors=factors,
        data=data,
        images=images,
        seed=seed,
        active=active,
        device=device.value,
        progress=progress,
        note=say_note,
    )
    print_results([one.record() for one in ranked], format, lambda: tables(ranked))


def tables(ranked: "Sequence[RankedRun]") -> object:
    """Return the results for people: one row per run, the best in bold, and one per criterion if MIG is known."""
    from rich.console import Group
    from rich.table import Table

    first = ranked[0]
    title = f"Runs by mean rank, the best first   UDR at {first.images:,} images"
    grid = Table(title=heading(title, [one.record() for one in ranked]))
    for head in ("run", "place", *WORDS.values(), "MIG↑"):
        grid.add_column(head, justify="left" if head == "run" else "right")
    for one, name in zip(ranked, short_names([one.codes for one in ranked]), strict=True):
        grid.add_row(
            name,
            f"{one.place:g}",
            f"{one.udr:.4f}",
            f"{one.total_correlation:z.4f}",
            written(one.elbo),
            str(len(one.active_latents)),
            written(one.effective_latents),
            f"{one.mean_rank:.2f}",
            written(one.mig),
            style="bold" if one.place == first.place else None,
        )
    trust = Table(title="How far each goes along with MIG")
    for head in ("criterion", "better", "rank correlation", "90% interval"):
        trust.add_column(head, justify="left" if head in ("criterion", "better") else "right")
    for name, own in ranked[0].agreement.items():
        better = {True: "higher", False: "lower", None: "-"}[own.higher]
        interval = "-" if own.interval is None else " ".join(f"{end:z.4f}" for end in own.interval)
        trust.add_row(WORDS[name].rstrip("↑↓"), better, written(own.correlation), interval)
    judged = any(own.correlation is not None for own in ranked[0].agreement.values())
    return Group(grid, trust) if judged else grid
