"""One latent against one factor, or against two at once, and what the colours mean."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tcvae_cli.errors import printable
from tcvae_cli.figures.lettering import fitted, folded, signed, width_of
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.plots.portrait import Chart, Heat, Lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"square": "#009e73", "ellipse": "#d55e00", "heart": "#0072b2"}  # the paper's green, red, blue, told apart
OTHERS = ("#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
MARKERS = "so^DvPX*"
ROW = 0.62  # inches: the height of a chart, and the side of a heat map
LINE, WORD = 0.93, 0.15  # inches: the width of a chart of lines, and of one word under dots
LONGEST_WORD = 0.9  # inches
MOST_WORDS = 40  # that are written under dots
FEW = 12  # classes whose points are marked
NAME, SMALL = 7, 6  # points
TICKS = 0.13  # inches: numbers below a chart
MAP = "viridis"  # from dark to light, so that it stays a scale where print is grey


def draw_chart(axes: "Axes", chart: Chart, latent: int, limit: float) -> None:
    """Draw one latent against one factor, or two."""
    axes.tick_params(length=1.5, width=0.4, labelsize=5, pad=1)
    axes.set_xticks([])
    axes.set_yticks([])
    if isinstance(chart, Heat):
        axes.imshow(chart.means[..., latent].T, cmap=MAP, vmin=-limit, vmax=limit, aspect="auto")
        axes.spines[:].set_visible(False)
        return
    axes.axhline(0, color=look().faint, linewidth=0.5, zorder=0, clip_on=False)
    for number, (means, own) in enumerate(zip(chart.groups.values(), looks_of(chart), strict=True)):
        known = np.isfinite(means[:, latent]).nonzero()[0]
        aside = 0.3 * (number - (len(chart.groups) - 1) / 2) / len(chart.groups) if chart.words else 0.0
        if len(known):  # not clipped: a clip's name in SVG tells its last bits
            axes.plot(known + aside, means[known, latent], clip_on=False, **own)
    size = chart.size
    edge = 0.5 if chart.words else 0.04 * (size - 1) + 0.01
    axes.set_xlim(-edge, size - 1 + edge)
    axes.set_ylim(-1.08 * limit, 1.08 * limit)


def looks_of(chart: Lines) -> list[dict[str, Any]]:
    """Return how to plot each group: the first as the broadest line, so that those upon it leave its edges free."""
    count, others = len(chart.groups), iter((look().ink, *OTHERS) * len(chart.groups))
    looks = []
    for number, name in enumerate(chart.groups):
        colour = COLOURS.get(name) or next(others)
        marked = chart.words or (count > 1 and chart.size < FEW)
        looks.append(
            {
                "color": colour,
                "linestyle": "" if chart.words else "-",
                "linewidth": 0.8 + 1.8 * (count - 1 - number) / max(2, count - 1),
                "marker": MARKERS[number % len(MARKERS)] if marked and count > 1 else "o" if chart.size < FEW else "",
                "markersize": 3 if chart.words or count == 1 else 2.4 + 1.2 * (count - 1 - number) / max(2, count - 1),
                "markeredgewidth": 0,
                "zorder": 2 + number,
            }
        )
    return looks


def width_of_chart(chart: Chart) -> float:
    """Return the inches of a chart from left to right."""
    return ROW if isinstance(chart, Heat) else max(LINE, WORD * len(words_below(chart)))


def words_below(chart: Chart) -> list[str]:
    """Return the words to write under the dots of a chart, none if they are many."""
    words = chart.words if isinstance(chart, Lines) else ()
    return [fitted(word, LONGEST_WORD, SMALL) for word in words] if len(words) <= MOST_WORDS else []


def name_of(chart: Chart, width: float) -> str:
    """Return the factors of a chart on lines of its WIDTH."""
    words = f"{chart.factor} across, {chart.other} down" if isinstance(chart, Heat) else chart.factor
    return folded(printable(words), width + 0.08, NAME, 3)


def room_for_classes(charts: Sequence[Chart]) -> float:
    """Return the inches that words and numbers take below some charts."""
    words = max((width_of(word, SMALL) for chart in charts for word in words_below(chart)), default=0.0)
    return max(TICKS, words + 0.06)


def name_classes(axes: "Axes", chart: Chart) -> None:
    """Write below a chart what its classes are called, or their first and last number."""
    if words := words_below(chart):
        axes.set_xticks(range(len(words)), words, size=SMALL, rotation=90)
    elif isinstance(chart, Lines):
        ticks = sorted({0, chart.size - 1})
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])


def named_ticks(limit: float) -> tuple[Sequence[float], list[str]]:
    """Return the ticks of an axis from -LIMIT to LIMIT, and what stands beside them."""
    ticks = ticks_of(limit)
    return ticks, [signed(f"{tick:g}") for tick in ticks]


def ticks_of(limit: float) -> Sequence[float]:
    """Return -t, 0 and t for the largest round number t (1, 2 or 5 by a power of ten) that is at most LIMIT."""
    power = 10.0 ** math.floor(math.log10(limit))
    most = max(step * power for step in (1, 2, 5) if step * power <= limit * (1 + 1e-9))
    return -most, 0.0, most
