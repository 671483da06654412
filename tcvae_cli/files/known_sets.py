"""Published data sets whose files do not describe themselves: their factors, and what part some of these play."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class KnownSet:
    """A published data set: its factors, slowest first, with their numbers of classes, and those that are scored."""

    name: str
    pixel_kind: Literal["binary", "grey", "rgb"]
    factors: dict[str, int]
    scored: tuple[str, ...]
    position: tuple[str, str] | None = None  # the factors that place the object on the image, across and down
    shape: str | None = None  # the factor that says what object it is
    shapes: tuple[str, ...] = ()  # what its classes are called


DSPRITES = KnownSet(
    name="dsprites",
    pixel_kind="binary",
    factors={"color": 1, "shape": 3, "scale": 6, "orientation": 40, "posX": 32, "posY": 32},
    scored=("scale", "orientation", "posX", "posY"),
    position=("posX", "posY"),
    shape="shape",
    shapes=("square", "ellipse", "heart"),
)
SHAPES3D = KnownSet(
    name="shapes3d",
    pixel_kind="rgb",
    factors={"floor_hue": 10, "wall_hue": 10, "object_hue": 10, "scale": 8, "shape": 4, "orientation": 15},
    scored=("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"),
)


def placed_set(names: Collection[str]) -> KnownSet | None:
    """Return the known data set whose factors of position are among NAMES: such codes can be drawn as a map."""
    return next((one for one in (DSPRITES, SHAPES3D) if one.position and set(one.position) <= set(names)), None)
