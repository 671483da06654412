"""Total correlation against MIG, one circle per β (figure 4 of the paper)."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.labels import Label, label_points
from tcvae_cli.figures.lettering import signed
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.panels import (
    ABOVE,
    LINE,
    check_amount,
    in_legend,
    looks,
    new_panels,
    settle,
    wrapped,
)
from tcvae_cli.figures.style import styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.line import Results
from tcvae_cli.results.pairs import Pairs, Points, estimated_correlation, pair_with_mig
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import pearson, spearman
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Place = tuple[float, float]
SMALL = 6.5  # points, of the legend


@styled
def circles(results: Results, note: Note = warn) -> "Figure":
    """Draw the mean TC and MIG of each beta as a circle that grows with beta, every run a dot; a panel per data set.

    The legend gives Pearson's r and Spearman's over all runs of a method, the latter with its 90% interval where every
    beta has the same seeds, and over the means of its betas. A run needs a line of mig and one of estimate-tc; a note
    tells how many lines are left out.
    """
    table = Table(results, note)
    pairs = pair_with_mig(table, "total_correlation")
    check_amount(pairs.panels.values())
    most = max(map(len, pairs.panels.values()))
    titles = [wrapped(title) for title in table.in_words(list(pairs.panels))]
    breaks = max(
        title.count("\n") + sum(in_legend(setting.label, size=SMALL).count("\n") for setting in lines)
        for title, lines in zip(titles, pairs.panels.values(), strict=True)
    )
    figure, panels = new_panels([""] * len(pairs.panels), 2.3 + 0.34 * most + LINE * breaks)
    for panel, title, (data_set, lines) in zip(panels, titles, pairs.panels.items(), strict=True):
        draw_panel(panel, lines, {setting: interval(pairs, data_set, setting) for setting in lines})
        panel.set_xlabel("mean total correlation (nats)")
        text: dict[str, Any] = {"fontsize": SMALL, "title": title, "title_fontsize": 8, "alignment": "left"}
        legend = panel.legend(frameon=False, handletextpad=0.2, **text, **ABOVE)
        legend.get_title().set_color(look().quiet)
    panels[0].set_ylabel(f"mean MIG, {pairs.estimator_sentence}")
    settle(figure)
    for panel, lines in zip(panels, pairs.panels.values(), strict=True):
        name_circles(panel, lines)
    return figure


def interval(pairs: Pairs, data_set: str, setting: Setting) -> str:
    """Return the interval of Spearman's correlation over the runs, in words; "" if a beta lacks a seed of another."""
    (runs,) = pairs.by_seed(data_set, [setting])
    if runs.shape[0] * runs.shape[1] < sum(map(len, pairs.panels[data_set][setting].values())):
        return ""
    found = estimated_correlation(runs)
    return f" ({found.low:.2f} to {found.high:.2f})" if found.low < found.high else ""


def draw_panel(panel: "Axes", lines: dict[Setting, Points], intervals: dict[Setting, str]) -> None:
    """Draw the circles and the runs of one data set."""
    styles = looks(list(lines))
    for number, (setting, points) in enumerate(lines.items()):
        own, filled = styles[setting]["color"], number % 2 == 0  # as grey print tells two methods apart
        means = draw_circles(panel, points, own, filled)
        runs = [run for runs in points.values() for run in runs]
        text = legend_entry(in_legend(setting.label, size=SMALL), runs, means, intervals[setting])
        panel.scatter([], [], s=24, label=text, **circle(own, filled))
    panel.margins(0.1)


def name_circles(panel: "Axes", lines: dict[Setting, Points]) -> None:
    """Write beside each circle which β it is of."""
    labels = [
        Label(*centre(runs), f"β = {beta:g}", style["color"], radius(beta))
        for points, style in zip(lines.values(), looks(list(lines)).values(), strict=True)
        for beta, runs in points.items()
    ]
    label_points(panel, labels, [run for points in lines.values() for runs in points.values() for run in runs])


def draw_circles(panel: "Axes", points: Points, colour: str, filled: bool) -> list[Place]:
    """Draw the circles of one method over its runs. Return where they stand."""
    means = list(map(centre, points.values()))
    for runs in points.values():
        x, y = zip(*runs, strict=True)
        panel.scatter(x, y, s=4, color=colour, alpha=0.45, linewidths=0)
    x, y = zip(*means, strict=True)
    panel.scatter(x, y, s=[(2 * radius(beta)) ** 2 for beta in points], **circle(colour, filled))
    return means


def circle(colour: str, filled: bool) -> dict[str, Any]:
    """Return how to draw a circle."""
    return {"facecolors": f"{colour}40" if filled else "none", "edgecolors": colour, "linewidths": 1.1}


def radius(beta: float) -> float:
    """Return the radius of the circle of BETA in points: its area is linear in beta."""
    return math.sqrt(2.5 + 3.5 * max(0.0, beta))


def legend_entry(name: str, runs: Sequence[Place], means: Sequence[Place], interval: str = "") -> str:
    """Return a method and its correlations, that over the runs with its INTERVAL.

    Those of fewer than three points would be 1 or -1 in any case.
    """
    parts = [name]
    for what, places, beside in ((f"{len(runs)} runs", runs, interval), (f"{len(means)} means", means, "")):
        if len(places) > 2:
            x, y = zip(*places, strict=True)
            parts.append(signed(f"{what}: r = {pearson(x, y):.2f}, Spearman {spearman(x, y):.2f}{beside}"))
    return "\n".join(parts)


def centre(runs: Sequence[Place]) -> Place:
    """Return the means of both numbers of some runs."""
    x, y = zip(*runs, strict=True)
    return sum(x) / len(x), sum(y) / len(y)
