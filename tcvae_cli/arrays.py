"""The array type that all layers share, the arrays of what is frozen, and the class that stands for a missing label."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
MISSING = -1  # the class of an image whose label is not known


def read_only(frozen: object) -> None:
    """Let nobody write into the arrays that a frozen dataclass holds."""
    for value in vars(frozen).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
