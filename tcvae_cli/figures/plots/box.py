"""A number over seeds (figure 3 of the paper): dots, and from six runs on the shape of their density."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.figures.lettering import folded, width_of
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.panels import LINE, TALL, axis_name, check_amount, wrapped
from tcvae_cli.figures.style import COLUMN, colour, marker, styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.clusters import Clusters, two_clusters
from tcvae_cli.results.estimates import SURE
from tcvae_cli.results.line import Results
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST_NAME, MOST_LINES = 1.9, 8  # inches and lines of a name below a box
NARROW = 0.35  # of the place of a setting: smaller dots
SHAPED = 6  # runs, from which on their density has a shape


@styled
def box(results: Results, value: str = "mig", note: Note = warn) -> "Figure":
    """Draw the number under the key VALUE by setting, every run a dot, their median a bar; one panel per data set.

    From SHAPED runs on they stand in the shape of their density, with a stroke over the middle half. A dashed line cuts
    runs that one normal cluster would hardly give, with the number of them above it: P is at most 5%, divided by the
    number of settings that are drawn (Bonferroni), so that a figure of normal clusters has a line in 5% of cases at
    most. One skewed cluster can be cut as well.

    Raises ArgumentError where no result has VALUE, TcvaeError for results that do not belong into one figure.
    """
    from matplotlib.figure import Figure

    table = Table(results, note)
    scores = table.scores(value)
    check_amount(scores.panels.values())
    settings = [setting for panel in scores.panels.values() for setting in panel]
    boxes = max(map(len, scores.panels.values())) * len(scores.panels)
    lines = [line for setting in settings for line in name_lines(setting)]
    widest = max(*(0.066 * len(line) for line in lines), *(0.1 + width_of(line) for line in lines), 0.75)
    width = max(look().room(COLUMN), 0.5 + widest * boxes)
    extra = max(len(name_lines(setting)) for setting in settings) - 4
    room = (width - 0.5) / len(scores.panels) - 0.1  # of a title
    titles = [wrapped(title, room) for title in table.in_words(list(scores.panels))]
    height = look().height(2.5, width / len(scores.panels)) + LINE * max(0, extra)
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(scores.panels), sharey=True, squeeze=False)[0]
    for panel, title, values in zip(panels, titles, scores.panels.values(), strict=True):
        panel.set_title(title, fontsize=8, loc="left", color=look().quiet)
        draw_panel(panel, values, SURE / len(settings))
    panels[0].set_ylabel(wrapped(f"{axis_name(scores.quantity)}, {scores.estimator_sentence}", TALL))
    if min(values[0] for panel in scores.panels.values() for values in panel.values()) >= 0:
        panels[0].set_ylim(bottom=0)
    return figure


def draw_panel(panel: "Axes", values: dict[Setting, list[float]], sure: float) -> None:
    """Draw a box for each setting, its name and its number of runs below it, cut where P is at most SURE."""
    for place, (setting, own) in enumerate(values.items()):
        draw_runs(panel, place, own, setting)
    found = [two_clusters(own) for own in values.values()]
    cuts = [(place, own) for place, own in enumerate(found) if own and own.p <= sure]
    for place, cut in cuts:
        draw_cut(panel, place, cut, colour([*values][place]))
    if cuts:
        panel.set_xlabel(
            "dashed: unlike one normal cluster; the runs above it", fontsize=6.5, color=look().quiet, loc="left"
        )
    names = ["\n".join([*name_lines(setting), f"n = {len(own)}"]) for setting, own in values.items()]
    panel.set_xticks(range(len(values)), names)
    panel.set_xlim(-0.6, len(values) - 0.4)
    panel.tick_params(axis="x", length=0)


def draw_cut(panel: "Axes", place: float, found: Clusters, colour: str) -> None:
    """Draw a line between two clusters of runs and the number above it."""
    (runs,) = found.upper.runs
    above = round(found.upper.value * runs)
    panel.hlines(found.cut, place - 0.4, place + 0.4, color=colour, linewidth=0.7, linestyles=(0, (4, 3)))
    text: dict[str, Any] = {"size": 6, "color": colour, "ha": "left", "va": "bottom"}
    panel.annotate(f"{above} of {runs}", (place + 0.27, found.cut), (0, 1), textcoords="offset points", **text)


def name_lines(setting: Setting) -> list[str]:
    """Return the name of a setting on short lines, as many as fit below a box."""
    parts = setting.label.split(", ")
    lines = [line for part in parts for line in folded(part, WIDEST_NAME).split("\n")]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"]


def draw_runs(panel: "Axes", place: float, values: Sequence[float], setting: Setting, width: float = 0.6) -> None:
    """Draw every run as a dot and their median as a bar; from SHAPED runs on, dots fill the shape of their density.

    The shape shows clusters, which a box would hide: it is as wide as runs are dense, by a kernel estimate.
    """
    own, ordered = colour(setting), sorted(values)
    middle = median(ordered)
    density = density_of(ordered) if len(ordered) >= SHAPED else None
    if density is not None:
        heights = np.linspace(ordered[0], ordered[-1], 200)
        edge = width / 2 * density(heights)
        panel.fill_betweenx(heights, place - edge, place + edge, facecolor=own, alpha=0.2, linewidth=0)
        panel.plot([place] * 2, np.quantile(ordered, [0.25, 0.75]), color=own, linewidth=2.2, alpha=0.45)
    if len(ordered) > 1:
        reach = width / 2 * (1 if density is None else max(0.35, float(density(np.array([middle]))[0])))
        panel.plot([place - reach, place + reach], [middle] * 2, color=own, linewidth=1.6, solid_capstyle="butt")
    spread: Array = np.full(len(ordered), 0.72) if density is None else 0.8 * density(np.array(ordered))
    golden = 0.6180339887498949  # its multiples spread evenly: neighbours in value never overlap
    turns = np.array([number * golden % 1 - 0.5 for number in range(1, len(ordered) + 1)]) if len(ordered) > 1 else 0
    dots: dict[str, Any] = {
        "s": 13 if width > NARROW else 8,
        "color": own,
        "marker": marker(setting),
        "edgecolors": look().ground,
    }
    panel.scatter(place + width * spread * turns, ordered, linewidths=0.4, clip_on=False, zorder=3, **dots)


def density_of(ordered: Sequence[float]) -> Callable[[Array], Array] | None:
    """Return the density of runs as a share of the largest, None for runs that do not vary.

    Its kernel is a normal one of half the width of Silverman's rule, which is that for one normal cluster and would
    draw two clusters as one.
    """
    known = np.asarray(ordered)
    quarter, other = np.quantile(known, [0.25, 0.75])
    scale = min(float(known.std(ddof=1)), float(other - quarter) / 1.34) or float(known.std(ddof=1))
    if not scale > 0:
        return None
    kernel = 0.45 * scale * len(known) ** -0.2

    def sums(at: Array) -> Array:
        total: Array = np.exp(-0.5 * ((at[:, None] - known) / kernel) ** 2).sum(1)
        return total

    largest = sums(np.linspace(known[0], known[-1], 500)).max()
    return lambda at: np.minimum(1, sums(at) / largest)
