"""ELBO against MIG over beta (figure 2 of the paper)."""

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.panels import Label, label_points, looks, new_panels, short_titles, wrapped
from tcvae_cli.results.series import Joined, Points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = Callable[[Sequence[float]], tuple[float, float, float]]  # of some values: mean, lower and upper end


def trade_off(joined: Joined, interval: Interval) -> "Figure":
    """A point for the means of each objective and beta, a line in order of beta, INTERVAL of both; a panel a data set.

    The band is the interval of MIG, the fine horizontal strokes are those of the ELBO.
    """
    figure, panels = new_panels(short_titles(list(joined.panels)))
    for panel, lines in zip(panels, joined.panels.values(), strict=True):
        styles = looks(list(lines))
        drawn = [(name, draw_line(panel, name, runs, styles[name], interval)) for name, runs in lines.items()]
        panel.margins(0.06, 0.12)
        panel.autoscale_view()
        labels = [Label(x, y, beta, styles[name]["color"]) for name, points in drawn for x, y, beta in points]
        label_points(panel, labels, [place for _, points in drawn for place in between(points)])
        panel.set_xlabel("ELBO (nats)")
        panel.legend(frameon=False, fontsize=7, handlelength=1.8)
    panels[0].set_ylabel(f"MIG, {joined.estimator}")
    return figure


def draw_line(
    panel: "Axes", name: str, runs: Points, style: dict[str, Any], interval: Interval
) -> list[tuple[float, float, str]]:
    """One line with its bands; the place of each of its points and its beta."""
    elbo = [interval([elbo for elbo, _ in some]) for some in runs.values()]
    mig = [interval([mig for _, mig in some]) for some in runs.values()]
    x, y = [mean for mean, _, _ in elbo], [mean for mean, _, _ in mig]
    edge = [*zip(x, (high for _, _, high in mig), strict=True)]
    edge += reversed([*zip(x, (low for _, low, _ in mig), strict=True)])
    panel.fill(*zip(*edge, strict=True), color=style["color"], alpha=0.15, linewidth=0)
    lows, highs = [low for _, low, _ in elbo], [high for _, _, high in elbo]
    panel.hlines(y, lows, highs, color=style["color"], linewidth=0.6, alpha=0.6)
    panel.plot(x, y, marker="o", markersize=3, linewidth=1, label=wrapped(name), **style)
    return [(*place, f"{beta:g}") for place, beta in zip(zip(x, y, strict=True), runs, strict=True)]


def between(points: Sequence[tuple[float, float, str]]) -> list[tuple[float, float]]:
    """Places on the line through POINTS, which labels should keep away from."""
    return [
        (x + (next_x - x) * part / 8, y + (next_y - y) * part / 8)
        for (x, y, _), (next_x, next_y, _) in itertools.pairwise(points)
        for part in range(1, 8)
    ]
