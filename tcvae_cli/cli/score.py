"""`tcvae score`: compute the measures of disentanglement beside MIG."""

from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.cli.completion import factors_known, measures
from tcvae_cli.cli.flags import Active, FactorBins, ResultFormat, check_pipe, start_while_waiting, typed
from tcvae_cli.cli.headings import heading, short_names
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import UsageError
from tcvae_cli.results.estimators import MEASURES, sentence_of

if TYPE_CHECKING:
    from tcvae_cli.verbs.score_result import ScoreResult

FLAGS = {"per_vote": "--per-vote", "train": "--train", "test": "--test", "bins": "--bins", "seed": "--seed"}


def score(
    context: typer.Context,
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODES", help="Codes written by tcvae encode; - is standard input.")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            autocompletion=measures,
            help=f"Measures to compute, of {', '.join(MEASURES)} (udr compares several CODES).",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Compute every measure that applies.")] = False,
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
    per_vote: Annotated[
        int,
        typer.Option(min=1, max=100_000, help="Number L of pairs (higgins) or images (kim-mnih) per vote."),
    ] = 64,
    train: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of votes or images to learn from.")] = 10_000,
    test: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of votes or images to score on.")] = 5_000,
    bins: Annotated[int, typer.Option(min=2, max=1_000_000, help="Number of bins of means (modularity, med).")] = 20,
    factor_bins: FactorBins = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of all random choices.")] = 0,
    active: Active = ACTIVE_SHARE,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Measure codes as the literature does beside MIG; docs/measures.md defines each measure.

    tcvae encode run.safetensors | tcvae score --measure higgins,kim-mnih,sap

    tcvae score codes.safetensors --all --format table

    There is one result per measure and file. The measures need scikit-learn, which
    pip install 'tcvae\\[scores]' brings.
    """
    paths = codes or ["-"]
    named = list({name.strip() for text in measure or [] for name in text.split(",")})
    if bool(named) == every:
        if every:
            raise UsageError("--measure", "contradicts --all", "give either --measure or --all")
        raise UsageError("score", "no measure is asked for", "name measures with --measure, or ask for --all")
    from tcvae_cli.verbs.score import chosen_measures, entries_used, scores
    from tcvae_cli.verbs.score_result import Effort

    effort = Effort(per_vote, train, test, bins, seed)
    chosen = chosen_measures(named or None, len(paths))
    used = entries_used(chosen)
    for name, flag in FLAGS.items():
        if typed(context, name) and name not in used:
            raise UsageError(flag, f"is not used by {', '.join(chosen)}", "leave it out")
    if factor_bins is not None and chosen == ["udr"]:
        raise UsageError("--factor-bins", "is not used by udr", "leave it out")
    check_pipe("--factors", factors, paths, "the codes")
    start_while_waiting(paths, "cpu")
    results = scores(
        paths,
        named or None,
        factors=factors,
        factor=factor,
        effort=effort,
        factor_bins=factor_bins,
        active=active,
        progress=progress,
        note=say_note,
    )
    records, names = [result.record() for result in results], [result.path for result in results]
    print_results(records, format, lambda: table(results, len(paths) > 1), names)


def table(results: "list[ScoreResult]", several: bool) -> object:
    """Return the results for people: one row per measure; of SEVERAL files, with the file of each."""
    from rich.table import Table

    records, names = [result.record() for result in results], [result.path for result in results]
    grid = Table(title=heading("Scores", records, None if several else names[0]))
    for name in (*(["codes"] if several else []), "measure", "score↑", "parts", "estimator"):
        grid.add_column(name, justify="right" if name == "score↑" else "left")
    for result, own in zip(results, short_names(names), strict=True):
        parts = ", ".join(
            f"{name.replace('_', ' ')} {part:z.4f}" for name, part in result.parts.items() if isinstance(part, float)
        )
        said = sentence_of("score", result.estimator, result.measure)
        grid.add_row(*([own] if several else []), result.measure, f"{result.score:z.4f}", parts, said)
    return grid
