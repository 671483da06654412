"""`tcvae compare`: the results of many runs to what they say about their settings."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.flags import Format
from tcvae_cli.cli.tables import print_results

if TYPE_CHECKING:
    from tcvae_cli.results.groups import Group


def compare(
    results: Annotated[
        list[str] | None, typer.Argument(metavar="RESULTS", help="Files of JSON lines; - is standard input.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Compare this number, such as mig_sup. \\[default: the result's main one]"),
    ] = None,
    format: Annotated[Format | None, typer.Option(help="\\[default: table on a terminal, else json]")] = None,  # noqa: A002
) -> None:
    """Summarise results by setting, over seeds, and test each setting against the others.

    cat seed_*/mig.json | tcvae compare

    tcvae compare scores.jsonl --value parts.completeness --format table

    Settings are what the runs differ in, seeds apart; measures, estimators and data sets are never mixed. The interval
    is a 90% bootstrap of the mean. P(larger) is the chance that a run of the one setting beats one of the other.
    """
    from tcvae_cli.results.groups import group_values
    from tcvae_cli.results.line import read_results

    groups = group_values(read_results(*(results or ["-"])), value)
    records = [record_of(group, groups) for group in groups]
    print_results(records, format, lambda: tables(records))


def record_of(group: "Group", groups: "list[Group]") -> dict[str, object]:
    """A result: the summary of one group, and its tests against the others of the same quantity."""
    from dataclasses import asdict

    from tcvae_cli.results.statistics import rank_test, summarise, superiority

    def same(other: "Group") -> bool:
        about = ("quantity", "estimator", "data_set")
        return other is not group and all(getattr(other, key) == getattr(group, key) for key in about)

    versus = [
        {
            "setting": other.setting,
            "superiority": superiority(group.values, other.values),
            "p": rank_test(group.values, other.values),
        }
        for other in groups
        if same(other)
    ]
    return {
        "kind": "compare",
        "quantity": group.quantity,
        "estimator": group.estimator,
        "data_set": group.data_set,
        "setting": group.setting,
        **asdict(summarise(group.values)),
        "versus": versus,
    }


def tables(records: list[dict[str, Any]]) -> object:
    """The results for people: a row a setting, and below a row for each two of them."""
    from rich.console import Group
    from rich.table import Table

    from tcvae_cli.results.estimators import sentence_of

    parts: list[Table] = []
    titles = {(r["quantity"], r["estimator"], r["data_set"]): None for r in records}
    for title in titles:
        rows = [r for r in records if (r["quantity"], r["estimator"], r["data_set"]) == title]
        quantity, estimator, data_set = title
        kind = {"mig": "mig", "total_correlation": "estimate-tc"}.get(quantity, "score")
        said = sentence_of(kind, estimator, quantity.partition(" ")[0])
        grid = Table(title="   ".join((quantity, said, data_set)), title_justify="left")
        for name in ("setting", "runs", "mean", "90% interval", "min", "quarter", "median", "3 quarters", "max"):
            grid.add_column(name, justify="left" if name == "setting" else "right")
        tests = Table(title="first setting against second", title_justify="left")
        for name in ("first", "second", "P(larger)", "rank test P"):
            tests.add_column(name, justify="right" if "P" in name else "left")
        for place, row in enumerate(rows):
            low, high = row["mean_interval"]
            keys = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
            numbers = [f"{row[key]:.4f}" for key in keys]
            grid.add_row(row["setting"], str(row["count"]), f"{row['mean']:.4f}", f"{low:.4f} {high:.4f}", *numbers)
            for other in row["versus"][place:]:
                tests.add_row(row["setting"], other["setting"], f"{other['superiority']:.3f}", f"{other['p']:.2g}")
        parts += [grid, tests] if len(rows) > 1 else [grid]
    return Group(*parts)
