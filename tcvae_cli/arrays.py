"""The array type that all layers share, and the class that stands for a missing label."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
MISSING = -1  # the class of an image whose label is not known
