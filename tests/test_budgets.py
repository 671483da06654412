"""Small files that would expand to gigabytes are refused in one line, before they do; `make torture` weighs them."""

import threading
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers import bombs
from helpers.command import call
from tcvae_cli.datasets.archives import open_members
from tcvae_cli.datasets.decoding_costs import Room
from tcvae_cli.files.budget import HELD, Budget, BudgetError, most_held

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
        "reading `imgs` unpacks 3,276,800,000 bytes, too many for a file of this size; write it again in parts",
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
        lambda path: bombs.many_numbers(path, 20_000, 900),
        "`latents/classes` holds 144,000,000 bytes of numbers, more than 134,217,728 in a file of this size; "
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


PICTURES: dict[str, tuple[Callable[[Path], None], str]] = {
    "one column": (
        lambda path: bombs.zip_of(path, ".png", bombs.grey_png(1, 1_000_000)),
        "none of its 1 images could be read (000.png (has a side of 1,000,000 pixels)); "
        "give a folder of PNG, JPEG, WebP or TIFF images",
    ),
    "scans": (
        lambda path: bombs.zip_of(path, ".jpg", bombs.jpeg_of_scans(64, 600)),
        "none of its 1 images could be read (000.jpg (has 606 scans)); give a folder of PNG, JPEG, WebP or TIFF images",
    ),
    "a large WebP": (
        lambda path: bombs.zip_of(path, ".webp", bombs.webp(8000, 5000)),
        "none of its 1 images could be read "
        "(000.webp (has 40,000,000 pixels, which take 800,000,038 bytes to decode)); "
        "give a folder of PNG, JPEG, WebP or TIFF images",
    ),
    "many large ones": (
        lambda path: bombs.zip_of(path, ".png", bombs.grey_png(9000, 9000)[:60], 10),
        "unpacks to more than 3,221,225,472 bytes, too many for its SIZE; write it again in parts",
    ),
    "members that overlap": (
        lambda path: bombs.overlapping_zip(path, 60, bytes(1 << 20)),
        "has members that overlap; get the archive again from a place you trust",
    ),
    "sparse members": (
        lambda path: bombs.sparse_tar(path, 60, 1 << 28),
        "holds 000.png, which is a link, a device, sparse or encrypted; get the archive again from a place you trust",
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_expand_too_far_are_refused(tmp_path: Path, name: str) -> None:
    write, fault = PICTURES[name]
    write(tmp_path / "in.zip")
    size = (tmp_path / "in.zip").stat().st_size
    assert size < 10_000_000
    status, _, errors = call("prepare", "folder", "--source", str(tmp_path / "in.zip"), "-o", str(tmp_path / "out.h5"))
    assert (status, errors) == (1, f"tcvae: {tmp_path}/in.zip: {fault}\n".replace("SIZE", f"{size:,}"))


@pytest.mark.parametrize("size", [0, 10_000_000, 28_024_106])
def test_published_sets_are_within_the_budget(size: int) -> None:
    """All of dSprites from a file of any size, and more from a larger one."""
    budget = Budget("file", size)
    budget.take(737_280 * 64 * 64)
    budget.take(max(0, size - 10_000_000) * 1032)
    with pytest.raises(BudgetError, match="unpacks to more than"):
        budget.take(4_000_000_000)


def test_a_large_file_may_have_large_chunks_and_many_labels() -> None:
    assert most_held(10_000_000) == HELD
    assert most_held(1 << 30) == 1 << 32


def test_small_files_of_a_folder_count_for_more(tmp_path: Path) -> None:
    """A drawing of millions of pixels may be honest and have 500 bytes."""
    for k in range(3):
        (tmp_path / f"{k}.png").write_bytes(bytes(50_000 * k))
    with open_members(str(tmp_path)) as members:
        assert members.budget.size == 65_536 + 65_536 + 100_000


def test_pictures_share_the_memory_there_is() -> None:
    """The second waits until the first has made room."""
    room, order = Room(10), []

    def second() -> None:
        with room.holding(6):
            order.append("second")

    with room.holding(6):
        thread = threading.Thread(target=second)
        thread.start()
        with room.holding(4):
            order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert room.left == 10
