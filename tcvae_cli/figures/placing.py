"""Panels and words put at places of a figure in inches from its left and its top, where the plot knows its sizes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEADING, ASCENT = 1.25, 0.95  # sizes of the type: from line to line, and from the top of a line to its baseline


def panel_at(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Return a new panel whose axes enclose this part of a figure."""
    across, down = figure.get_size_inches()
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))


def write_at(figure: "Figure", left: float, top: float, text: str, size: float, **look: Any) -> None:
    """Write lines of TEXT in letters of SIZE points below a place: right of it, unless its LOOK says otherwise."""
    across, down = figure.get_size_inches()
    for number, line in enumerate(text.split("\n")):  # each by its baseline, since "x" and "l" have other tops
        lower = top + (ASCENT + number * LEADING) * size / 72
        figure.text(left / across, 1 - lower / down, line, va="baseline", size=size, **look)


def height_of(text: str, size: float) -> float:
    """Return the inches that the lines of TEXT take in letters of SIZE points."""
    return (text.count("\n") + 1) * LEADING * size / 72
