"""Small files that would expand to gigabytes are refused in one line, before they do; `make torture` weighs them."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers import bombs
from helpers.command import call

HDF5: dict[str, tuple[Callable[[Path], None], str]] = {
    "class names": (
        lambda path: bombs.one_name_for_all_classes(path, 40, bombs.MiB),
        "`latents/class_names/0` holds texts of more than 16,777,216 letters; shorten them",
    ),
    "class names of many factors": (
        lambda path: bombs.one_name_for_all_classes(path, 7, bombs.MiB, factors=3),
        "names its classes in more than 16,777,216 letters; shorten them",
    ),
    "attributes": (
        lambda path: bombs.one_text_for_all_attributes(path, 700, bombs.MiB - 64),
        "its texts and structure take more than 268,435,456 bytes of memory; shorten its names and attributes",
    ),
    "a chunk": (
        lambda path: bombs.data_set(path, 40_000, (64, 64), chunks=(40_000, 64, 64)),
        "`imgs` is stored in chunks of 163,840,000 bytes; store it in smaller chunks",
    ),
    "chunks across rows": (
        lambda path: bombs.data_set(path, 200_000, (64, 64), chunks=(200_000, 4, 4)),
        "reading `imgs` unpacks 5,734,400,000 bytes, too many for a file of this size; "
        "write it again in chunks of whole rows, or in parts",
    ),
    "images": (
        lambda path: bombs.data_set(path, 40, (12_000, 12_000), chunks=(1, 12_000, 12_000)),
        "`imgs` is stored in chunks of 144,000,000 bytes; store it in smaller chunks",
    ),
    "images in small chunks": (
        lambda path: bombs.data_set(path, 2, (5000, 5000), chunks=(1, 5000, 50)),
        "its images are of 5,000 x 5,000 pixels, and at most 16,777,216 can be read; make them smaller",
    ),
    "labels": (
        lambda path: bombs.many_numbers(path, 2000),
        "`latents/classes` holds 160,000,000 bytes of numbers, more than 134,217,728 in a file of this size; "
        "prepare fewer images or factors",
    ),
}


@pytest.mark.parametrize("name", HDF5)
def test_a_data_set_that_expands_too_far_is_refused(tmp_path: Path, name: str) -> None:
    write, fault = HDF5[name]
    write(tmp_path / "in.h5")
    assert (tmp_path / "in.h5").stat().st_size < 10_000_000
    assert call("show", str(tmp_path / "in.h5"))[::2] == (1, f"tcvae: {tmp_path}/in.h5: {fault}\n")


@pytest.mark.parametrize("filters", [{}, {"fletcher32": True}, {"shuffle": True}])
def test_a_chunk_that_inflates_further_than_it_holds_is_refused(tmp_path: Path, filters: dict[str, bool]) -> None:
    """HDF5 would inflate all of it first: 4 GB of a file of 4 MB."""
    bombs.chunk_that_inflates_further(tmp_path / "in.h5", 1 << 26, **filters)
    status, _, errors = call("subset", str(tmp_path / "in.h5"), "--sample", "1", "-o", str(tmp_path / "out.h5"))
    fault = "`imgs` has a chunk that inflates to more than it holds; write it again"
    assert (status, errors) == (1, f"tcvae: {tmp_path}/in.h5: {fault}\n")


def test_a_long_label_of_all_images_is_refused(tmp_path: Path) -> None:
    bombs.one_label_for_all_images(tmp_path / "in.h5", 40, bombs.MiB)
    status, _, errors = call("prepare", "arrays", "--source", str(tmp_path / "in.h5"), "-o", str(tmp_path / "out.h5"))
    fault = "`labels` holds a text of more than 65,536 letters; shorten it"
    assert (status, errors) == (1, f"tcvae: {tmp_path}/in.h5: {fault}\n")


def test_deflating_twice_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["labels"] = np.zeros((8, 6))
        twice = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        twice.set_chunk((8, 64, 64, 3))
        twice.set_deflate(9)
        twice.set_deflate(9)
        space = h5py.h5s.create_simple((8, 64, 64, 3))
        h5py.h5d.create(file.id, b"images", h5py.h5t.STD_U8LE, space, twice)
    fault = "`images` is compressed by one filter after another; write it again with gzip"
    assert call("show", str(tmp_path / "in.h5"))[2] == f"tcvae: {tmp_path}/in.h5: {fault}\n"
