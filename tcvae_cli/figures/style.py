"""How figures look, by matplotlib, and their bytes as a picture."""

import contextlib
import functools
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec

from tcvae_cli.errors import ArgumentError, TcvaeError, printable
from tcvae_cli.figures.looks import PAPER, Look, drawn_in, look
from tcvae_cli.figures.writing import UNDATED, written
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.results.setting import Setting
from tcvae_cli.text import shortened

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

Arguments = ParamSpec("Arguments")

COLUMN = 3.4  # inches
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,  # letters stay letters
    "svg.hashsalt": "tcvae",  # else ids in the SVG are random
    "text.parse_math": False,  # a dollar in a name is a dollar
}
MARKERS = ("s", "^", "P", "D", "o", "v", "X", "*")  # of objectives, as their colours: where print is grey
LONGEST_NAME = 40  # letters beside an axis


def name_beside(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a name as it stands beside an axis: on one line, in letters that can be printed, cut if it is long."""
    return shortened(printable(text), longest)


def colour(setting: Setting) -> str:
    """Return the colour of a setting's objective.

    From the ninth objective on colours come again in their order, but for the grey, which stays that of the first.
    """
    return look().other if setting.objective not in OBJECTIVES else of_objective(setting.objective, look().colours)


def marker(setting: Setting) -> str:
    """Return matplotlib's name of the marker of a setting's objective, which come again as the colours do."""
    return "p" if setting.objective not in OBJECTIVES else of_objective(setting.objective, MARKERS)


def of_objective(name: str, choices: Sequence[str]) -> str:
    """Return which of the CHOICES a known objective has by its place."""
    first, *others = choices
    place = list(OBJECTIVES).index(name)
    return first if place == 0 else others[(place - 1) % len(others)]


def heat() -> "Colormap":
    """Return the colours of shares from 0, the ground, to 1."""
    from matplotlib.colors import LinearSegmentedColormap

    blue = look().colours[1]
    return LinearSegmentedColormap.from_list("heat", [look().ground, blue])


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw as the figures look, whatever style is set: the same results give the same picture everywhere.

    Raises TcvaeError without matplotlib.
    """
    try:
        import matplotlib.style
    except ModuleNotFoundError:
        raise TcvaeError("plot", "needs matplotlib", "pip install 'tcvae[figures]'") from None
    with matplotlib.style.context([STYLE, colours_of(look())], after_reset=True):
        yield


def colours_of(own: Look) -> dict[Any, Any]:
    """Return the settings of matplotlib for the colours of a look."""
    of_ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "patch.edgecolor")
    return dict.fromkeys(of_ink, own.ink) | dict.fromkeys(("figure.facecolor", "axes.facecolor"), own.ground)


def styled(plot: "Callable[Arguments, Figure]") -> "Callable[Arguments, Figure]":
    """Let a function draw in the style of the figures wherever it is called."""

    @functools.wraps(plot)
    def plot_in_style(*arguments: Arguments.args, **options: Arguments.kwargs) -> "Figure":
        with style():
            return plot(*arguments, **options)

    return plot_in_style


def figure_bytes(make: "Callable[[], Figure]", extension: str, own: Look | None = None) -> bytes:
    """Return the figure that MAKE makes as png, pdf or svg: the same figure gives the same bytes.

    Its OWN look, by default that of a paper, is what `look_of` returns.

    Raises ArgumentError for an unknown extension, TcvaeError without matplotlib.
    """
    check_extension(extension)
    with contextlib.ExitStack() as stack:
        if "matplotlib" not in sys.modules and not os.environ.get("MPLCONFIGDIR"):
            os.environ["MPLCONFIGDIR"] = font_folder(stack)
        stack.enter_context(drawn_in(own or PAPER))
        stack.enter_context(style())
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a script that the font lacks: boxes stand for it
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # names that take all room are drawn across
        return written(make(), extension)


def check_extension(extension: str) -> None:
    """Refuse what cannot be drawn, before anything is read."""
    if not isinstance(extension, str) or extension not in UNDATED:
        endings = ", ".join(f".{known}" for known in UNDATED)
        raise ArgumentError("output", f"cannot draw {extension!r}", f"end the name in {endings}")


def font_folder(stack: contextlib.ExitStack) -> str:
    """Return where matplotlib keeps its list of fonts: our cache folder, or where there is none a temporary one."""
    import pooch

    folder = os.path.join(pooch.os_cache("tcvae"), "matplotlib")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return stack.enter_context(tempfile.TemporaryDirectory(prefix="tcvae-"))
