"""What figures with a panel per data set share: sizes, titles, names of axes, looks of lines, labels beside points."""

import math
import warnings
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.lettering import folded
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.style import COLUMN, colour, marker
from tcvae_cli.results.setting import Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE = 6.5  # inches: two columns
PANEL = 2.7  # inches: a panel that fills a column
BESIDE = 2.1  # inches: a name beside a mark in its legend
TALL = 2.2  # inches: a name beside the upright axis
NARROWEST = 2.2  # inches: a panel beside others, which are then magnified less
HEIGHT, LINE = 2.5, 0.115  # inches, of a figure and of a line of its legend
MOST_PANELS, MOST_LINES = 20, 100  # of a figure: beyond these nobody reads it, and its picture takes gigabytes
NAMES = {
    "mig": "MIG",
    "elbo": "ELBO (nats)",
    "total_correlation": "total correlation (nats)",
    "analytic_kl": "mean KL (nats)",
    "index_code_mi": "index-code MI (nats)",
    "settings.beta": "β",
    "settings.batch_size": "batch size",
    "samples": "number of samples",
    "per_vote": "images per vote, L",
}
# Lines of one objective: strokes, how much of its colour's light, whether markers are filled.
LOOKS = (("-", 1, True), ("--", 0.35, False), (":", 0.65, True), ("-.", 0.15, False))
ABOVE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.02), "borderaxespad": 0}  # of a legend


def new_panels(titles: Sequence[str], height: float = HEIGHT) -> "tuple[Figure, list[Axes]]":
    """Return a figure with a panel for each title: one fills a column, two a page."""
    from matplotlib.figure import Figure

    usual = COLUMN if len(titles) == 1 else PAGE / 2 * len(titles)
    width = max(look().room(usual), NARROWEST * len(titles))
    figure = Figure(figsize=(width, look().height(height, width / len(titles))), layout="constrained")
    panels = list(figure.subplots(1, len(titles), squeeze=False)[0])
    for panel, title in zip(panels, titles, strict=True):
        panel.set_title(wrapped(title), fontsize=8, loc="left", color=look().quiet)
    return figure, panels


def check_amount(panels: Collection[Collection[object]]) -> None:
    """Refuse more panels, or more settings in them, than a picture can show. Each panel holds its settings."""
    for count, most, what in ((len(panels), MOST_PANELS, "data sets"), (sum(map(len, panels)), MOST_LINES, "settings")):
        if count > most:
            raise TcvaeError(
                "results", f"hold {count:,} {what}, and a figure shows at most {most}", "plot some of them"
            )


def wrapped(words: str, width: float = PANEL) -> str:
    """Return a long name on several lines, for a title over WIDTH inches; one that is too long is cut."""
    return folded(words, width)


def in_legend(name: str, width: float = BESIDE, size: float = 7) -> str:
    """Return a name as `wrapped` does, for a legend with letters of SIZE points.

    A name that starts with an underscore gets a space before it: matplotlib leaves such names out of legends.
    """
    return folded(" " * name.startswith("_") + name, width, size)


def add_legend(panel: "Axes", length: float) -> None:
    """Name the lines of a panel, with strokes of LENGTH letters: above it where a name takes several lines."""
    names = panel.get_legend_handles_labels()[1]
    lines = sum(name.count("\n") + 1 for name in names)
    own: dict[str, Any] = {"frameon": False, "fontsize": 7, "handlelength": length}
    if lines == len(names):
        panel.legend(**own)
        return
    figure = panel.get_figure(root=True)
    assert figure is not None
    figure.set_figheight(max(figure.get_figheight(), HEIGHT + LINE * lines))
    legend = panel.legend(title=panel.get_title(loc="left"), title_fontsize=8, alignment="left", **own, **ABOVE)
    legend.get_title().set_color(look().quiet)
    panel.set_title("", loc="left")


def settle(figure: "Figure") -> None:
    """Lay out a figure as it will be drawn: the number of its ticks and the places of labels depend on its room."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come again when it is drawn
        figure.draw_without_rendering()


def axis_name(key: str) -> str:
    """Return what a key of the results is called beside an axis."""
    return NAMES.get(key, key.removeprefix("settings.").replace("_", " "))


def draw_intervals(
    panel: "Axes", x: Sequence[float], intervals: Sequence[tuple[float, float] | None], colour: str
) -> None:
    """Draw the upright interval at each X that has one as a fine stroke, and a band through those of neighbours."""
    known = [(place, *own) for place, own in zip(x, intervals, strict=True) if own]
    if known:
        panel.vlines(*zip(*known, strict=True), color=colour, linewidth=0.6, alpha=0.6)
        low, high = ([math.nan if own is None else own[side] for own in intervals] for side in (0, 1))
        panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def looks(lines: Sequence[Setting]) -> dict[Setting, dict[str, Any]]:
    """Return how to plot each line: in its objective's colour; several of one differ in shade, strokes and markers."""
    found: dict[Setting, dict[str, Any]] = {}
    for line in lines:
        style, shade, filled = LOOKS[sum(colour(line) == colour(other) for other in found) % len(LOOKS)]
        own = shaded(colour(line), shade)
        face = own if filled else look().ground
        found[line] = {"color": own, "linestyle": style, "marker": marker(line), "markerfacecolor": face}
    return found


def shaded(colour: str, share: float) -> str:
    """Return this share of COLOUR (#rrggbb), and of the ink for the rest."""
    parts = [(int(colour[k : k + 2], 16), int(look().ink[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(own * share + ink * (1 - share)):02x}" for own, ink in parts)
