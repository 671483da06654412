"""ELBO against MIG over beta (figure 2 of the paper)."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.panels import (
    Label,
    add_legend,
    check_amount,
    draw_intervals,
    in_legend,
    label_points,
    looks,
    new_panels,
    settle,
)
from tcvae_cli.figures.style import styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.data_sets import short_titles
from tcvae_cli.results.line import Results
from tcvae_cli.results.pairs import Points, pair_with_mig
from tcvae_cli.results.statistics import summarise
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Place = tuple[float, float]


@styled
def trade_off(results: Results, note: Note = warn) -> "Figure":
    """Draw the mean ELBO and MIG of each objective and beta, joined in order of beta; one panel per data set.

    The fine strokes are Student's 90% intervals of the mean MIG (upright) and ELBO (across), and a band joins those of
    MIG of neighbours; fewer than 5 runs have neither. A run needs a line of mig and one of estimate-tc; a note tells
    how many are left out.
    """
    pairs = pair_with_mig(Table(results, note), "elbo")
    check_amount(pairs.panels.values())
    figure, panels = new_panels(short_titles(list(pairs.panels)))
    for panel, lines in zip(panels, pairs.panels.values(), strict=True):
        styles = looks(list(lines))
        labels, obstacles = [], []
        for setting, points in lines.items():
            places = draw_line(panel, in_legend(setting.name), points, styles[setting])
            own = styles[setting]["color"]
            labels += [Label(x, y, f"{beta:g}", own) for (x, y), beta in zip(places, points, strict=True)]
            obstacles += between(places)
        panel.margins(0.06, 0.12)
        panel.autoscale_view()
        label_points(panel, labels, obstacles)
        panel.set_xlabel("ELBO (nats)")
        add_legend(panel, 1.8)
    panels[0].set_ylabel(f"MIG, {pairs.estimator_sentence}")
    settle(figure)
    return figure


def draw_line(panel: "Axes", name: str, points: Points, style: dict[str, Any]) -> list[Place]:
    """Draw one line with its intervals. Return the places of its points."""
    elbo = [summarise([elbo for elbo, _ in runs]) for runs in points.values()]
    mig = [summarise([mig for _, mig in runs]) for runs in points.values()]
    x, y = [own.mean for own in elbo], [own.mean for own in mig]
    draw_intervals(panel, x, [own.mean_interval for own in mig], style["color"])
    strokes = [(level, *own.mean_interval) for level, own in zip(y, elbo, strict=True) if own.mean_interval]
    if strokes:
        panel.hlines(*zip(*strokes, strict=True), color=style["color"], linewidth=0.6, alpha=0.6)
    panel.plot(x, y, marker="o", markersize=3, linewidth=1, label=name, **style)
    return [*zip(x, y, strict=True)]


def between(places: Sequence[Place]) -> list[Place]:
    """Return places on the line through PLACES, which labels should keep away from."""
    return [
        (x + (next_x - x) * part / 8, y + (next_y - y) * part / 8)
        for (x, y), (next_x, next_y) in itertools.pairwise(places)
        for part in range(1, 8)
    ]
