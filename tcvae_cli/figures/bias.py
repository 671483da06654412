"""MIG under sampling biases (figure 5 of the paper)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.box import draw_box
from tcvae_cli.figures.panels import short_titles, wrapped
from tcvae_cli.figures.style import COLUMN, GREY
from tcvae_cli.results.line import CURE, Line
from tcvae_cli.results.methods import check_alike, colour, data_set_of, mig_by_setting, one_estimator, setting_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scores = dict[str, dict[str, list[float]]]  # {bias: {setting: MIG of each run}}


def bias(results: Sequence[Line], joints: Mapping[str, Any]) -> "Figure":
    """The joint distributions, JOINTS (first factor, second factor) by bias, and boxes of MIG under each of them."""
    from matplotlib.figure import Figure

    scores, (first, second) = mig_by_bias(results)
    settings = {setting: None for by_setting in scores.values() for setting in by_setting}
    width = 0.5 + 0.24 * len(settings) * len(scores)
    figure = Figure(figsize=(max(COLUMN, width), 3.3), layout="constrained")
    grid = figure.add_gridspec(2, len(scores), height_ratios=(1, 2.4))
    for column, kind in enumerate(scores):
        panel = figure.add_subplot(grid[0, column])
        draw_joint(panel, kind, joints[kind])
        if column == 0:
            panel.set_xlabel(first, fontsize=7)
            panel.set_ylabel(second, fontsize=7)
    panel = figure.add_subplot(grid[1, :])
    draw_groups(panel, scores, list(settings))
    own = [result for result in results if is_biased(result)]
    panel.set_ylabel(f"MIG, {one_estimator(own)}")
    whole, part, _ = data_set_of(own[0]).partition("; part of ")
    origin = whole + ")" * bool(part)
    figure.suptitle(wrapped(short_titles([origin])[0]), fontsize=8, x=0.02, ha="left", color=GREY)
    return figure


def mig_by_bias(results: Sequence[Line]) -> tuple[Scores, tuple[str, str]]:
    """{bias: {setting: MIG of its runs}} of those results of mig that know their bias, and the two factors of it.

    Raises TcvaeError for none of them, and for what does not belong into one figure.
    """
    own = sorted((result for result in results if is_biased(result)), key=lambda result: str(result["bias"]))
    if not own:
        cure = "make the data sets with tcvae subset --bias, and mig lines of runs trained on them"
        raise TcvaeError("results", "have no mig of a biased data set among them", cure)
    for result in own[1:]:
        if result["bias"][1:] != own[0]["bias"][1:] or result["data_set"] != own[0]["data_set"]:
            raise TcvaeError(result.where, f"has another data set or factors than {own[0].where}", "plot them apart")
    peers: dict[str, Line] = {}
    for result in own:
        settings = result.part("settings")
        check_alike(settings, peers.setdefault(setting_order(settings)[-1], settings))
    scores = {}
    for kind in sorted({str(result["bias"][0]) for result in own}):
        by_data_set = mig_by_setting([result for result in own if result["bias"][0] == kind])
        if len(by_data_set) > 1:
            raise TcvaeError("results", f"mix several data sets of bias {kind}", "plot each alone")
        scores[kind] = next(iter(by_data_set.values()))
    return scores, (str(own[0]["bias"][1]), str(own[0]["bias"][2]))


def is_biased(result: Line) -> bool:
    """Whether it is a MIG under a known bias. Raises TcvaeError for a bias that is none of ours."""
    found = result.get("bias")
    if result["kind"] != "mig" or found is None:
        return False
    if not isinstance(found, list) or len(found) != 3 or found[0] not in ("A", "B", "C", "D"):
        raise TcvaeError(result.where, "'bias' is not A, B, C or D and two factors", CURE)
    return True


def draw_joint(panel: "Axes", kind: str, joint: Any) -> None:
    """One joint distribution as a heat map: white is nothing, the darkest 2.4 times an even share."""
    total = sum(map(sum, joint))
    shares = [[cell / total for cell in column] for column in zip(*joint, strict=True)]
    even = 1 / (len(shares) * len(shares[0]))
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=2.4 * even, origin="lower", aspect="auto")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_box_aspect(0.75)
    panel.set_title(kind, fontsize=8)
    panel.spines[:].set_visible(True)


def draw_groups(panel: "Axes", scores: Scores, settings: Sequence[str]) -> None:
    """A group of boxes a bias, a colour a setting."""
    step = 0.84 / len(settings)
    for group, by_setting in enumerate(scores.values()):
        for setting, values in by_setting.items():
            place = group + (settings.index(setting) - (len(settings) - 1) / 2) * step
            draw_box(panel, place, values, colour(setting), 0.8 * step)
    counts = {len(values) for by_setting in scores.values() for values in by_setting.values()}
    many = f"n = {min(counts)}" if len(counts) == 1 else f"n = {min(counts)} to {max(counts)}"
    panel.set_xticks(range(len(scores)), list(scores))
    panel.set_xlabel(f"joint distribution ({many} a box)")
    panel.tick_params(axis="x", length=0)
    panel.set_xlim(-0.5, len(scores) - 0.5)
    panel.set_ylim(bottom=0)
    for setting in settings:
        panel.scatter([], [], s=14, color=colour(setting), label=setting)
    panel.legend(
        frameon=False, fontsize=7, ncols=len(settings), loc="lower center", bbox_to_anchor=(0.5, 1), handletextpad=0
    )
