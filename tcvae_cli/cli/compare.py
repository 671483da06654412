"""`tcvae compare`: summarise the results of many runs by setting."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli.cli.completion import published_sets
from tcvae_cli.cli.flags import ResultFormat
from tcvae_cli.cli.headings import data_in_words, written
from tcvae_cli.cli.messages import say_note
from tcvae_cli.cli.tables import print_results

if TYPE_CHECKING:
    from tcvae_cli.results.line import Line
    from tcvae_cli.verbs.compare import Compared, Comparison


def compare(
    results: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RESULTS",
            help="Files of result lines (JSON), as the measuring verbs print them; - is standard input.",
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="Key of the number to compare, such as mig_sup. \\[default: the result's main number]"
        ),
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=published_sets,
            help="Set beside the results what others published of a data set, such as dsprites.",
        ),
    ] = None,
    format: ResultFormat = None,  # noqa: A002
) -> None:
    """Summarise results by setting, over seeds, and test each setting against the others.

    cat seed_*/mig.json | tcvae compare

    tcvae compare scores.jsonl --value parts.completeness --format table

    tcvae compare scores.jsonl --published dsprites

    Settings are what the runs differ in, seeds apart; measures, estimators and data sets are never mixed. Intervals are
    90% ones, of the mean and of the shift between two settings, and need 5 runs; P needs 2 and is two-sided: 0.10 is
    the 5% on each side by which pages of claims decide. P(larger) is the chance that a run of the one setting beats one
    of the other. A line that is given twice counts once, and of a checkpoint and its finished run the later step
    counts. Published numbers stand apart, each with its source, estimator, factors and training, and are in no mean,
    interval or test; without any results they are printed alone.
    """
    from tcvae_cli.verbs.compare import compare as verb

    lines = lines_given(results, published)
    found = verb(lines, value, published=published, note=say_note)
    print_results(found.records(), format, lambda: tables(found, lines if value is None else ()))


def lines_given(results: list[str] | None, published: str | None) -> "list[Line]":
    """Return the results that are named or piped in. Beside what is PUBLISHED there may be none."""
    from tcvae_cli.errors import EmptyInputError
    from tcvae_cli.results.line import read_results

    if results or published is None:
        return read_results(*(results or ["-"]))
    if sys.stdin.isatty():
        return []
    try:
        return read_results("-")
    except EmptyInputError:
        return []


def tables(comparison: "Comparison", given: "Sequence[Line]" = ()) -> object:
    """Return the results for people: one row per setting, below one row for each two of them; then known numbers.

    The titles tell what other numbers of the lines that were GIVEN --value can compare.
    """
    from rich.console import Group
    from rich.table import Table

    from tcvae_cli.cli.published import published_tables

    parts: list[Table] = []
    for panel in comparison.panels:
        grid = Table(title=title_of(panel, given))
        for name in ("setting", "runs", "mean", "90% interval", "min", "25%", "median", "75%", "max"):
            grid.add_column(name, justify="left" if name == "setting" else "right")
        tests = Table(title=f"{panel[0].group.quantity}: first setting against second")
        for name in ("first", "second", "shift", "90% interval", "P(larger)", "rank test P"):
            tests.add_column(name, justify="left" if name in ("first", "second") else "right")
        for place, row in enumerate(panel):
            setting, own = row.group.setting.name, row.summary
            quarters = (own.minimum, own.lower_quartile, own.median, own.upper_quartile, own.maximum)
            numbers = [written(own.mean), interval(own.mean_interval)]
            grid.add_row(setting, str(own.count), *numbers, *map(written, quarters))
            for other in row.versus[place:]:
                p = "-" if other.p is None else f"{other.p:.2g}"
                shift = [written(other.shift), interval(other.shift_interval)]
                tests.add_row(setting, other.setting, *shift, written(other.superiority), p)
        parts += [grid, tests] if tests.row_count else [grid]
    return Group(*parts, *published_tables(comparison.published))


def title_of(panel: "Sequence[Compared]", given: "Sequence[Line]") -> str:
    """Return the title of a panel: the quantity, which way is better, how it was found, and of which data."""
    from tcvae_cli.results.meanings import LEGEND, arrow, unit_of
    from tcvae_cli.results.table import other_values

    about = panel[0].group
    lines = [line for row in panel for line in row.group.lines]
    points, unit = arrow(about.quantity), unit_of("", about.quantity)
    words = " ".join(filter(None, [about.quantity, points, f"in {unit}" if unit else ""]))
    alike = [line for line in given if all(line.get(key) == lines[0].get(key) for key in ("kind", "measure"))]
    others = other_values(alike)
    return "\n".join(
        [
            f"{words}   {about.estimator_sentence}",
            *data_in_words(lines),
            *([LEGEND] if points else []),
            *([f"--value compares another number: {', '.join(others)}"] if others else []),
        ]
    )


def interval(ends: tuple[float, float] | None) -> str:
    """Return an interval as a cell, a dash where there is none."""
    return "-" if ends is None else " ".join(map(written, ends))
