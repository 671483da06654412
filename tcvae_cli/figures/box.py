"""Box plots over seeds (figure 3 of the paper)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.panels import axis_name, short_titles, wrapped
from tcvae_cli.figures.style import COLUMN, GREY
from tcvae_cli.results.groups import group_values
from tcvae_cli.results.line import Line
from tcvae_cli.results.methods import colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def box(results: Sequence[Line], key: str = "mig") -> "Figure":
    """Box plots of the number KEY by setting, every run a dot; one panel per data set.

    Raises UsageError where no result has KEY, TcvaeError for results that do not belong into one figure.
    """
    from matplotlib.figure import Figure

    scores, name = scores_of(results, key)
    boxes = max(map(len, scores.values())) * len(scores)
    letters = max(len(line) for settings in scores.values() for name in settings for line in name_lines(name))
    width = 0.5 + max(0.75, 0.066 * letters) * boxes
    figure = Figure(figsize=(max(COLUMN, width), 2.5), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
    for panel, title, settings in zip(panels, short_titles(list(scores)), scores.values(), strict=True):
        panel.set_title(wrapped(title), fontsize=8, loc="left", color=GREY)
        for place, (setting, values) in enumerate(settings.items()):
            draw_box(panel, place, values, colour(setting))
        names = ["\n".join(name_lines(setting)) for setting in settings]
        panel.set_xticks(
            range(len(settings)),
            [f"{name}\nn = {len(values)}" for name, values in zip(names, settings.values(), strict=True)],
        )
        panel.set_xlim(-0.6, len(settings) - 0.4)
        panel.tick_params(axis="x", length=0)
    panels[0].set_ylabel(name)
    if min(values[0] for settings in scores.values() for values in settings.values()) >= 0:
        panels[0].set_ylim(bottom=0)
    return figure


def name_lines(setting: str) -> list[str]:
    """The name of a setting on short lines."""
    return setting.replace(" (", "\n(").replace(", ", "\n").split("\n")


def scores_of(results: Sequence[Line], key: str) -> tuple[dict[str, dict[str, list[float]]], str]:
    """{data set: {setting: the number KEY of its runs in increasing order}}, and what the number is called."""
    if key == "mig" and not any(result["kind"] == "mig" for result in results):
        raise TcvaeError("results", "have no mig among them", "make some with tcvae mig --format json, or give --value")
    groups = group_values(results, key)
    kinds = sorted({(group.quantity, group.estimator) for group in groups})
    if len(kinds) > 1:
        words = "estimators" if len({quantity for quantity, _ in kinds}) == 1 else "measures"
        mixed = " and ".join(sorted({quantity if words == "measures" else estimator for quantity, estimator in kinds}))
        raise TcvaeError("results", f"mix the {words} {mixed}", "plot each alone")
    scores: dict[str, dict[str, list[float]]] = {}
    for group in groups:
        scores.setdefault(group.data_set, {})[group.setting] = sorted(group.values)
    return scores, f"{axis_name(kinds[0][0])}, {kinds[0][1]}"


def draw_box(panel: "Axes", place: float, values: Sequence[float], colour: str, width: float = 0.5) -> None:
    """One box with its median, and on it every value as a dot."""
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
