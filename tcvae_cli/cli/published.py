"""Tables of what others published, beside the results of `tcvae compare`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.results.published_numbers import PublishedNumber
    from tcvae_cli.verbs.beside import Beside

UNTOLD = "-"  # what a source does not tell


def published_tables(published: "Sequence[Beside]") -> "Iterator[Table]":
    """Yield a dim table for each quantity, then one of the sources, if there are any."""
    from rich.table import Table

    for quantity in dict.fromkeys(one.number.quantity for one in published):
        yield table_of([one for one in published if one.number.quantity == quantity])
    if published:
        sources = Table(
            "source", "origin", "where it stands, and how it was found", title="sources of what is published"
        )
        for said in dict.fromkeys((one.number.source, one.number.origin, one.number.told) for one in published):
            sources.add_row(*said, style="dim")
        yield sources


def table_of(published: "Sequence[Beside]") -> "Table":
    """Return the table of one quantity; `differs in` stands there if it stands beside results."""
    from rich.table import Table

    from tcvae_cli.results.meanings import arrow

    first = published[0]
    apart = "published" if first.differs is None else "published, in none of the numbers above"
    quantity = " ".join(filter(None, [first.number.quantity, arrow(first.number.quantity)]))
    grid = Table("source", "method", title=f"{apart}: {quantity} on {first.number.data_set}")
    for name in ("runs", "value", "estimator", "factors", "training"):
        grid.add_column(name, justify="right" if name in ("runs", "factors") else "left")
    if first.differs is not None:
        grid.add_column("differs in")
    for one in published:
        cells = cells_of(one.number)
        if one.differs is not None:
            same = "nothing known" if one.number.estimator else "not told"
            cells.append(", ".join(name.replace("_", " ") for name in one.differs) or same)
        grid.add_row(*cells, style="dim")
    return grid


def cells_of(number: "PublishedNumber") -> list[str]:
    """Return the cells of a number but for its differences."""
    runs = UNTOLD if number.runs is None else str(number.runs)
    factors = UNTOLD if number.factors is None else str(len(number.factors))
    training = UNTOLD if number.steps is None else f"{number.steps:,} x {number.batch_size:,}"
    estimator = number.estimator or UNTOLD
    return [number.source, number.setting.name, runs, written(number), estimator, factors, training]


def written(number: "PublishedNumber") -> str:
    """Return the value: "0.4 ± 0.01", or median, quartiles and range as "0.487 (0.195 to 0.497), 0.012 to 0.51"."""
    if number.median is None:
        return f"{number.mean:g}" if number.spread is None else f"{number.mean:g} ± {number.spread:g}"
    lower, upper = number.lower_quartile, number.upper_quartile
    quartiles = "" if lower is None else f" ({lower:.3g} to {upper:.3g})"
    return f"{number.median:.3g}{quartiles}, {number.minimum:.3g} to {number.maximum:.3g}"
