"""Any number of the results against any other, one line per setting."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.panels import (
    HEIGHT,
    TALL,
    add_legend,
    axis_name,
    check_amount,
    draw_intervals,
    in_legend,
    looks,
    new_panels,
    settle,
    wrapped,
)
from tcvae_cli.figures.style import styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.curves import Points, read_curves
from tcvae_cli.results.estimates import LEAST_RUNS
from tcvae_cli.results.line import Results
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import summarise
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TICKS = 8
NEAREST = 0.05  # ticks, as a share of the axis


@styled
def curve(results: Results, x: str, y: str, note: Note = warn) -> "Figure":
    """Draw the number under the key Y against that under X: every run a dot, a line through the means.

    There is no line where X was not chosen, as a setting is, but measured. The two may stand in two lines of a run.

    Fine strokes and the band that joins them are Student's 90% intervals of the means, from 5 runs on. There are none
    where a run stands more than once at one place, measured again with another seed, as a note tells.

    There is one panel per data set. Results in which X is null, such as the samples of an exact estimate, are drawn as
    a level. Raises ArgumentError for a key that no result has.
    """
    table = Table(results, note)
    curves = read_curves(table, x, y)
    check_amount(curves.panels.values())
    most = max(
        len(values) for panel in curves.panels.values() for points in panel.values() for values in points.values()
    )
    if curves.repeated and most >= LEAST_RUNS:
        note("some runs are measured several times at one place: no intervals, which need independent runs")
    lines = list(dict.fromkeys(line for panel in curves.panels.values() for line in panel))
    shared = common_start(lines)
    titles = [" · ".join(filter(None, (shared, title))) for title in table.in_words(list(curves.panels))]
    figure, panels = new_panels(titles)
    places = {line: {place for own in curves.panels.values() for place in own.get(line, {})} for line in lines}
    styles = looks(sorted(lines, key=lambda line: places[line] == {None}))  # levels last
    for panel, own in zip(panels, curves.panels.values(), strict=True):
        for line, points in own.items():
            name, style = line.label.removeprefix(shared).removeprefix(", "), styles[line]
            style = style if curves.chosen else {**style, "linestyle": "none"}
            draw_line(panel, name, points, style, not curves.repeated)
        if curves.chosen:
            scale(panel, sorted({place for points in own.values() for place in points if place is not None}))
        panel.set_xlabel(wrapped(axis_name(x)))
        if len(lines) > 1:
            add_legend(panel, 2.4)
    sentences = curves.estimator_sentences
    panels[0].set_ylabel(wrapped(", ".join([axis_name(y), *(sentences if len(sentences) == 1 else [])]), TALL))
    if figure.get_figheight() > HEIGHT:
        settle(figure)
    return figure


def scale(panel: "Axes", places: Sequence[float]) -> None:
    """Take its few PLACES as the ticks of x, on a logarithmic axis where it spans more than a decade."""
    if not places:
        return
    if wide := places[0] > 0 and places[-1] > 10 * places[0]:
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda place, _: f"{place:,.10g}")
    if len(places) <= MOST_TICKS and are_apart(places, wide):
        panel.set_xticks(places, [f"{place:,.10g}" for place in places])
        panel.minorticks_off()


def are_apart(places: Sequence[float], wide: bool) -> bool:
    """Tell whether numbers below the PLACES of an axis, logarithmic if WIDE, would not run into each other."""
    known = [math.log(place) for place in places] if wide else places
    nearest = min((later - place for place, later in itertools.pairwise(known)), default=1.0)
    return nearest >= NEAREST * (known[-1] - known[0])


def common_start(lines: Sequence[Setting]) -> str:
    """Return the objective and beta that all lines have in common, for the title; "" if there are several."""
    names = {replace(line, differences=()).label for line in lines}
    return names.pop() if len(names) == 1 else ""


def draw_line(panel: "Axes", name: str, points: Points, style: dict[str, Any], independent: bool) -> None:
    """Draw the means of one setting as a line and its runs as dots; what has no x as a level.

    The means of INDEPENDENT runs get their intervals.
    """
    places = [place for place in points if place is not None]
    found = {place: summarise(own) for place, own in points.items()}
    runs = [(place, value) for place in places for value in points[place]]
    if None in points:
        level = found[None]
        if independent and level.mean_interval:
            panel.axhspan(*level.mean_interval, color=style["color"], alpha=0.08, linewidth=0)
        panel.axhline(
            level.mean, color=style["color"], linewidth=0.8, linestyle=":", label=None if places else in_legend(name)
        )
    if places:
        if independent:
            draw_intervals(panel, places, [found[place].mean_interval for place in places], style["color"])
        means = [found[place].mean for place in places]
        panel.plot(places, means, markersize=3.5, linewidth=1, label=in_legend(name), **style)
        x, y = zip(*runs, strict=True)
        dots = {"facecolors": style["markerfacecolor"], "edgecolors": style["color"], "marker": style["marker"]}
        panel.scatter(x, y, s=6, alpha=0.5, linewidths=0.5, zorder=1, **dots)
