"""Box plots over seeds (figure 3 of the paper)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.lettering import folded, width_of
from tcvae_cli.figures.panels import LINE, TALL, axis_name, check_amount, wrapped
from tcvae_cli.figures.style import COLUMN, GREY, colour, styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.clusters import Clusters, two_clusters
from tcvae_cli.results.data_sets import short_titles
from tcvae_cli.results.estimates import SURE
from tcvae_cli.results.line import Results
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST_NAME, MOST_LINES = 1.9, 8  # inches and lines of a name below a box


@styled
def box(results: Results, value: str = "mig", note: Note = warn) -> "Figure":
    """Draw box plots of the number under the key VALUE by setting, every run a dot; one panel per data set.

    A single run is a dot alone. A dashed line cuts runs that one normal cluster would hardly give, with the number of
    them above it: P is at most 5%, divided by the number of settings that are drawn (Bonferroni), so that a figure of
    normal clusters has a line in 5% of cases at most. One skewed cluster can be cut as well.

    Raises ArgumentError where no result has VALUE, TcvaeError for results that do not belong into one figure.
    """
    from matplotlib.figure import Figure

    scores = Table(results, note).scores(value)
    check_amount(scores.panels.values())
    settings = [setting for panel in scores.panels.values() for setting in panel]
    boxes = max(map(len, scores.panels.values())) * len(scores.panels)
    lines = [line for setting in settings for line in name_lines(setting)]
    widest = max(*(0.066 * len(line) for line in lines), *(0.1 + width_of(line) for line in lines), 0.75)
    width = max(COLUMN, 0.5 + widest * boxes)
    extra = max(len(name_lines(setting)) for setting in settings) - 4
    room = (width - 0.5) / len(scores.panels) - 0.1  # of a title
    titles = [wrapped(title, room) for title in short_titles(list(scores.panels))]
    figure = Figure(figsize=(width, 2.5 + LINE * max(0, extra)), layout="constrained")
    panels = figure.subplots(1, len(scores.panels), sharey=True, squeeze=False)[0]
    for panel, title, values in zip(panels, titles, scores.panels.values(), strict=True):
        panel.set_title(title, fontsize=8, loc="left", color=GREY)
        draw_panel(panel, values, SURE / len(settings))
    panels[0].set_ylabel(wrapped(f"{axis_name(scores.quantity)}, {scores.estimator_sentence}", TALL))
    if min(values[0] for panel in scores.panels.values() for values in panel.values()) >= 0:
        panels[0].set_ylim(bottom=0)
    return figure


def draw_panel(panel: "Axes", values: dict[Setting, list[float]], sure: float) -> None:
    """Draw a box for each setting, its name and its number of runs below it, cut where P is at most SURE."""
    for place, (setting, own) in enumerate(values.items()):
        draw_box(panel, place, own, colour(setting))
    found = [two_clusters(own) for own in values.values()]
    cuts = [(place, own) for place, own in enumerate(found) if own and own.p <= sure]
    for place, cut in cuts:
        draw_cut(panel, place, cut, colour([*values][place]))
    if cuts:
        panel.set_xlabel("dashed: unlike one normal cluster; the runs above it", fontsize=6.5, color=GREY, loc="left")
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
    parts = setting.name.replace(" (", "\n(").replace(", ", "\n").split("\n")
    lines = [line for part in parts for line in folded(part, WIDEST_NAME).split("\n")]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"]


def draw_box(panel: "Axes", place: float, values: Sequence[float], colour: str, width: float = 0.5) -> None:
    """Draw one box with its median, and on it every value as a dot; a single value is a dot alone."""
    if len(values) > 1:
        panel.boxplot(
            [values],
            positions=[place],
            widths=width,
            showfliers=False,  # every run is drawn anyway
            patch_artist=True,
            boxprops={"facecolor": f"{colour}30", "edgecolor": colour, "linewidth": 0.8},
            medianprops={"color": colour, "linewidth": 1.6, "solid_capstyle": "butt"},
            whiskerprops={"color": colour, "linewidth": 0.8},
            capprops={"linewidth": 0},
        )
    golden = 0.6180339887498949  # its multiples spread evenly: neighbours in value never overlap
    across = [place + 0.72 * width * (number * golden % 1 - 0.5) for number in range(1, len(values) + 1)]
    panel.scatter(across, values, s=10, color=colour, edgecolors="white", linewidths=0.3, clip_on=False, zorder=3)
