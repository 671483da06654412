"""Anyone's own arrays: all kinds of files, byte and memory orders; whatever is refused, with the reason."""

import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy

from helpers.command import call
from helpers.prepared import prepared_as
from tcvae_cli.files.data_sets import DataSet, open_data_set

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (7, 6, 5), dtype=np.uint8)
GREY[0, 0, :2] = 0, 255
COLOUR = RANDOM.integers(0, 256, (7, 6, 5, 3), dtype=np.uint8)
LABELS = np.array([[0, 2], [1, 2], [0, 5], [1, 5], [0, 9], [1, 9], [1, 2]])


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Save the arrays in a file of the kind that its name says."""
    if path.suffix == ".npy":
        np.save(path, next(iter(arrays.values())))
    elif path.suffix == ".npz":
        (np.savez_compressed if "compressed" in path.name else np.savez)(path, **arrays)  # type: ignore[arg-type]
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array, chunks=(3, *array.shape[1:]) if array.ndim > 2 else None)
    else:
        safetensors.numpy.save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def prepared(path: Path, *flags: str) -> tuple[np.ndarray, DataSet]:
    """Return the images and the (closed) data set that `tcvae prepare arrays` makes."""
    return prepared_as(path.parent / "out.h5", "arrays", "--source", str(path), *flags)[:2]


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "compressed.npz", "a.h5", "a.safetensors"])
@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (GREY, GREY),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (GREY[:, None], GREY),
        (GREY[..., None], GREY),
        (np.asfortranarray(COLOUR), COLOUR),
        (GREY / 255, GREY),
        ((GREY / 255).astype(np.float32), GREY),
        (GREY > 99, GREY > 99),
        ((GREY > 99).astype(np.float16), GREY > 99),
    ],
    ids=["grey", "nhwc", "nchw", "n1hw", "nhw1", "fortran", "float64", "float32", "bool", "float16 of 0 and 1"],
)
def test_every_layout_in_every_kind_of_file(tmp_path: Path, name: str, stored: np.ndarray, wanted: np.ndarray) -> None:
    save(tmp_path / name, {"pictures": stored})
    images, data = prepared(tmp_path / name)
    np.testing.assert_array_equal(images, wanted)
    assert data.description.pixel_kind == ("binary" if wanted.dtype == bool else "grey" if wanted.ndim == 3 else "rgb")
    assert data.classes is None


def test_images_that_are_not_square_are_told_of(tmp_path: Path) -> None:
    for name, images, wanted in (
        ("a", GREY, True),
        ("b", COLOUR.transpose(0, 3, 1, 2), True),
        ("c", GREY[:, :5], False),
    ):
        save(tmp_path / f"{name}.npy", {"images": images})
        errors = call("prepare", "arrays", "--source", str(tmp_path / f"{name}.npy"), "-o", str(tmp_path / "out.h5"))[2]
        said = "note: images are 6 x 5, and train takes square images only: crop or pad them\n"
        assert (said in errors, "square" in errors) == (wanted, wanted)


def test_arrays_that_come_out_dark_are_told_of(tmp_path: Path) -> None:
    for images, said in ((GREY // 32, True), (GREY / 255 / 255, True), (GREY, False), (GREY > 99, False)):
        save(tmp_path / "a.npy", {"images": images})
        errors = call("prepare", "arrays", "--source", str(tmp_path / "a.npy"), "-o", str(tmp_path / "out.h5"))[2]
        assert ("note: no pixel is brighter than " in errors) == said


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5"])
def test_foreign_byte_order_is_read(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, {"x": (GREY / 255).astype(">f4")})
    np.testing.assert_array_equal(prepared(tmp_path / name)[0], GREY)


@pytest.mark.parametrize("name", ["a.npz", "a.h5", "a.safetensors"])
def test_labels_become_classes_and_keep_their_values(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, {"images": GREY, "factors": LABELS})
    _, data = prepared(tmp_path / name)
    assert data.description.factor_names == data.description.scored_factors == ("factor_0", "factor_1")
    assert data.description.factor_sizes == (2, 3)
    assert data.classes is not None
    assert data.classes[:, 1].tolist() == [0, 0, 1, 1, 2, 2, 0]
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["latents/values"], LABELS)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([" a=b", "c,d "], ("a=b", "c,d")),
        (["", "b"], ("factor_0", "b")),
        (["b", "b "], ("b", "b_1")),
    ],
)
def test_names_of_factors_can_be_typed(tmp_path: Path, names: list[str], wanted: tuple[str, str]) -> None:
    """Without blanks around them; those that would be none, or another's, are numbered."""
    save(tmp_path / "a.npz", {"images": GREY, "labels": LABELS, "factor_names": np.array(names)})
    assert prepared(tmp_path / "a.npz")[1].description.factor_names == wanted


def test_words_as_labels_and_names_of_factors(tmp_path: Path) -> None:
    words = np.array([["a", "1"], ["b", "10"], ["a", "2"], ["b", "2"], ["a", "2"], ["b", "2"], ["a", "2"]])
    save(tmp_path / "a.npz", {"images": GREY, "labels": words, "factor_names": np.array(["letter", "digit"])})
    _, data = prepared(tmp_path / "a.npz")
    assert data.description.factor_names == ("letter", "digit")
    with open_data_set(str(tmp_path / "out.h5")) as again:
        assert again.class_names() == {"letter": ("a", "b")}
    assert data.classes is not None
    assert data.classes[:3].tolist() == [[0, 0], [1, 2], [0, 1]]  # digits by size, not by alphabet


def test_nan_and_empty_words_are_labels_that_are_not_known(tmp_path: Path) -> None:
    words = np.array([["", "2"], ["b", "-1"], ["a", ""], ["b", "10"], ["a", "2"], ["b", "2"], ["", "2"]])
    save(tmp_path / "a.npz", {"images": GREY, "labels": words})
    _, data = prepared(tmp_path / "a.npz")
    assert data.classes is not None
    assert data.classes[:4].tolist() == [[-1, 1], [1, 0], [0, -1], [1, 2]]
    assert data.description.factor_sizes == (2, 3)
    numbers = np.where(LABELS == 2, np.nan, LABELS)
    save(tmp_path / "a.npz", {"images": GREY, "labels": numbers})
    _, data = prepared(tmp_path / "a.npz")
    assert data.classes is not None
    assert data.classes[:, 1].tolist() == [-1, -1, 0, 0, 1, 1, -1]
    with open_data_set(str(tmp_path / "out.h5")) as again:
        np.testing.assert_array_equal(again.values(), numbers)


def test_arrays_can_be_chosen(tmp_path: Path) -> None:
    save(tmp_path / "a.npz", {"train": GREY, "test": GREY[:3], "y": LABELS[:3, 0], "z": LABELS[:, 1]})
    assert "holds several arrays with 3 or 4 axes (test (3, 6, 5)" in refusal(tmp_path / "a.npz")
    images, data = prepared(tmp_path / "a.npz", "--images", "test")
    assert len(images) == 3
    assert data.description.factor_sizes == (2,)
    assert prepared(tmp_path / "a.npz", "--images", "train", "--factors", "z")[1].description.factor_sizes == (3,)
    assert "--images: there is no b in" in refusal(tmp_path / "a.npz", "--images", "b")


def refusal(path: Path, *flags: str) -> str:
    """Return the one line that a file ends in."""
    status, _, errors = call("prepare", "arrays", "--source", str(path), *flags, "-o", os.devnull)
    assert status in (1, 2)
    assert errors.startswith("tcvae: ")
    assert errors.count("\n") == 1
    return errors


LATE = np.zeros((3000, 4, 4), np.float32)
LATE[-1, 0, 0] = 255
FAULTS: dict[str, tuple[Any, str]] = {
    "floats to 255": (GREY.astype(np.float32), "holds float32 pixels from 0 to 255, not 0 to 1; divide by 255"),
    "floats to 255 at the end": (LATE, "holds float32 pixels from 0 to 255, not 0 to 1; divide by 255"),
    "floats that overshoot": (
        (GREY / 255 * 1.02 - 0.01).astype(np.float32),
        "holds float32 pixels from -0.01 to 1.01, not 0 to 1; clip them, e.g. by images.clip(0, 1)",
    ),
    "floats to 2": (GREY / 127.5, "holds float64 pixels from 0 to 2, not 0 to 1; bring them to 0 .. 1"),
    "negative": (GREY / 127.5 - 1, "holds float64 pixels from -1 to 1, not 0 to 1; bring them to 0 .. 1"),
    "NaN": (np.where(GREY > 250, np.nan, 0.5), "holds NaN or infinity; replace them"),
    "object": (GREY.astype(object), "is object, not uint8 or float"),
    "int64": (GREY.astype(np.int64), "holds int64 pixels from 0 to 255, not uint8; make them uint8, e.g. by images"),
    "uint16": (
        GREY * np.uint16(257),
        "holds uint16 pixels from 0 to 65535, not uint8; bring them to 0 .. 255 and make",
    ),
    "int8": (GREY.view(np.int8), "holds int8 pixels from -128 to 127, not uint8; bring them to 0 .. 255"),
    "complex": (GREY.astype(np.complex64), "is complex64, not uint8 or float"),
    "two axes": (GREY.reshape(7, -1), "has shape (7, 30); give (N, H, W), (N, H, W, C) or (N, C, H, W)"),
    "four channels": (np.zeros((7, 6, 5, 4), np.uint8), "images of 2 or 4 channels are not supported"),
    "no rows": (GREY[:0], "has shape (0, 6, 5); give at least one image"),
    "colours of 0 and 1": (np.ones((7, 6, 5, 3), np.uint8), "holds colours from 1 to 1 only; multiply them by 255"),
    "huge images": (np.zeros((1, 5000, 5000), np.uint8), "give at least one image, of a size that is one"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_arrays_that_are_no_images_are_refused_with_the_reason(tmp_path: Path, fault: str) -> None:
    array, wanted = FAULTS[fault]
    save(tmp_path / "a.npz", {"images": array})
    assert f"{tmp_path}/a.npz: images: {wanted}"[:60] in refusal(tmp_path / "a.npz")
    assert wanted in refusal(tmp_path / "a.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_npz_that_cannot_be_inflated_piece_by_piece_is_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive, archive.open("images.npy", "w") as member:
        np.save(member, GREY)
    assert "holds images.npy, which is neither stored nor deflated" in refusal(tmp_path / "a.npz")


def test_a_bomb_in_the_header_of_an_array_is_not_inflated(tmp_path: Path) -> None:
    start = b"\x93NUMPY\2\0" + struct.pack("<I", 10**9)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", start + bytes(10**8))
    tracemalloc.start()
    assert "damaged" in refusal(tmp_path / "a.npz")
    assert tracemalloc.get_traced_memory()[1] < 5e7
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("compressed.npz", "y: takes more than 268,435,456 bytes; give numbers of fewer bytes"),
        ("a.h5", "`y` holds a text of more than 65,536 letters; shorten it"),
    ],
)
def test_labels_as_wide_as_the_memory_are_refused(tmp_path: Path, name: str, fault: str) -> None:
    count, letters = 700, "x" * 100_000  # 280 MB as an array
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = np.zeros((count, 2, 2), np.uint8)
        file.create_dataset("y", (count,), h5py.string_dtype(), data=[letters] + [""] * (count - 1))
    with zipfile.ZipFile(tmp_path / "compressed.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("images.npy", "w") as member:
            np.save(member, np.zeros((count, 2, 2), np.uint8))
        with archive.open("y.npy", "w") as member:
            header = {"descr": "<U100000", "fortran_order": False, "shape": (count,)}
            np.lib.format.write_array_header_1_0(member, header)
            for _ in range(count):
                member.write(bytes(400_000))
    tracemalloc.start()
    assert fault in refusal(tmp_path / name)
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


def test_types_of_safetensors_are_told_as_they_are(tmp_path: Path) -> None:
    save(tmp_path / "a.safetensors", {"images": GREY * np.uint16(2)})
    assert "images: holds uint16 pixels from 0 to 510, not uint8" in refusal(tmp_path / "a.safetensors")
    header = b'{"images":{"dtype":"BF16","shape":[1,2,2],"data_offsets":[0,8]}}'
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    assert "images: is BF16, not uint8 or float; make it uint8" in refusal(tmp_path / "a.safetensors")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5", "a.safetensors"])
def test_files_are_told_apart_by_content_from_a_pipe_too(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, {"images": GREY})
    (tmp_path / name).rename(tmp_path / "anything")
    np.testing.assert_array_equal(prepared(tmp_path / "anything")[0], GREY)
    content = (tmp_path / "anything").read_bytes()
    command = [sys.executable, "-m", "tcvae_cli", "prepare", "arrays", "--source", "-", "-o", str(tmp_path / "out.h5")]
    done = subprocess.run(command, input=content, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    with open_data_set(str(tmp_path / "out.h5")) as data:
        np.testing.assert_array_equal(data.rows(slice(None)), GREY)


def test_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    for labels, fault in (
        (LABELS[:3], "there are 7 images; give one number or word for each factor"),
        (LABELS.astype(object), "is of Python objects, not of numbers or words; store it by .astype(int) or .ast"),
        (LABELS.astype("M8[D]"), "is of datetime64[D], not of numbers or words; store it by .astype(int)"),
        (np.where(LABELS == 9, np.inf, LABELS), "holds infinity; replace it, by NaN"),
    ):
        save(tmp_path / "a.npz", {"images": GREY, "labels": labels})
        assert fault in refusal(tmp_path / "a.npz")


def test_names_of_factors_that_are_objects_are_called_that(tmp_path: Path) -> None:
    save(tmp_path / "a.npz", {"images": GREY, "labels": LABELS, "factor_names": np.array(["a", "b"], object)})
    said = call("prepare", "arrays", "--source", str(tmp_path / "a.npz"), "-o", os.devnull)[2]
    assert "factor_names (2,) is left out: it is of Python objects, not of words: store it by .astype(str)" in said


def test_images_along_the_last_axis_are_told_of(tmp_path: Path) -> None:
    """As scipy reads them from MATLAB's files, where numbers of images come last."""
    square = RANDOM.integers(0, 256, (7, 5, 5), dtype=np.uint8)
    cure = "looks like (height, width, images), so store its .transpose(2, 0, 1)"
    np.save(tmp_path / "a.npy", square.transpose(1, 2, 0))
    said = call("prepare", "arrays", "--source", str(tmp_path / "a.npy"), "-o", os.devnull)[2]
    assert f"images are 5 x 7, and train takes square images only: (5, 5, 7) {cure}" in said
    np.savez(tmp_path / "a.npz", images=GREY.transpose(1, 2, 0), labels=LABELS)
    assert f"there are 6 images; (6, 5, 7) {cure}" in refusal(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", images=GREY, labels=LABELS[:3])
    assert "looks like" not in refusal(tmp_path / "a.npz")
    np.save(tmp_path / "a.npy", np.zeros((6, 6, 3, 7), np.uint8))
    assert "(height, width, channels, images), so store its .transpose(3, 0, 1, 2)" in refusal(tmp_path / "a.npy")


def test_of_several_arrays_only_those_are_named_that_may_be_images(tmp_path: Path) -> None:
    save(tmp_path / "a.npz", {"x_train": GREY, "x_test": GREY, "y_train": LABELS})
    assert "several arrays with 3 or 4 axes (x_test (7, 6, 5), x_train (7, 6, 5));" in refusal(tmp_path / "a.npz")


def test_images_that_nobody_has_written_are_told_of(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        images = file.create_dataset("images", (3000, 6, 5), np.uint8, chunks=(9, 6, 5))
        images[:7] = GREY
    said = call("prepare", "arrays", "--source", str(tmp_path / "a.h5"), "-o", os.devnull)[2]
    assert "the last 2,993 of 3,000 images are black: if nothing was written there, store the first 7 alone" in said
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", (10**7, 64, 64), np.uint8, chunks=(64, 64, 64))
    said = "`images` claims 40,960,000,000 bytes of numbers, for which the file stores 0; write all of it"
    assert said in refusal(tmp_path / "a.h5")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "compressed.npz", "a.h5", "a.safetensors"])
@pytest.mark.parametrize("kept", [0, 4, 60, 0.5, 0.98])
def test_cut_files_are_refused(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    save(path, {"images": np.repeat(COLOUR, 20, axis=1)})
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    refusal(path)


def test_other_kinds_of_files_are_called_what_they_are(tmp_path: Path) -> None:
    for name, content, wanted in (
        ("a.npz", b"<html>", "is a web page, not npz, npy, HDF5 or safetensors; save the images with numpy.savez"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "is a MATLAB file older than version 7.3, not npz"),
        ("a.pkl", b"\x80\4\x95", "is a pickle, which might run programs, not npz"),
        ("a.gz", b"\x1f\x8b", "is compressed, not npz"),
        ("a.txt", b"hello", "is another kind of file, not npz"),
        ("a", b"", "is empty, not npz"),
    ):
        (tmp_path / name).write_bytes(content)
        assert f"{tmp_path}/{name}: {wanted}" in refusal(tmp_path / name)
    for member, wanted in (("a.png", "is a zip without arrays (.npy)"), ("archive/data.pkl", "is a file of torch")):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(member, b"?")
        assert wanted in refusal(tmp_path / "a.zip")


def test_a_chunk_as_large_as_the_memory_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", (300, 1000, 1000), np.uint8, chunks=(300, 1000, 1000), compression="gzip")
    assert "`images` claims 300,000,000 bytes of numbers" in refusal(tmp_path / "a.h5")
