"""Texts beside marks, each where it lies over the fewest of the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcvae_cli.figures.lettering import width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LABELS, MOST_OBSTACLES = 200, 4_000  # of a panel: each label is weighed against all others
SIDES = [(math.cos(turn * math.pi / 6), math.sin(turn * math.pi / 6)) for turn in range(12)]
FURTHER = (0.0, 5.0, 12.0, 22.0)  # points from the nearest place of a label
LETTERS = 6.0  # points
PASSES = 3  # over all labels: where the later ones have gone, the earlier ones may find a better place
COVERED, CROSSED, OUTSIDE, FAR = 20.0, 0.5, 60.0, 0.5  # costs: of a label or mark, an obstacle, a point outside, away

Place = tuple[float, float]
Mark = tuple[float, float, float]  # x, y, radius, in points
Box = tuple[float, float, float, float]  # left, right, bottom, top, in points


@dataclass(frozen=True)
class Label:
    """A text beside a mark with a radius in points."""

    x: float
    y: float
    text: str
    colour: str
    radius: float = 1.5


def label_points(panel: "Axes", points: Sequence[Label], obstacles: Sequence[Place] = (), away: float = 2) -> None:
    """Write a text beside each point, where it covers no other text or point, and few OBSTACLES.

    AWAY, in points, is how far from its edge; one that has to stand further away is joined to it by a fine line. Call
    it when the panel has its place and limits. Among more than MOST_LABELS points none is labelled, and of many
    OBSTACLES some are heeded.
    """
    if len(points) > MOST_LABELS:
        return
    obstacles = obstacles[:: 1 + len(obstacles) // MOST_OBSTACLES]
    dot = panel.figure.dpi / 72

    def in_points(x: float, y: float) -> Place:
        across, up = panel.transData.transform((x, y)) / dot
        return float(across), float(up)

    marks = [(*in_points(one.x, one.y), one.radius) for one in points]
    small = [in_points(*place) for place in obstacles]
    frame = panel.bbox.x0 / dot, panel.bbox.x1 / dot, panel.bbox.y0 / dot, panel.bbox.y1 / dot
    choices = [spots(mark, label.text, away) for mark, label in zip(marks, points, strict=True)]
    alone = [[cost_alone(spot, marks, small, frame) for spot in own] for own in choices]
    chosen = [min(range(len(own)), key=own.__getitem__) for own in alone]
    for _ in range(PASSES if len(points) > 1 else 0):
        for number, own in enumerate(choices):
            others = [choices[k][chosen[k]][1] for k in range(len(points)) if k != number]
            costs = [
                cost + COVERED * sum(overlap(spot[1], other) for other in others)
                for cost, spot in zip(alone[number], own, strict=True)
            ]
            chosen[number] = costs.index(min(costs))
    for (x, y, radius), label, own, place in zip(marks, points, choices, chosen, strict=True):
        write(panel, label, (own[place][0][0] - x, own[place][0][1] - y), radius + away + 1.5 * LETTERS)


def spots(mark: Mark, text: str, away: float) -> list[tuple[Place, Box, float]]:
    """Return where the text of a MARK (x, y, radius) can stand: the middle, the box and how far away it is."""
    x, y, radius = mark
    wide, tall = width_of(text, LETTERS) * 72 / 2, 0.45 * LETTERS
    found = []
    for further in FURTHER:
        for across, up in SIDES:
            reach = radius + away + further
            middle = x + across * reach + wide * sign(across), y + up * reach + tall * sign(up)
            box = middle[0] - wide, middle[0] + wide, middle[1] - tall, middle[1] + tall
            found.append((middle, box, further))
    return found


def sign(share: float) -> float:
    """Return -1, 0 or 1; a share of a side's direction that is small counts in part."""
    return max(-1.0, min(1.0, 2 * share))


def cost_alone(spot: tuple[Place, Box, float], marks: Sequence[Mark], small: Sequence[Place], frame: Box) -> float:
    """Return what speaks against a spot, whatever the other labels do."""
    _, (left, right, bottom, top), further = spot
    x0, x1, y0, y1 = frame
    outside = max(0.0, x0 - left) + max(0.0, right - x1) + max(0.0, y0 - bottom) + max(0.0, top - y1)
    covered = sum(distance(spot[1], (x, y)) < radius + 0.5 for x, y, radius in marks)
    crossed = sum(distance(spot[1], place) < 1.5 for place in small)
    return round(COVERED * covered + CROSSED * crossed + (OUTSIDE if outside else 0) + outside + FAR * further, 6)


def distance(box: Box, place: Place) -> float:
    """Return how far a place is from a box, 0 inside it."""
    left, right, bottom, top = box
    return math.hypot(max(0.0, left - place[0], place[0] - right), max(0.0, bottom - place[1], place[1] - top))


def overlap(one: Box, other: Box) -> bool:
    """Tell whether two boxes overlap or nearly touch."""
    return one[0] < other[1] + 1 and other[0] < one[1] + 1 and one[2] < other[3] and other[2] < one[3]


def write(panel: "Axes", label: Label, offset: Place, near: float) -> None:
    """Write a label OFFSET points from its mark, joined to it by a line unless it is NEAR."""
    own: dict[str, Any] = {"size": LETTERS, "color": label.colour, "ha": "center", "va": "center", "zorder": 4}
    if math.hypot(*offset) > near + width_of(label.text, LETTERS) * 36:
        line = {"arrowstyle": "-", "color": label.colour, "linewidth": 0.4, "shrinkA": 1, "shrinkB": label.radius}
        own["arrowprops"] = line
    written = panel.annotate(label.text, (label.x, label.y), offset, textcoords="offset points", **own)
    written.set_in_layout(False)  # which has been found
