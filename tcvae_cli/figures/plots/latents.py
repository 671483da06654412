"""The latent-against-factor plot of the paper: the mean of each active latent where a factor has a value."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError, printable
from tcvae_cli.figures.lettering import fitted, folded, width_of
from tcvae_cli.figures.style import COLUMN, GREY, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

COLOURS = {"square": "#009e73", "ellipse": "#d55e00", "heart": "#0072b2"}  # the paper's green, red, blue, told apart
OTHERS = ("#000000", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 6, "handlelength": 1.2, "columnspacing": 1.0}
CELL = 0.62  # inches: the height of a panel
FACTOR = 1.2  # inches: the name of a factor below a heat map
SHORT, LONG = 0.5, 1.4  # inches: names in a legend of three columns, and of one
MOST_CHARTS = 500  # each takes 60 ms


@dataclass(frozen=True, eq=False)
class Lines:
    """Means (size, latent) against the classes of one FACTOR, one line per group of images; NaN: no image."""

    factor: str
    groups: dict[str, Array]


@dataclass(frozen=True, eq=False)
class Heat:
    """Means (size, other size, latent) against two factors at once; NaN: no image."""

    factor: str
    other: str
    means: Array


Chart = Lines | Heat


@dataclass(frozen=True, eq=False)
class Portrait:
    """What is drawn of one run: one row per latent if there is a heat map among its charts, else one column per latent.

    `tcvae_cli.verbs.portraits` returns them.
    """

    title: str
    latents: tuple[int, ...]  # those that are active, in order
    charts: tuple[Chart, ...]

    @property
    def upright(self) -> bool:
        """Tell whether latents are rows."""
        return any(isinstance(chart, Heat) for chart in self.charts)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns of charts."""
        count = max(1, len(self.latents))
        return (count, len(self.charts)) if self.upright else (len(self.charts), count)


@styled
def latents(portraits: Iterable[Portrait] | Portrait) -> "Figure":
    """Draw one run, or several side by side, two across if their latents are rows, else one below the other."""
    from matplotlib.figure import Figure

    portraits = [portraits] if isinstance(portraits, Portrait) else list(portraits)
    if (count := sum(math.prod(portrait.shape) for portrait in portraits)) > MOST_CHARTS:
        cure = "draw fewer codes, or name the factors by {factor}"
        raise TcvaeError(
            "codes", f"have {count:,} pairs of a latent and a factor, at most {MOST_CHARTS} are drawn", cure
        )
    across = 2 if len(portraits) > 1 and all(portrait.upright for portrait in portraits) else 1
    lines = [portraits[start : start + across] for start in range(0, len(portraits), across)]
    tallest = [max(map(height_of, line)) for line in lines]
    width = max(COLUMN * across, *(0.5 + 0.66 * portrait.shape[1] for portrait in portraits if not portrait.upright), 0)
    figure = Figure(figsize=(width, sum(tallest)), layout="constrained")
    grid = figure.add_gridspec(len(lines), across, height_ratios=tallest)
    limit = max((largest_mean(portrait) for portrait in portraits), default=1.0) or 1.0
    for row, line in enumerate(lines):
        for column, portrait in enumerate(line):
            place, rest = figure.add_subfigure(grid[row, column]), tallest[row] - height_of(portrait)
            if rest > 0:  # at the top, its panels no taller than its neighbour's
                place = place.subfigures(2, 1, squeeze=False, height_ratios=[height_of(portrait), rest])[0, 0]
            draw_portrait(place, portrait, limit, width / across)
    return figure


def height_of(portrait: Portrait) -> float:
    """Return the height of a portrait in inches."""
    return 0.75 + CELL * portrait.shape[0]


def largest_mean(portrait: Portrait) -> float:
    """Return the largest absolute mean among the active latents of all charts, 0 if there is none."""
    every = [
        means[..., list(portrait.latents)]
        for chart in portrait.charts
        for means in (chart.groups.values() if isinstance(chart, Lines) else [chart.means])
    ]
    return max((float(np.nanmax(np.abs(means))) for means in every if np.isfinite(means).any()), default=0.0)


def draw_portrait(figure: "SubFigure", portrait: Portrait, limit: float, inches: float) -> None:
    """Draw one run INCHES wide: its title, its charts, names along the edges, and what the colours mean."""
    figure.suptitle(
        "\n".join(fitted(line, inches - 0.2) for line in portrait.title.split("\n")),
        fontsize=8,
        x=0.02,
        ha="left",
        color=GREY,
    )
    if not portrait.latents:
        figure.text(
            0.5,
            0.4,
            "no latent is active:\nno mean has enough of its latent's variance",
            ha="center",
            va="center",
            size=7,
        )
        return
    rows, columns = portrait.shape
    ratios = [1.0 if isinstance(chart, Heat) else 1.5 for chart in portrait.charts] if portrait.upright else None
    grid = figure.subplots(rows, columns, squeeze=False, width_ratios=ratios)
    for row in range(rows):
        for column in range(columns):
            place, chart = (row, portrait.charts[column]) if portrait.upright else (column, portrait.charts[row])
            draw_chart(grid[row, column], chart, portrait.latents[place], limit)
            if column == int(portrait.upright):
                grid[row, column].set_yticks([-limit, 0, limit], [f"{-limit:.1f}", "0", f"{limit:.1f}"], size=5)
            label_chart(grid[row, column], portrait, row, column)
    if portrait.upright:
        heats = [axes for axes in grid.flat if axes.images]
        bar = figure.colorbar(heats[0].images[0], ax=heats, location="bottom", ticks=[-limit, 0, limit], aspect=12)
        bar.ax.set_xticklabels([f"{-limit:.1f}", "0", f"{limit:.1f}"], size=6)
        bar.ax.tick_params(length=0)
        bar.outline.set_visible(False)
        marks, names = grid[0, -1].get_legend_handles_labels()
        short = max(width_of(name, 6) for name in names) < SHORT if names else True
        names = [fitted(name, LONG, 6) for name in names]
        figure.legend(marks, names, loc="lower right", ncols=3 if short else 1, **LEGEND)


def draw_chart(axes: "Axes", chart: Chart, latent: int, limit: float) -> None:
    """Draw one latent against one factor, or two."""
    axes.tick_params(length=0, labelsize=6, pad=1)
    axes.set_xticks([])
    axes.set_yticks([])
    if isinstance(chart, Heat):
        axes.imshow(chart.means[..., latent].T, cmap="coolwarm", vmin=-limit, vmax=limit)
        axes.spines[:].set_visible(False)
        return
    others = iter(OTHERS * len(chart.groups))
    for name, means in chart.groups.items():
        known = np.isfinite(means[:, latent]).nonzero()[0]
        marker = "." if len(known) < 12 else ""
        colour = COLOURS.get(name) or next(others)
        style: dict[str, Any] = {"marker": marker, "markersize": 3, "color": colour, "linewidth": 0.9, "label": name}
        axes.plot(known, means[known, latent], clip_on=False, **style)  # a clip's name in SVG tells its last bits
    size = max(len(means) for means in chart.groups.values())
    axes.axhline(0, color="#cccccc", linewidth=0.5, zorder=0, clip_on=False)
    axes.set_xlim(-0.04 * (size - 1) - 0.01, 1.04 * (size - 1) + 0.01)
    axes.set_ylim(-1.08 * limit, 1.08 * limit)


def label_chart(axes: "Axes", portrait: Portrait, row: int, column: int) -> None:
    """Name the factor and the latent of a chart along the edges: latents at the left and factors below, or turned."""
    place, factors = (row, column) if portrait.upright else (column, row)
    latent, chart = f"z{portrait.latents[place]}", portrait.charts[factors]
    named = (chart.factor, chart.other) if isinstance(chart, Heat) else (chart.factor,)
    room, lines = (FACTOR * (1.2 if len(named) == 1 else 1), 3) if portrait.upright else (CELL, 2)
    factor = folded(", ".join(map(printable, named)), room, 7, lines)
    if column == 0 and portrait.upright:
        axes.set_ylabel(latent, size=7, rotation=0, ha="right", va="center")
    elif column == 0:
        axes.set_ylabel(factor, size=7)
    if portrait.upright and place == len(portrait.latents) - 1:
        axes.set_xlabel(factor, size=7)
    if not portrait.upright and row == 0:
        axes.set_title(latent, size=7)
