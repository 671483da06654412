"""The array type that all layers share, the arrays of what is frozen, and what classes of factors mean."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
MISSING = -1  # the class of an image whose label is not known
FEW_IMAGES = 5  # of the mean class: below, a number tells of images rather than of the factor


def read_only(frozen: object) -> None:
    """Let nobody write into the arrays that a frozen dataclass holds."""
    for value in vars(frozen).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
