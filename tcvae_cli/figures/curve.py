"""Any number of the results against any other, a line a setting."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import UsageError
from tcvae_cli.figures.panels import axis_name, looks, new_panels, short_titles, wrapped
from tcvae_cli.results.groups import refuse_repeats
from tcvae_cli.results.line import ABSENT, Line
from tcvae_cli.results.methods import data_set_of
from tcvae_cli.results.series import name_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TICKS = 8
Points = dict[float | None, list[float]]  # {x: y of each run}, and under None what has no x


def curve(results: Sequence[Line], x: str, y: str) -> "Figure":
    """The number under the key Y against that under X: every run a dot, a line through the means; a panel a data set.

    Results in which X is null, such as the samples of an exact estimate, are drawn as a level.
    """
    table = lines_of(results, x, y)
    names = list(dict.fromkeys(name for lines in table.values() for name in lines))
    shared = common_start(names)
    titles = [f"{title}{shared and ': ' + shared}" for title in short_titles(list(table))]
    figure, panels = new_panels(titles)
    styles = looks(sorted(names, key=lambda name: all(set(lines.get(name, {})) <= {None} for lines in table.values())))
    for panel, lines in zip(panels, table.values(), strict=True):
        for name, line in lines.items():
            draw_line(panel, name.removeprefix(shared).removeprefix(", "), line, styles[name])
        scale(panel, sorted({place for line in lines.values() for place in line if place is not None}))
        panel.set_xlabel(axis_name(x))
        if len(names) > 1:
            panel.legend(frameon=False, fontsize=7, handlelength=2.4)
    estimators = sorted({str(result["estimator"]) for result in results if result.number_or_none(y) is not None})
    panels[0].set_ylabel(", ".join([axis_name(y), *(estimators if len(estimators) == 1 else [])]))
    return figure


def scale(panel: "Axes", places: Sequence[float]) -> None:
    """A logarithmic axis where x spans more than a decade, with its few PLACES as ticks."""
    if not places or places[0] <= 0 or places[-1] <= 10 * places[0]:
        return
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(lambda place, _: f"{place:,.10g}")
    if len(places) <= MOST_TICKS:
        panel.set_xticks(places)
        panel.minorticks_off()


def common_start(names: Sequence[str]) -> str:
    """The setting that all lines have in common, for the title."""
    settings = {name.split(", ")[0] for name in names}
    return settings.pop() if len(settings) == 1 else ""


def lines_of(results: Sequence[Line], x: str, y: str) -> dict[str, dict[str, Points]]:
    """{data set: {line: its points}} of the results that have a number under Y, and a number or null under X.

    Raises UsageError for a key that no result has, TcvaeError for a result given twice.
    """
    of_y = [result for result in results if result.number_or_none(y) is not None]
    if not of_y:
        raise UsageError("--y", f"no result has a number {y!r}", "name one that the lines hold")
    own = [result for result in of_y if result.find(x, ABSENT) is not ABSENT]
    if all(result.number_or_none(x) is None for result in own):
        raise UsageError("--x", f"no result with {y!r} has a number {x!r}", "name one that the lines hold")
    refuse_repeats(own, dict)  # whole lines: measuring a run again with another seed is another dot
    rows = [
        (
            data_set_of(result),
            (*name[:2], ", ".join([name[2], *words])),
            result.number_or_none(x),
            result.number_or_none(y) or 0.0,
        )
        for result, name, words in zip(own, name_lines(own, x), ways_of_measuring(own), strict=True)
    ]
    table: dict[str, dict[str, Points]] = {}
    for data_set, name, place, value in sorted(rows, key=lambda row: (*row[:2], row[2] is None, row[2] or 0, row[3])):
        table.setdefault(data_set, {}).setdefault(name[2], {}).setdefault(place, []).append(value)
    return table


def ways_of_measuring(results: Sequence[Line]) -> list[list[str]]:
    """Of each result its measure and its estimator, as far as they differ."""
    measures = [str(result.get("measure") or "") for result in results]
    estimators: dict[str, set[str]] = {}
    for result, measure in zip(results, measures, strict=True):
        estimators.setdefault(measure, set()).add(str(result["estimator"]))
    return [
        [measure] * (len(estimators) > 1) + [str(result["estimator"])] * (len(estimators[measure]) > 1)
        for result, measure in zip(results, measures, strict=True)
    ]


def draw_line(panel: "Axes", name: str, line: Points, style: dict[str, Any]) -> None:
    """The means of one setting as a line and its runs as dots; what has no x as a level."""
    places = [place for place in line if place is not None]
    means = [sum(line[place]) / len(line[place]) for place in places]
    runs = [(place, value) for place in places for value in line[place]]
    if None in line:
        level = sum(line[None]) / len(line[None])
        panel.axhline(
            level, color=style["color"], linewidth=0.8, linestyle=":", label=None if places else wrapped(name)
        )
    if places:
        panel.plot(places, means, marker="o", markersize=3.5, linewidth=1, label=wrapped(name), **style)
        x, y = zip(*runs, strict=True)
        face, edge = style["markerfacecolor"], style["color"]
        panel.scatter(x, y, s=6, alpha=0.5, linewidths=0.5, zorder=1, facecolors=face, edgecolors=edge)
