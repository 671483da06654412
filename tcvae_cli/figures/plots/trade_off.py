"""Two numbers of the runs over beta, such as ELBO and MIG (figure 2 of the paper)."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.labels import Label, label_points
from tcvae_cli.figures.panels import (
    add_legend,
    axis_name,
    check_amount,
    draw_intervals,
    in_legend,
    looks,
    new_panels,
    settle,
)
from tcvae_cli.figures.style import styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.line import Results
from tcvae_cli.results.pairs import MIG, Points, pair_numbers
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import summarise
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Place = tuple[float, float]
STEPS = 24  # of a line, at which labels see it


@styled
def trade_off(results: Results, x: str = "elbo", y: str | Sequence[str] | None = None, note: Note = warn) -> "Figure":
    """Draw the means of two numbers of each objective and beta, joined in order of beta.

    X and Y, by default MIG, are `mig` or keys of estimate-tc, such as elbo and total_correlation. There is one panel
    per data set and, of several keys Y, one per key. The fine strokes are Student's 90% intervals of the mean of Y
    (upright) and X (across), and a band joins those of Y of neighbours; fewer than 5 runs have neither. A run needs a
    line of mig and one of estimate-tc; a note tells how many are left out.
    """
    keys = [MIG] if y is None else [y] if isinstance(y, str) else list(y)
    table = Table(results, note)
    if not keys:
        raise ArgumentError("y", "names no number", "give the key of one, such as 'mig'")
    found = [(key, pair_numbers(table, x, key)) for key in keys]
    drawn = [(key, pairs, lines) for key, pairs in found for lines in pairs.panels.values()]
    check_amount([lines for *_, lines in drawn])
    titles = [title for _, pairs in found for title in table.in_words(list(pairs.panels))]
    if len(set(titles)) == 1:
        titles[1:] = [""] * len(titles[1:])  # panels beside one another of one data set
    figure, panels = new_panels(titles)
    named = []
    for panel, (key, pairs, lines) in zip(panels, drawn, strict=True):
        named.append((panel, *draw_panel(panel, lines)))
        if key == keys[0]:  # the same lines stand in the others
            add_legend(panel, 1.8)
        panel.set_xlabel(axis_name(x))
        if lines is next(iter(pairs.panels.values())):  # the panels to its right share the name of its upright axis
            panel.set_ylabel(f"MIG, {pairs.estimator_sentence}" if key == MIG else axis_name(key))
    settle(figure)
    for panel, labels, obstacles in named:
        label_points(panel, labels, obstacles)
    return figure


def draw_panel(panel: "Axes", lines: dict[Setting, Points]) -> tuple[list[Label], list[Place]]:
    """Draw the lines of one data set. Return the β of each point, and the places that these should not cover."""
    styles, labels, obstacles = looks(list(lines)), list[Label](), list[Place]()
    for setting, points in lines.items():
        places, strokes = draw_line(panel, in_legend(setting.label), points, styles[setting])
        own = styles[setting]["color"]
        labels += [Label(x, y, f"β = {beta:g}", own, 2.2) for (x, y), beta in zip(places, points, strict=True)]
        obstacles += [*between(places), *(place for stroke in strokes for place in between(stroke))]
    panel.margins(0.1, 0.12)
    return labels, obstacles


def draw_line(
    panel: "Axes", name: str, points: Points, style: dict[str, Any]
) -> tuple[list[Place], list[tuple[Place, Place]]]:
    """Draw one line with its intervals. Return the places of its points, and the ends of its strokes."""
    across, upright = ([summarise([run[side] for run in runs]) for runs in points.values()] for side in (0, 1))
    x, y = [own.mean for own in across], [own.mean for own in upright]
    draw_intervals(panel, x, [own.mean_interval for own in upright], style["color"])
    strokes = [(level, *own.mean_interval) for level, own in zip(y, across, strict=True) if own.mean_interval]
    if strokes:
        panel.hlines(*zip(*strokes, strict=True), color=style["color"], linewidth=0.6, alpha=0.6)
    panel.plot(x, y, markersize=3.5, linewidth=1, label=name, **style)
    ends = [((low, level), (high, level)) for level, low, high in strokes]
    for at, own in zip(x, upright, strict=True):
        ends += [((at, own.mean_interval[0]), (at, own.mean_interval[1]))] if own.mean_interval else []
    return [*zip(x, y, strict=True)], ends


def between(places: Sequence[Place]) -> list[Place]:
    """Return places on the line through PLACES, which labels should keep away from."""
    return [
        (x + (next_x - x) * part / STEPS, y + (next_y - y) * part / STEPS)
        for (x, y), (next_x, next_y) in itertools.pairwise(places)
        for part in range(1, STEPS)
    ]
