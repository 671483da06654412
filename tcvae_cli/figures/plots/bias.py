"""MIG under sampling biases (figure 5 of the paper)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.biases import weights
from tcvae_cli.errors import printable
from tcvae_cli.figures.lettering import folded
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.panels import LINE, check_amount, in_legend, wrapped
from tcvae_cli.figures.plots.box import draw_runs
from tcvae_cli.figures.style import COLUMN, colour, heat, marker, styled
from tcvae_cli.progress import Note, warn
from tcvae_cli.results.by_bias import scores_by_bias
from tcvae_cli.results.line import Results
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 0.62  # inches: a factor below or beside the first joint distribution
CLASSES = 21, 11  # of the paper's two factors, azimuth and elevation


@styled
def bias(results: Results, note: Note = warn) -> "Figure":
    """Draw the joint distributions A to D of two factors, and boxes of MIG of runs trained under each of them.

    Results of other data sets than `tcvae subset --bias` makes are left out. Raises TcvaeError for none of these.
    """
    from matplotlib.figure import Figure

    found = scores_by_bias(Table(results, note))
    check_amount(found.scores.values())
    settings = list({setting: None for values in found.scores.values() for setting in values})
    width = 0.5 + 0.24 * len(settings) * len(found.scores)
    width = max(look().room(COLUMN), width)
    names = {setting: in_legend(setting.label, max(0.6, (width - 0.6) / len(settings) - 0.3)) for setting in settings}
    title = wrapped(found.in_words, width - 0.2)
    breaks = title.count("\n") + max(name.count("\n") for name in names.values())
    figure = Figure(figsize=(width, 3.3 + LINE * breaks), layout="constrained")
    grid = figure.add_gridspec(2, len(found.scores), height_ratios=(1, 2.4))
    for column, kind in enumerate(found.scores):
        panel = figure.add_subplot(grid[0, column])
        draw_joint(panel, kind)
        if column == 0:
            panel.set_xlabel(folded(printable(found.factors[0]), NAMED, 7, 2), fontsize=7)
            panel.set_ylabel(folded(printable(found.factors[1]), NAMED, 7, 2), fontsize=7)
    panel = figure.add_subplot(grid[1, :])
    draw_boxes(panel, found.scores, names)
    panel.set_ylabel(f"MIG, {found.estimator_sentence}")
    figure.suptitle(title, fontsize=8, x=0.02, ha="left", color=look().quiet)
    return figure


def draw_joint(panel: "Axes", kind: str) -> None:
    """Draw one joint distribution as a heat map: white is nothing, the darkest 2.4 times an even share."""
    x, y = np.linspace(-1, 1, CLASSES[0])[:, None], np.linspace(-1, 1, CLASSES[1])
    joint = weights(kind, x, y).T  # (second factor, first factor)
    panel.imshow(joint / joint.sum(), cmap=heat(), vmin=0, vmax=2.4 / joint.size, origin="lower", aspect="auto")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_box_aspect(0.75)
    panel.set_title(kind, fontsize=8)
    panel.spines[:].set_visible(True)


def draw_boxes(panel: "Axes", scores: dict[str, dict[Setting, list[float]]], names: Mapping[Setting, str]) -> None:
    """Draw a group of boxes for each bias, in a colour for each of the settings, which are called by their NAMES."""
    settings = list(names)
    step = 0.84 / len(settings)
    for group, values in enumerate(scores.values()):
        for setting, own in values.items():
            place = group + (settings.index(setting) - (len(settings) - 1) / 2) * step
            draw_runs(panel, place, own, setting, 0.8 * step)
    counts = {len(own) for values in scores.values() for own in values.values()}
    many = f"n = {min(counts)}" if len(counts) == 1 else f"n = {min(counts)} to {max(counts)}"
    panel.set_xticks(range(len(scores)), list(scores))
    panel.set_xlabel(f"joint distribution ({many} runs each)")
    panel.tick_params(axis="x", length=0)
    panel.set_xlim(-0.5, len(scores) - 0.5)
    panel.set_ylim(bottom=0)
    for setting in settings:
        panel.scatter([], [], s=14, color=colour(setting), marker=marker(setting), label=names[setting])
    panel.legend(
        frameon=False, fontsize=7, ncols=len(settings), loc="lower center", bbox_to_anchor=(0.5, 1), handletextpad=0
    )
