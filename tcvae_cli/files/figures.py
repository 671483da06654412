"""Results as figures for a paper's column, by matplotlib: one function a kind, listed in KINDS."""

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.heat_map import information
from tcvae_cli.files.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Objective, how it is written and its colour (Okabe and Ito's, told apart by every kind of eye), in order of drawing.
METHODS = {
    "vae": ("VAE", "#7f7f7f"),
    "beta-vae": ("beta-VAE", "#0072b2"),
    "infogan": ("InfoGAN", "#cc79a7"),
    "factorvae": ("FactorVAE", "#009e73"),
    "beta-tcvae": ("beta-TCVAE", "#d55e00"),
}
OTHER_COLOUR = "#e69f00"
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,  # letters stay letters
    "svg.hashsalt": "tcvae",  # else ids in the SVG are random
    "text.parse_math": False,  # a dollar in a name is a dollar
}
UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None},
    "svg": {"Date": None},
}


def draw(kind: str, results: Sequence[Result], extension: str) -> bytes:
    """The figure KIND of the results as png, pdf or svg: the same results, in whatever order, give the same bytes.

    Raises UsageError for an unknown kind or extension, TcvaeError without matplotlib and for results it cannot draw.
    """
    if kind not in KINDS:
        raise UsageError("KIND", f"there is no figure {kind!r}", f"choose from {', '.join(KINDS)}")
    if extension not in UNDATED:
        raise UsageError("-o", f"cannot draw {extension!r}", f"end the name in {', '.join(f'.{e}' for e in UNDATED)}")
    with contextlib.ExitStack() as stack:
        if "matplotlib" not in sys.modules and not os.environ.get("MPLCONFIGDIR"):
            os.environ["MPLCONFIGDIR"] = font_folder(stack)
        return drawn(kind, results, extension)


def font_folder(stack: contextlib.ExitStack) -> str:
    """Where matplotlib keeps its list of fonts: our cache folder, or where there is none a temporary one."""
    import pooch

    folder = os.path.join(pooch.os_cache("tcvae"), "matplotlib")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return stack.enter_context(tempfile.TemporaryDirectory(prefix="tcvae-"))


def drawn(kind: str, results: Sequence[Result], extension: str) -> bytes:
    """The figure, by matplotlib."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise TcvaeError("plot", "needs matplotlib", "pip install 'tcvae-cli[figures]'") from None
    content = io.BytesIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Glyph .* missing"
        )  # a name in a script that the font lacks: boxes stand for it
        matplotlib.rcdefaults()  # the reader's own style would change the bytes
        matplotlib.rcParams.update(STYLE)
        KINDS[kind](results).savefig(content, format=extension, dpi=300, metadata=UNDATED[extension])
    return content.getvalue()


def box(results: Sequence[Result]) -> "Figure":
    """Box plots of MIG by setting, every run a dot; one panel per data set."""
    from matplotlib.figure import Figure

    scores = mig_by_setting(results)
    estimators = sorted({str(result["estimator"]) for result in results if result["kind"] == "mig"})
    if len(estimators) > 1:
        raise TcvaeError("results", f"mix the estimators {' and '.join(estimators)}", "plot each alone")
    widest = max(map(len, scores.values()))
    figure = Figure(figsize=(max(3.4, 0.5 + 0.75 * widest * len(scores)), 2.5), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
    for panel, (data_set, settings) in zip(panels, scores.items(), strict=True):
        panel.set_title(data_set, fontsize=8, loc="left", color="#555555")
        for place, (setting, values) in enumerate(settings.items()):
            draw_box(panel, place, values, colour(setting))
        names = ["\n(".join(setting.split(" (")) for setting in settings]
        panel.set_xticks(
            range(len(settings)),
            [f"{name}\nn = {len(values)}" for name, values in zip(names, settings.values(), strict=True)],
        )
        panel.set_xlim(-0.6, len(settings) - 0.4)
        panel.tick_params(axis="x", length=0)
    panels[0].set_ylabel(f"MIG, {estimators[0]}")
    panels[0].set_ylim(bottom=0)
    return figure


def draw_box(panel: "Axes", place: int, values: Sequence[float], colour: str) -> None:
    """One box with its median, and on it every value as a dot."""
    panel.boxplot(
        [values],
        positions=[place],
        widths=0.5,
        showfliers=False,  # every run is drawn anyway
        patch_artist=True,
        boxprops={"facecolor": f"{colour}30", "edgecolor": colour, "linewidth": 0.8},
        medianprops={"color": colour, "linewidth": 1.6, "solid_capstyle": "butt"},
        whiskerprops={"color": colour, "linewidth": 0.8},
        capprops={"linewidth": 0},
    )
    golden = 0.6180339887498949  # its multiples spread evenly: neighbours in value never overlap
    across = [place + 0.36 * (number * golden % 1 - 0.5) for number in range(1, len(values) + 1)]
    panel.scatter(across, values, s=10, color=colour, edgecolors="white", linewidths=0.3, clip_on=False, zorder=3)


def mig_by_setting(results: Sequence[Result]) -> dict[str, dict[str, list[float]]]:
    """{data set: {setting: MIG of its runs in increasing order}}, settings in METHODS' order, then by beta.

    Raises TcvaeError naming the line for a run given twice, or one that differs from its neighbours by more than seed.
    """
    runs = []
    peers: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result["kind"] == "mig":
            data_set, settings = f"{result['data_set']} ({result['provenance']})", result.part("settings")
            place = setting_order(settings)
            check_peers(settings, peers.setdefault((data_set, place[-1]), []))
            runs.append((data_set, place, result.number("mig")))
    if not runs:
        raise TcvaeError("results", "have no mig among them", "make some with tcvae mig --format json")
    scores: dict[str, dict[str, list[float]]] = {}
    for data_set, (_, _, setting), mig in sorted(runs):
        scores.setdefault(data_set, {}).setdefault(setting, []).append(mig)
    return scores


def check_peers(settings: Result, peers: list[Result]) -> None:
    """Refuse a run that does not belong into one box with its PEERS, else add it to them."""
    if any(peer["seed"] == settings["seed"] for peer in peers):
        raise TcvaeError(settings.where, f"repeats the run of seed {settings['seed']}", "give each run once")
    for key in sorted(settings.keys() - {"seed", "precision"}):
        if peers and peers[0].get(key) != settings[key]:
            raise TcvaeError(settings.where, f"differs in {key!r} from {peers[0].where}", "plot them apart")
    peers.append(settings)


def setting_order(settings: Result) -> tuple[int, float, str]:
    """Where a setting stands among the others, and its name: "VAE", "beta-TCVAE (6)"."""
    objective = str(settings["objective"])
    place = list(METHODS).index(objective) if objective in METHODS else len(METHODS)
    name = METHODS.get(objective, (objective,))[0]
    if objective == "vae" or "beta" not in settings:  # a plain VAE has no beta to tell
        return place, 0.0, name
    beta = settings.number("beta")
    plain = objective == "infogan" and beta == 1
    return place, beta, name if plain else f"{name} ({beta:g})"


def colour(setting: str) -> str:
    """The colour of a setting's objective."""
    return dict(METHODS.values()).get(setting.split(" (")[0], OTHER_COLOUR)


KINDS: dict[str, Callable[[Sequence[Result]], "Figure"]] = {"box": box, "information": information}
