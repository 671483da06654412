"""Rows of a data set: every index that NumPy takes gives what it gives of the whole array; others are refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import tcvae_cli
from helpers.tiny import write_tiny

ROWS = 192
MASK = np.arange(ROWS) % 7 == 3


@pytest.fixture(params=[None, 50, 1])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a data set whose images are in chunks of the given number of rows, deflated, or in none."""
    write_tiny(tmp_path / "tiny.h5")
    with h5py.File(tmp_path / "tiny.h5", "a") as file:
        images = file["imgs"][:]
        del file["imgs"]
        chunks = None if request.param is None else (request.param, *images.shape[1:])
        file.create_dataset("imgs", data=images, chunks=chunks, compression=chunks and "gzip")
    return tmp_path / "tiny.h5"


def test_rows_are_those_of_the_array(stored: Path) -> None:
    with tcvae_cli.open_data_set(stored) as data:
        whole = data.rows(slice(None))
        assert len(whole) == ROWS
        lists: list[Any] = [[5, 3, 3, 100, -1], [], [7], (1, 2), range(9, 3, -2), MASK.tolist()]
        arrays: list[Any] = [np.array([5, 191, 0], np.uint8), MASK, np.zeros(ROWS, bool), np.array([], np.int32)]
        slices = [slice(None, None, -1), slice(100, 10, -30), slice(3, 90, 7), slice(-3, None), slice(180, 999)]
        slices += [slice(0, ROWS + 3), slice(9, 9), slice(9, 3), slice(60, 61)]
        for index in [0, -1, np.int64(7), np.uint8(3), *slices]:
            np.testing.assert_array_equal(data.rows(index), whole[index])
        for index in [*lists, *arrays]:
            numbers = np.asarray(index)
            np.testing.assert_array_equal(data.rows(index), whole[numbers if len(numbers) else []])


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (ROWS, "there is no row 192; choose from 0 to 191, or from -1 to -192, counted from the end"),
        (-ROWS - 1, "there is no row -193"),
        ([0, 500], "there is no row 500"),
        (2**70, "there is no row 1180591620717411303424"),
        (np.array([2**63], np.uint64), "there is no row 9223372036854775808"),
        (1.5, "is 1.5; give a row number, a slice, a list"),
        (True, "is True; give"),
        ("3", "is '3'; give"),
        (None, "is None; give"),
        ([0.5], r"is \[0.5\]; give"),
        ([[1], [1, 2]], "give a row number"),
        (np.zeros((2, 2), int), r"is an array of int64 \[2, 2\]; give"),
        (np.ones(5, bool), "is a mask of 5 rows, and there are 192"),
        (slice(0, 5, 0), r"is slice\(0, 5, 0\); give whole numbers"),
        (slice(0.5, 3), r"is slice\(0.5, 3, None\); give whole numbers"),
    ],
)
def test_what_tells_no_rows_is_refused(workshop: Path, index: Any, said: str) -> None:
    with tcvae_cli.open_data_set(workshop / "tiny.h5") as data, pytest.raises(tcvae_cli.ArgumentError, match=said) as e:
        data.rows(index)
    assert str(e.value).startswith("rows: ")


@pytest.mark.parametrize("image", [1.5, True, "3", 192, -1])
def test_a_walk_starts_from_one_image(workshop: Path, image: Any) -> None:
    with pytest.raises(tcvae_cli.ArgumentError, match=f"image: there is no image {image}; choose from 0 to 191"):
        tcvae_cli.walk(workshop / "run.safetensors", image=image, data=workshop / "tiny.h5", device="cpu")
