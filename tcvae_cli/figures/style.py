"""How figures look, by matplotlib, and their bytes as a picture."""

import contextlib
import functools
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec

from tcvae_cli.errors import ArgumentError, TcvaeError, printable
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.results.setting import Setting
from tcvae_cli.text import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Arguments = ParamSpec("Arguments")

COLUMN = 3.4  # inches
GREY = "#555555"  # of titles and of what explains
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
# Okabe and Ito's colours, told apart by every kind of eye: of objectives in the order in which they are registered.
# In place of their yellow, a line of which is faint on white, stands Tol's indigo.
COLOURS = ("#7f7f7f", "#0072b2", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#332288", "#000000")
LONGEST_NAME = 40  # letters beside an axis
OTHER_COLOUR = "#e69f00"  # of an objective that is not ours, and of runs whose settings are unknown
UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None},
    "svg": {"Date": None},
}


def name_beside(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a name as it stands beside an axis: on one line, in letters that can be printed, cut if it is long."""
    return shortened(printable(text), longest)


def colour(setting: Setting) -> str:
    """Return the colour of a setting's objective.

    From the ninth objective on colours come again in their order, but for the grey, which stays that of the first.
    """
    if setting.objective not in OBJECTIVES:
        return OTHER_COLOUR
    first, *others = COLOURS
    place = list(OBJECTIVES).index(setting.objective)
    return first if place == 0 else others[(place - 1) % len(others)]


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw as the figures look, whatever style is set: the same results give the same picture everywhere.

    Raises TcvaeError without matplotlib.
    """
    try:
        import matplotlib.style
    except ModuleNotFoundError:
        raise TcvaeError("plot", "needs matplotlib", "pip install 'tcvae-cli[figures]'") from None
    with matplotlib.style.context(STYLE, after_reset=True):
        yield


def styled(plot: "Callable[Arguments, Figure]") -> "Callable[Arguments, Figure]":
    """Let a function draw in the style of the figures wherever it is called."""

    @functools.wraps(plot)
    def plot_in_style(*arguments: Arguments.args, **options: Arguments.kwargs) -> "Figure":
        with style():
            return plot(*arguments, **options)

    return plot_in_style


def figure_bytes(make: "Callable[[], Figure]", extension: str) -> bytes:
    """Return the figure that MAKE makes as png, pdf or svg: the same figure gives the same bytes.

    Raises ArgumentError for an unknown extension, TcvaeError without matplotlib.
    """
    check_extension(extension)
    content = io.BytesIO()
    with contextlib.ExitStack() as stack:
        if "matplotlib" not in sys.modules and not os.environ.get("MPLCONFIGDIR"):
            os.environ["MPLCONFIGDIR"] = font_folder(stack)
        stack.enter_context(style())
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a script that the font lacks: boxes stand for it
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # names that take all room are drawn across
        make().savefig(content, format=extension, dpi=300, metadata=UNDATED[extension])
    return content.getvalue()


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
