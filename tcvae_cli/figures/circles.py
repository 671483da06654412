"""Total correlation against MIG, a circle a beta (figure 4 of the paper)."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.panels import Label, label_points, looks, new_panels, short_titles, wrapped
from tcvae_cli.figures.style import GREY
from tcvae_cli.results.series import Joined, Points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Correlations = Callable[[Sequence[float], Sequence[float]], tuple[float, float]]  # of pairs: Pearson's r and Spearman's


def circles(joined: Joined, correlations: Correlations) -> "Figure":
    """The mean TC and MIG of each beta as a circle that grows with beta, every run a dot; a panel a data set.

    The legend gives both CORRELATIONS over all runs of a method, and over the means of its betas.
    """
    most = max(map(len, joined.panels.values()))
    titles = short_titles(list(joined.panels))
    figure, panels = new_panels([""] * len(titles), 2.3 + 0.34 * most)
    for panel, title, lines in zip(panels, titles, joined.panels.values(), strict=True):
        styles = looks(list(lines))
        labels = []
        for name, runs in lines.items():
            means = draw_circles(panel, runs, styles[name]["color"], styles[name]["markerfacecolor"] != "white")
            text = legend_entry(name, [run for some in runs.values() for run in some], means, correlations)
            panel.scatter([], [], s=24, color=styles[name]["color"], alpha=0.7, linewidths=0, label=text)
            ends = {0, len(means) - 1}  # enough to read the others by their size
            labels += [
                Label(*means[end], f"beta {beta:g}", styles[name]["color"], radius(beta))
                for end, beta in enumerate(runs)
                if end in ends
            ]
        panel.margins(0.1)
        panel.autoscale_view()
        label_points(panel, labels, [place for runs in lines.values() for some in runs.values() for place in some], 2)
        panel.set_xlabel("mean total correlation (nats)")
        place: dict[str, Any] = {
            "loc": "lower left",
            "bbox_to_anchor": (0, 1.02),
            "borderaxespad": 0,
            "alignment": "left",
        }
        legend = panel.legend(
            frameon=False, fontsize=6.5, title=wrapped(title), title_fontsize=8, handletextpad=0.2, **place
        )
        legend.get_title().set_color(GREY)
    panels[0].set_ylabel(f"mean MIG, {joined.estimator}")
    return figure


def draw_circles(panel: "Axes", runs: Points, colour: str, filled: bool) -> list[tuple[float, float]]:
    """The circles of one method, and where they stand."""
    means = [(mean([x for x, _ in some]), mean([y for _, y in some])) for some in runs.values()]
    for some in runs.values():
        x, y = zip(*some, strict=True)
        panel.scatter(x, y, s=3, color=colour, alpha=0.35, linewidths=0)
    sizes = [(2 * radius(beta)) ** 2 for beta in runs]
    face = colour if filled else "none"
    x, y = zip(*means, strict=True)
    panel.scatter(x, y, s=sizes, facecolors=face, edgecolors=colour, alpha=0.6, linewidths=0.8)
    return means


def radius(beta: float) -> float:
    """Of the circle of BETA, in points: its area is linear in beta."""
    return math.sqrt(2.5 + 3.5 * beta)


def legend_entry(
    name: str, runs: Sequence[tuple[float, float]], means: Sequence[tuple[float, float]], correlations: Correlations
) -> str:
    """A method and its correlations; those of fewer than three points would be 1 or -1 whatever was measured."""
    parts = [wrapped(name)]
    for what, pairs in ((f"{len(runs)} runs", runs), (f"{len(means)} means", means)):
        if len(pairs) > 2:
            x, y = zip(*pairs, strict=True)
            r, rank = correlations(x, y)
            parts.append(f"{what}: r = {r:.2f}, Spearman {rank:.2f}".replace("-", "\u2212"))
    return "\n".join(parts)


def mean(values: Sequence[float]) -> float:
    """The mean."""
    return sum(values) / len(values)
