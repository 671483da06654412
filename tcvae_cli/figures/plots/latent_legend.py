"""What the colours of a run's charts mean, below them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcvae_cli.figures.lettering import fitted, width_of
from tcvae_cli.figures.placing import panel_at
from tcvae_cli.figures.plots.latent_charts import MAP, looks_of, named_ticks
from tcvae_cli.figures.plots.portrait import Heat, Lines, Portrait

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALE, HANDLE, LONGEST = 0.8, 0.3, 1.2  # inches: of the scale of heat maps, of a line before its name, of a name
BAR, ABOVE, LINE, SIZE = 0.07, 0.1, 0.12, 6  # inches: the height of the scale, free above it, a line of names; points


def groups_of(portrait: Portrait) -> Lines | None:
    """Return the first chart with lines of several groups of images."""
    charts = (chart for chart in portrait.charts if isinstance(chart, Lines) and len(chart.groups) > 1)
    return next(charts, None)


def has_scale(portrait: Portrait) -> bool:
    """Return whether there are heat maps."""
    return any(isinstance(chart, Heat) for chart in portrait.charts)


def names_of(portrait: Portrait, room: float) -> tuple[list[str], int]:
    """Return the names of the groups, and how many stand side by side in a ROOM of so many inches."""
    chart = groups_of(portrait)
    names = [fitted(name, LONGEST, SIZE) for name in chart.groups] if chart else []
    widest = max((width_of(name, SIZE) for name in names), default=0.0)
    return names, max(1, min(len(names), int(room / (widest + HANDLE))))


def height_of_legend(portrait: Portrait, width: float) -> float:
    """Return the inches from the last line below the charts to the end of the legend, 0 without one."""
    names, across = names_of(portrait, width - has_scale(portrait) * (SCALE + 0.3))
    lines = math.ceil(len(names) / across) * LINE
    tall = max(lines, (BAR + LINE) * has_scale(portrait))
    return ABOVE + tall if tall else 0.0


def draw_legend(figure: "Figure", portrait: Portrait, corner: tuple[float, float], width: float, limit: float) -> None:
    """Draw below a CORNER, over WIDTH inches, the scale of heat maps up to LIMIT, and right of it the groups' names."""
    left, top = corner
    if has_scale(portrait):
        draw_scale(panel_at(figure, left + 0.1, top + ABOVE, SCALE, BAR), limit)
    names, across = names_of(portrait, width - has_scale(portrait) * (SCALE + 0.3))
    if (chart := groups_of(portrait)) is not None:
        draw_names(figure, looks_of(chart), names, (left + width, top + ABOVE - 0.02), across)


def draw_scale(axes: "Axes", limit: float) -> None:
    """Draw what mean each colour of the heat maps is."""
    axes.imshow(np.linspace(-limit, limit, 256)[None], cmap=MAP, aspect="auto", extent=(-limit, limit, 0, 1))
    axes.set_yticks([])
    axes.set_xticks(*named_ticks(limit), size=SIZE)
    axes.tick_params(length=1.5, width=0.4, pad=1)
    axes.spines[:].set_visible(False)


def draw_names(
    figure: "Figure", looks: list[dict[str, Any]], names: list[str], corner: tuple[float, float], across: int
) -> None:
    """Draw the legend of groups to the left and below a CORNER, so many names ACROSS."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    figure.legend(
        [Line2D([], [], **look) for look in looks],
        names,
        loc="upper right",
        bbox_to_anchor=(corner[0] / width, 1 - corner[1] / height),
        ncols=across,
        frameon=False,
        fontsize=SIZE,
        handlelength=1.6,
        handletextpad=0.4,
        columnspacing=1,
        labelspacing=0.35,
        borderpad=0,
        borderaxespad=0,
    )
