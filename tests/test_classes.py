"""How labels become classes, and what is said where classes tell little or images have none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tcvae_cli.datasets.labels import factor_of

LARGE = 2**53  # and LARGE + 1 are one number in float64


@pytest.mark.parametrize(
    ("labels", "classes", "called"),
    [
        (np.array([LARGE + 1, LARGE, LARGE + 1]), [1, 0, 1], [str(LARGE), str(LARGE + 1)]),
        (np.array([2**64 - 1, 0, 2**64 - 2], dtype=np.uint64), [2, 0, 1], ["0", str(2**64 - 2), str(2**64 - 1)]),
        ([str(LARGE + 1), str(LARGE), ""], [1, 0, -1], [str(LARGE), str(LARGE + 1)]),
        ([str(-LARGE - 1), f"-{LARGE}.0"], [0, 1], [str(-LARGE - 1), f"-{LARGE}.0"]),
        (np.array([LARGE + 1] * 2), [0, 0], [str(LARGE + 1)]),
        (["0.1", "0.10000000000000000001", ".1"], [0, 1, 0], ["0.1", "0.10000000000000000001"]),
        (np.array([LARGE, 1]), [1, 0], []),  # these float64 has
        (["10", "9.0", "9", "1e1"], [1, 0, 0, 1], []),
        (["1e300", "", "7"], [1, -1, 0], ["7", "1E+300"]),
        (np.array([0.5, np.nan, -1], dtype=np.float32), [1, -1, 0], []),
        (["1e400", "9"], [1, 0], ["9", "1e400"]),  # infinity is no number, so these are words, the number first
    ],
)
def test_different_labels_are_different_classes(
    labels: Sequence[Any], classes: Sequence[int], called: Sequence[str]
) -> None:
    factor = factor_of("number", labels)
    assert factor.classes.tolist() == classes
    assert list(factor.class_names) == called
    known = factor.classes >= 0
    assert (np.isfinite(factor.values) == known).all()
