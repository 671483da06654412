"""The looks that figures can have: for a paper, for a slide, and for a slide with a dark ground."""

import contextlib
import math
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace

from tcvae_cli.errors import ArgumentError, wrong_kind

NARROWEST, WIDEST = 1.0, 40.0  # inches
FLATTEST = 0.42  # the height of a panel as a share of its width
# Of objectives in the order in which they are registered: hues that every kind of eye tells apart, of which the first
# five, those of the paper, also differ in lightness by at least 8 of 100, so that they differ where print is grey.
ON_WHITE = ("#969696", "#004f94", "#df98be", "#00755a", "#d45a00", "#56b4e9", "#332288", "#000000")
ON_DARK = ("#c8c6c1", "#3580c6", "#f9d8e8", "#2aa880", "#ff9340", "#8fd0f5", "#a79cf0", "#ffffff")


@dataclass(frozen=True)
class Look:
    """The colours of a figure, the size at which it is written, and its heading.

    A figure is drawn as for a column of a paper, with letters of 8 points, and magnified when it is written.
    """

    colours: tuple[str, ...] = ON_WHITE
    other: str = "#c98a00"  # the colour of an objective that is not ours, and of runs whose settings are unknown
    ground: str = "#ffffff"
    ink: str = "#000000"
    quiet: str = "#555555"  # of titles and of what explains
    faint: str = "#cccccc"  # of lines that should not be seen first
    magnified: float = 1.0  # unless the width says otherwise
    dots: int = 300  # an inch
    width: float | None = None  # inches; None: as wide as it needs
    title: str = ""

    def room(self, usual: float) -> float:
        """Return how wide a figure should be drawn, in inches before it is magnified: the USUAL unless it has a width.

        A figure that is wider all the same is magnified less.
        """
        return usual if self.width is None else self.width / self.magnified

    def height(self, usual: float, width: float) -> float:
        """Return how tall a panel of this WIDTH should be drawn, in inches: the USUAL unless that would be flat."""
        return usual if self.width is None else max(usual, FLATTEST * width)


PAPER = Look()
SLIDE = replace(PAPER, magnified=2.6, dots=150, width=13.33)  # a slide of 16 to 9 as PowerPoint and Keynote have it
DARK = replace(
    SLIDE, colours=ON_DARK, other="#ffd166", ground="#16181c", ink="#eceae4", quiet="#b3b1ab", faint="#4a4e55"
)
# Of sheets of images, where no style is asked for: a white image stands out from its ground.
PALE = replace(PAPER, ground="#f4f4f4", ink="#262626", quiet="#686868", faint="#bababa", dots=200)
STYLES = {"paper": PAPER, "slide": SLIDE, "dark": DARK}
CURRENT: ContextVar[Look] = ContextVar("look", default=PAPER)


def look_of(style: str = "paper", width: float | None = None, title: str | None = None) -> Look:
    """Return the look of a style, with a figure's width in inches and a heading. ArgumentError for another one."""
    if style not in STYLES:
        raise ArgumentError("style", f"cannot be {style!r}", f"choose among {', '.join(STYLES)}")
    found = STYLES[style]
    if width is not None:
        if isinstance(width, bool) or not isinstance(width, int | float):
            raise wrong_kind("width", width, "give inches, such as 3.4")
        if not (math.isfinite(width) and NARROWEST <= width <= WIDEST):
            fault = f"is {width:g} inches, and a figure is {NARROWEST:g} to {WIDEST:g} inches wide"
            raise ArgumentError("width", fault, "give inches, such as 3.4")
        found = replace(found, width=float(width))
    return replace(found, title=title or "")


def sheet_look(style: str | None = None, width: float | None = None, title: str | None = None) -> Look:
    """Return the look of a sheet of images, which without a style stands on pale grey."""
    found = look_of(style or "paper", width, title)
    return found if style else replace(PALE, width=found.width, title=found.title)


def look() -> Look:
    """Return the look in which figures are drawn now."""
    return CURRENT.get()


@contextlib.contextmanager
def drawn_in(own: Look) -> Iterator[None]:
    """Draw figures in this look."""
    before = CURRENT.set(own)
    try:
        yield
    finally:
        CURRENT.reset(before)
