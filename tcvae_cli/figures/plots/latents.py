"""The latent-against-factor plot of the paper: the mean of each active latent where a factor has a value."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.errors import ArgumentError, TcvaeError, printable
from tcvae_cli.figures.lettering import folded
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.placing import height_of, panel_at, write_at
from tcvae_cli.figures.plots.latent_charts import (
    NAME,
    ROW,
    draw_chart,
    name_classes,
    name_of,
    named_ticks,
    room_for_classes,
    width_of_chart,
)
from tcvae_cli.figures.plots.latent_legend import draw_legend, height_of_legend
from tcvae_cli.figures.plots.portrait import Lines, Portrait
from tcvae_cli.figures.style import COLUMN, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, LABEL, TICKS = 0.08, 0.36, 0.17  # inches: around all, of the names of latents, of numbers beside lines
BETWEEN = 0.1  # inches between charts
TITLE, SMALL = 8, 6  # points
MOST_CHARTS = 500  # each takes some 20 ms


@styled
def latents(portraits: Iterable[Portrait] | Portrait) -> "Figure":
    """Draw one run, or several: two side by side where there is room, else one below the other."""
    from matplotlib.figure import Figure

    portraits = [portraits] if isinstance(portraits, Portrait) else list(portraits)
    if not portraits:
        raise ArgumentError("portraits", "are none", "give what portraits returns")
    count = sum(len(portrait.latents) * len(portrait.charts) for portrait in portraits)
    if count > MOST_CHARTS:
        fault = f"have {count:,} pairs of a latent and a factor, and a figure shows at most {MOST_CHARTS}"
        raise TcvaeError("codes", fault, "name some factors by {factor}, or latents by {latent}")
    width = max(COLUMN, *map(width_of_portrait, portraits))
    across = 2 if len(portraits) > 1 and width == COLUMN else 1
    rows = [portraits[start : start + across] for start in range(0, len(portraits), across)]
    above = [room_above(row, width) for row in rows]
    heights = [
        max(free + height_of_portrait(one, width) for free, one in zip(room, row, strict=True))
        for room, row in zip(above, rows, strict=True)
    ]
    figure = Figure(figsize=(width * across, sum(heights)))
    limit = max(map(largest_mean, portraits)) or 1.0
    for number, row in enumerate(rows):
        for place, portrait in enumerate(row):
            corner = place * width, sum(heights[:number]) + above[number][place]
            draw_portrait(figure, portrait, corner, width, limit)
    return figure


def largest_mean(portrait: Portrait) -> float:
    """Return the largest absolute mean among the latents of all charts, 0 if there is none."""
    every = [
        means[..., list(portrait.latents)]
        for chart in portrait.charts
        for means in (chart.groups.values() if isinstance(chart, Lines) else [chart.means])
    ]
    return max((float(np.nanmax(np.abs(means))) for means in every if np.isfinite(means).any()), default=0.0)


def width_of_portrait(portrait: Portrait) -> float:
    """Return how many inches a run needs across, at least those of a column."""
    ticks = TICKS * any(isinstance(chart, Lines) for chart in portrait.charts)
    charts = sum(map(width_of_chart, portrait.charts)) + BETWEEN * (len(portrait.charts) - 1)
    return max(COLUMN, 2 * MARGIN + LABEL + ticks + charts)


def columns_of(portrait: Portrait, width: float) -> list[tuple[float, float]]:
    """Return where each chart of a run of some WIDTH begins and how wide it is: charts of lines share what is free."""
    lines = [isinstance(chart, Lines) for chart in portrait.charts]
    widths = [width_of_chart(chart) for chart in portrait.charts]
    free = width - 2 * MARGIN - LABEL - TICKS * any(lines) - sum(widths) - BETWEEN * (len(widths) - 1)
    widths = [own + free / max(1, sum(lines)) * of_lines for own, of_lines in zip(widths, lines, strict=True)]
    starts = [MARGIN + LABEL + sum(widths[:place]) + BETWEEN * place for place in range(len(widths))]
    ticked = [TICKS * any(lines[: place + 1]) for place in range(len(widths))]
    return [(start + aside, own) for start, aside, own in zip(starts, ticked, widths, strict=True)]


def heading_of(portrait: Portrait, width: float) -> tuple[str, str]:
    """Return the title of a run on lines of its WIDTH, and what is said of its latents."""
    room = width - 2 * MARGIN
    title = "\n".join(folded(printable(line), room, TITLE) for line in portrait.title.split("\n"))
    told = ["latents by mean KL (nats)"] if portrait.kl else []
    told += [f"{portrait.unused:,} unused left out"] if portrait.unused else []
    said = ", ".join(told) if portrait.latents else "no latent is active: no mean has enough of its latent's variance"
    return title, folded(said, room, SMALL)


def height_of_heading(portrait: Portrait, width: float) -> float:
    """Return the inches from the top of a run to its charts."""
    title, said = heading_of(portrait, width)
    return MARGIN + height_of(title, TITLE) + height_of(said, SMALL) + 0.1


def room_above(row: Sequence[Portrait], width: float) -> list[float]:
    """Return the inches above each run of a ROW that let the charts of all begin at one height."""
    heads = [height_of_heading(portrait, width) for portrait in row]
    return [max(heads) - own for own in heads]


def height_of_names(portrait: Portrait, width: float) -> float:
    """Return the inches of the names of classes and factors below the charts."""
    columns = columns_of(portrait, width)
    names = [height_of(name_of(chart, own), NAME) for chart, (_, own) in zip(portrait.charts, columns, strict=True)]
    return room_for_classes(portrait.charts) + max(names)


def height_of_portrait(portrait: Portrait, width: float) -> float:
    """Return the inches that a run takes from top to bottom."""
    heading = height_of_heading(portrait, width)
    if not portrait.latents:
        return heading + MARGIN
    rows = len(portrait.latents) * (ROW + BETWEEN) - BETWEEN
    below = height_of_names(portrait, width) + height_of_legend(portrait, width - 2 * MARGIN)
    return heading + rows + below + MARGIN


def draw_portrait(
    figure: "Figure", portrait: Portrait, corner: tuple[float, float], width: float, limit: float
) -> None:
    """Draw one run WIDTH inches wide to the right and below a CORNER: its title, its charts, names along the edges."""
    left, top = corner[0] + MARGIN, corner[1] + MARGIN
    title, said = heading_of(portrait, width)
    write_at(figure, left, top, title, TITLE, color=look().quiet)
    write_at(figure, left, top + height_of(title, TITLE), said, SMALL, color=look().quiet)
    top = corner[1] + height_of_heading(portrait, width)
    for place, latent in enumerate(portrait.latents):
        write_at(figure, left, top + ROW / 2 - 0.11, f"z{latent}", TITLE)
        if portrait.kl:
            write_at(figure, left, top + ROW / 2 + 0.02, f"{portrait.kl[place]:.2f}", SMALL, color=look().quiet)
        draw_row(figure, portrait, latent, (corner[0], top), width, limit)
        top += ROW + BETWEEN
    if portrait.latents:
        top += height_of_names(portrait, width) - BETWEEN
        draw_legend(figure, portrait, (left, top), width - 2 * MARGIN, limit)


def draw_row(
    figure: "Figure", portrait: Portrait, latent: int, corner: tuple[float, float], width: float, limit: float
) -> None:
    """Draw the charts of one latent, and below those of the last one the names of the factors."""
    left, top = corner
    ticked = False
    for chart, (start, own) in zip(portrait.charts, columns_of(portrait, width), strict=True):
        axes = panel_at(figure, left + start, top, own, ROW)
        draw_chart(axes, chart, latent, limit)
        if isinstance(chart, Lines) and not ticked:
            axes.set_yticks(*named_ticks(limit))
            ticked = True
        if latent == portrait.latents[-1]:
            name_classes(axes, chart)
            below = top + ROW + room_for_classes(portrait.charts)
            write_at(figure, left + start + own / 2, below, name_of(chart, own), NAME, ha="center")
