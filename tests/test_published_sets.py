"""Chairs, CelebA, 3D Shapes, Cars3D, SmallNORB and MPI3D, each from a small archive in the published layout."""

import gzip
import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from helpers.command import call
from helpers.prepared import prepared_as
from tcvae_cli.datasets import mpi3d, smallnorb
from tcvae_cli.datasets.matlab import read_matlab
from tcvae_cli.datasets.published import SourceFiles
from tcvae_cli.datasets.sources import SOURCES
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.data_sets import DataSet, open_data_set
from tcvae_cli.files.writer import write_data_set
from tcvae_cli.verbs.prepare import prepare

RANDOM = np.random.default_rng(0)


def prepared(name: str, source: Path, *flags: str) -> tuple[np.ndarray, DataSet]:
    """Return the images and the (closed) data set that `tcvae prepare NAME` makes."""
    return prepared_as(source.parent / "out.h5", name, "--source", str(source), *flags)[:2]


def refusal(name: str, source: Path, *flags: str) -> str:
    """Return the one line that a source ends in."""
    status, _, errors = call("prepare", name, "--source", str(source), *flags, "-o", os.devnull)
    assert status == 1
    assert errors.startswith(f"tcvae: {source}")
    assert errors.count("\n") == 1
    return errors


def image_file(level: tuple[int, int, int], size: tuple[int, int], kind: str) -> bytes:
    """Return an image file of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", size, level).save(stream, kind)
    return stream.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file to a tar."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


VIEWS = [(chair, p, t) for t in (6, 354, 17) for p in (30, 20) for chair in ("b1", "a9")]


def write_chairs(path: Path) -> None:
    """Write two chairs from three azimuths and two elevations, in no order."""
    with tarfile.open(path, "w") as tar:
        add(tar, "rendered_chairs/all_chair_names.mat", b"not read")
        for k, (chair, p, t) in enumerate(VIEWS):
            content = image_file((20 * k, 255, 255), (60, 60), "PNG")
            add(tar, f"rendered_chairs/{chair}/renders/image_{k:03d}_p{p:03d}_t{t:03d}_r096.png", content)


def test_chairs_are_labelled_by_their_names(tmp_path: Path) -> None:
    write_chairs(tmp_path / "rendered_chairs.tar")
    images, data = prepared("chairs", tmp_path / "rendered_chairs.tar", "--size", "8", "--colour")
    assert data.description.factor_names == ("chair", "elevation", "azimuth")
    assert data.description.factor_sizes == (2, 2, 3)
    digest = hashlib.sha256((tmp_path / "rendered_chairs.tar").read_bytes()).hexdigest()
    wanted = f"converted from a file of sha256:{digest} (squashed to a square, 8 x 8 rgb)"
    assert data.description.provenance == wanted
    order = sorted(range(12), key=lambda k: VIEWS[k])
    assert images[:, 0, 0, 0].tolist() == [20 * k for k in order]
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["latents/values"][:4, 1:].tolist() == [[20, 6], [20, 17], [20, 354], [30, 6]]
        assert file["latents/class_names/0"].asstr()[()].tolist() == ["a9", "b1"]
    with tarfile.open(tmp_path / "rendered_chairs.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    grey, data = prepared("chairs", tmp_path / "rendered_chairs", "--size", "8")
    assert data.description.provenance == "converted from a folder (squashed to a square, 8 x 8 grey)"
    assert grey.shape == (12, 8, 8)


def test_damaged_chairs_stop(tmp_path: Path) -> None:
    write_chairs(tmp_path / "chairs.tar")
    content = (tmp_path / "chairs.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[:4000])
    refusal("chairs", tmp_path / "cut.tar")
    (tmp_path / "chairs.tar.gz").write_bytes(gzip.compress(content))
    assert "is compressed, not a folder, zip or tar; unpack it first" in refusal("chairs", tmp_path / "chairs.tar.gz")


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "smallnorb"])
def test_a_web_page_is_called_one(tmp_path: Path, name: str) -> None:
    """Servers send one in place of a file that is gone."""
    (tmp_path / "page.npz").write_text("\ufeff\n<!doctype html><html>")
    assert f"{tmp_path}/page.npz: is a web page" in refusal(name, tmp_path / "page.npz")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "smallnorb"])
def test_a_git_lfs_pointer_is_called_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "pointer.npz").write_bytes(POINTER)
    assert "pointer.npz: is a Git LFS pointer, not the file itself; run `git lfs pull`" in refusal(
        name, tmp_path / "pointer.npz"
    )


def test_a_picture_that_is_a_git_lfs_pointer_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(POINTER)
    assert "(a.png (is a Git LFS pointer, not the file itself))" in refusal("folder", tmp_path)


def write_celeba(folder: Path) -> None:
    """Write five portraits, each with a black frame outside its central 148 x 148 pixels, and their attributes."""
    with zipfile.ZipFile(folder / "faces.zip", "w") as archive:
        for k in range(1, 6):
            picture = Image.new("RGB", (178, 218), (0, 0, 0))
            picture.paste((40 * k, 100, 100), (15, 35, 163, 183))
            stream = io.BytesIO()
            picture.save(stream, "JPEG", quality=95)
            archive.writestr(f"img_align_celeba/{k:06d}.jpg", stream.getvalue())
    lines = [f"{k:06d}.jpg  {1 if k % 2 else -1} -1" for k in (5, 4, 3, 2, 1, 6)]
    (folder / "list_attr_celeba.txt").write_text("\n".join(["6", "Bald Young", *lines]) + "\n")


def test_celeba_is_cropped_and_has_its_attributes(tmp_path: Path) -> None:
    write_celeba(tmp_path)
    flags = ("--size", "16", "--labels", str(tmp_path / "list_attr_celeba.txt"))
    images, data = prepared("celeba", tmp_path / "faces.zip", *flags)
    differences = np.abs(images[:, :, :, 0].astype(int) - 40 * np.arange(1, 6)[:, None, None])
    assert differences[:, 2:-2, 2:-2].max() < 12
    assert differences.max() < 40  # JPEG lets the frame shine in
    assert data.description.factor_names == ("Bald", "Young")
    assert data.description.scored_factors == ("Bald", "Young")
    assert data.classes is not None
    assert data.classes.tolist() == [[1, 0], [0, 0], [1, 0], [0, 0], [1, 0]]
    rows = [line.split() for line in (tmp_path / "list_attr_celeba.txt").read_text().splitlines()[2:]]
    (tmp_path / "list.csv").write_text("\n".join(map(",".join, [["image_id", "Bald", "Young"], *rows])))
    again = prepared("celeba", tmp_path / "faces.zip", "--size", "16", "--labels", str(tmp_path / "list.csv"))[1]
    assert again.description == data.description
    np.testing.assert_array_equal(again.classes, data.classes)
    assert data.description.provenance.endswith(", not the published file (central 148 x 148 pixels, 16 x 16 rgb)")
    squashed, _ = prepared("celeba", tmp_path / "faces.zip", "--crop", "0", "--size", "16")
    assert squashed[0, 0].max() < 12  # the frame is there
    (tmp_path / "list_attr_celeba.txt").write_text("1\nBald Young\n000001.jpg 1 -1\n")
    status, _, errors = call("prepare", "celeba", "--source", str(tmp_path / "faces.zip"), *flags)
    assert (status, "has no line for 000002.jpg" in errors) == (1, True)


def test_shapes3d_becomes_classes_and_values(tmp_path: Path) -> None:
    labels = np.stack(np.meshgrid([0, 0.5], [0.75, 1.25], indexing="ij"), axis=-1).reshape(-1, 2)
    labels = np.concatenate([labels, np.zeros((4, 4))], axis=1)
    images = RANDOM.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file["images"], file["labels"] = images, labels
    found, data = prepared("shapes3d", tmp_path / "3dshapes.h5")
    np.testing.assert_array_equal(found, images)
    assert data.description.factor_names[:2] == data.description.scored_factors == ("floor_hue", "wall_hue")
    assert data.classes is not None
    assert data.classes[:, :2].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["latents/values"], labels)
    (tmp_path / "cut.h5").write_bytes((tmp_path / "3dshapes.h5").read_bytes()[:30_000])
    assert "damaged" in refusal("shapes3d", tmp_path / "cut.h5")


def matlab_element(kind: int, content: bytes) -> bytes:
    """Return a data element of a MATLAB 5 file."""
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matlab_file(array: np.ndarray, name: str = "im", compress: bool = True) -> bytes:
    """Return a MATLAB 5 file with one uint8 array."""
    parts = (
        matlab_element(6, struct.pack("<II", 9, 0)),  # flags: class uint8
        matlab_element(5, struct.pack(f"<{array.ndim}i", *array.shape)),
        struct.pack("<HH4s", 1, len(name), name.encode()),  # a small element
        matlab_element(2, array.tobytes("F")),
    )
    whole = matlab_element(14, b"".join(parts))
    if compress:
        packed = zlib.compress(whole)
        whole = struct.pack("<II", 15, len(packed)) + packed
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + whole


@pytest.mark.parametrize("compress", [True, False])
def test_matlab_files_are_read(compress: bool) -> None:
    array = RANDOM.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    content = matlab_file(array, compress=compress)
    np.testing.assert_array_equal(read_matlab(content, "im", 1000), array)
    other = matlab_file(array, "other", compress)
    many = other + other[128:] * 100
    for bad in (content[:150], content[:-9], b"", b"x" * 300, content.replace(b"IM", b"XX", 1), many):
        with pytest.raises((ValueError, struct.error, zlib.error)):
            read_matlab(bad, "im", 1000)


@pytest.mark.parametrize("compress", [True, False])
def test_matlab_files_are_read_as_scipy_reads_them(compress: bool) -> None:
    scipy = pytest.importorskip("scipy.io")
    array = RANDOM.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    content = matlab_file(array, compress=compress)
    np.testing.assert_array_equal(scipy.loadmat(io.BytesIO(content))["im"], array)
    stream = io.BytesIO()
    scipy.savemat(stream, {"other": np.ones(3), "im": array}, do_compression=compress)
    np.testing.assert_array_equal(read_matlab(stream.getvalue(), "im", 1000), array)


def test_a_matlab_bomb_is_not_inflated() -> None:
    bomb = matlab_file(np.zeros(50_000_000, np.uint8))
    with pytest.raises(ValueError, match="cut short"):
        read_matlab(bomb, "im", 1000)


def write_cars(path: Path, listed: list[str], cars: list[str]) -> dict[str, np.ndarray]:
    """Write the published archive with some cars of a few grey levels, and other things that it also holds."""
    images = {}
    with tarfile.open(path, "w:gz") as tar:
        add(tar, "data/sprites/sprites.mat", b"other data")
        for car in cars:
            levels = RANDOM.integers(0, 256, (1, 1, 3, 24, 4), dtype=np.uint8)
            images[car] = np.broadcast_to(levels, (128, 128, 3, 24, 4))
            add(tar, f"data/cars/{car}.mat", matlab_file(images[car]))
        add(tar, "data/cars/list.txt", "\n".join(listed).encode())
    return images


def test_cars_are_ordered_by_their_list(tmp_path: Path) -> None:
    cars = ["car_002_mesh", "car_010_mesh", "car_001_mesh"]
    written = write_cars(tmp_path / "cars.tar.gz", ["car_010_mesh", "car_001_mesh.mat", "car_002_mesh"], cars)
    images, data = prepared("cars3d", tmp_path / "cars.tar.gz", "--size", "8")
    assert images.shape == (3 * 96, 8, 8, 3)
    assert data.description.factor_names == ("elevation", "azimuth", "object")
    assert data.description.factor_sizes == (4, 24, 3)
    assert data.classes is not None
    for row in (0, 5, 95, 96, 200, 287):
        elevation, azimuth, car = data.classes[row]
        name = ["car_010_mesh", "car_001_mesh", "car_002_mesh"][car]
        np.testing.assert_array_equal(images[row, 3, 3], written[name][0, 0, :, azimuth, elevation])
    assert len(np.unique(data.classes, axis=0)) == 288


def test_cars_that_are_not_as_published_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cars.tar.gz"
    write_cars(path, [], [])
    assert "holds no cars/car_NNN_mesh.mat" in refusal("cars3d", path)
    with tarfile.open(path, "w:gz") as tar:
        add(tar, "data/cars/car_001_mesh.mat", matlab_file(np.zeros((8, 8, 3, 24, 4), np.uint8)))
    assert "holds uint8 (8, 8, 3, 24, 4), not uint8 (128, 128, 3, 24, 4)" in refusal("cars3d", path)
    write_cars(path, [], ["car_001_mesh"])
    path.write_bytes(path.read_bytes()[:-500])
    refusal("cars3d", path)


def norb_matrix(array: np.ndarray) -> bytes:
    """Return a SmallNORB matrix file, gzipped."""
    magic = {np.dtype(np.uint8): 0x1E3D4C55, np.dtype(np.int32): 0x1E3D4C54}[array.dtype]
    sizes = [*array.shape, *[1] * (3 - array.ndim)]
    return gzip.compress(struct.pack(f"<ii{len(sizes)}i", magic, array.ndim, *sizes) + array.tobytes())


def test_a_bomb_in_a_header_of_the_archive_is_not_inflated(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 10**9  # an extended header, which tarfile would read whole
    (tmp_path / "cars.tar.gz").write_bytes(gzip.compress(header.tobuf() + bytes(10**6)))
    tracemalloc.start()
    assert "damaged" in refusal("cars3d", tmp_path / "cars.tar.gz")
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


def write_norb(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write the six files with 3 and 2 images; the left images and all labels as published."""
    images = RANDOM.integers(0, 256, (5, 2, 96, 96), dtype=np.uint8)
    labels = np.array(
        [[0, 4, 8, 34, 5], [1, 6, 0, 0, 0], [2, 9, 3, 2, 1], [3, 0, 4, 20, 2], [4, 5, 7, 32, 4]], np.int32
    )
    for file, part in zip(SOURCES["smallnorb"].published, ("dat", "cat", "info") * 2, strict=True):
        rows = slice(0, 3) if "training" in file.name else slice(3, 5)
        array = {"dat": images[rows], "cat": labels[rows, 0], "info": labels[rows, 1:]}[part]
        (folder / file.name).write_bytes(norb_matrix(array))
    return images[:, 0], labels


def test_smallnorb_is_joined_from_its_six_files(tmp_path: Path) -> None:
    folder = tmp_path / "norb"
    folder.mkdir()
    images, labels = write_norb(folder)
    found, data = prepared("smallnorb", folder, "--size", "96")
    np.testing.assert_array_equal(found, images)
    assert data.description.factor_sizes == tuple(smallnorb.SIZES.values())
    assert data.classes is not None
    np.testing.assert_array_equal(data.classes, labels // [1, 1, 1, 2, 1])
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["latents/values"][:, 3], 10 * labels[:, 3])
        assert file["latents/class_names/0"].asstr()[2] == "airplane"
    assert "six files that are not all the published ones" in data.description.provenance
    assert prepared("smallnorb", folder)[0].shape == (5, 64, 64)


def test_smallnorb_that_is_not_as_published_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "norb"
    folder.mkdir()
    write_norb(folder)
    data, category, info = (folder / file.name for file in SOURCES["smallnorb"].published[:3])
    whole = data.read_bytes()
    data.write_bytes(whole[:-100])
    assert "damaged" in refusal("smallnorb", folder)
    data.write_bytes(gzip.compress(gzip.decompress(whole) + b"more"))
    assert "is longer than its header says" in refusal("smallnorb", folder)
    data.write_bytes(gzip.compress(struct.pack("<iiiiii", 0x1E3D4C55, 4, 3, 2, 2**30, 2**30)))
    assert "is uint8 of shape" in refusal("smallnorb", folder)
    data.write_bytes(whole)
    category.write_bytes(norb_matrix(np.array([0, 1, 7], np.int32)))
    assert "has labels out of range" in refusal("smallnorb", folder)
    info.unlink()
    assert "is missing; put the six published files into one folder" in refusal("smallnorb", folder)


def test_mpi3d_is_told_by_its_rows(tmp_path: Path) -> None:
    sizes = {24: (2, 3, 1, 1, 1, 2, 2), 12: (1, 3, 1, 1, 1, 2, 2)}

    def write(name: str) -> None:
        files = SourceFiles((str(tmp_path / name),))
        with mpi3d.open_source(files, mpi3d.Options(), sizes) as source:
            write_data_set(tmp_path / "out.h5", source)

    images = RANDOM.integers(0, 256, (24, 64, 64, 3), dtype=np.uint8)
    np.savez_compressed(tmp_path / "a.npz", images=images)
    write("a.npz")
    with open_data_set(tmp_path / "out.h5") as data:
        np.testing.assert_array_equal(data.rows(slice(None)), images)
    assert data.description.factor_sizes == (2, 3, 1, 1, 1, 2, 2)
    assert data.description.scored_factors == ("object_color", "object_shape", "horizontal_axis", "vertical_axis")
    assert data.classes is not None
    assert data.classes[13].tolist() == [1, 0, 0, 0, 0, 0, 1]
    np.savez_compressed(tmp_path / "b.npz", images=images[:13])
    with pytest.raises(TcvaeError, match="with N 24 or 12"):
        write("b.npz")
    (tmp_path / "c.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-200_000])
    with pytest.raises(TcvaeError, match="damaged"):
        write("c.npz")
    assert "with N 1,036,800 or 460,800" in refusal("mpi3d", tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("faces", "--seed", "0"), "--seed: is for the stand-in only"),  # its default, but typed
        (("faces", "--azimuths", "21"), "--azimuths: is for the stand-in only"),
        (("mpi3d", "--variant", "toy"), "--variant: chooses what --download fetches"),
        (("dsprites", "--download"), "--download: --source already names the file; give only one of the two"),
    ],
)
def test_flags_that_a_source_leaves_without_a_use_are_refused(words: tuple[str, ...], fault: str) -> None:
    status, _, errors = call("prepare", *words, "--source", "anything", "-o", os.devnull)
    assert (status, fault in errors, errors.count("\n")) == (2, True, 1)


@pytest.mark.parametrize(("name", "archive"), [("chairs", "rendered_chairs.tar"), ("celeba", "img_align_celeba.zip")])
def test_a_picture_of_theirs_that_is_damaged_stops(tmp_path: Path, name: str, archive: str) -> None:
    picture = tmp_path / ("b1/renders/image_000_p030_t006_r096.png" if name == "chairs" else "000001.jpg")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(b"no picture")
    assert refusal(name, tmp_path) == f"tcvae: {picture}: is not an image; get {archive} again\n"


@pytest.mark.parametrize("name", ["chairs", "celeba"])
def test_archives_come_through_a_pipe(tmp_path: Path, name: str) -> None:
    path = tmp_path / ("chairs.tar" if name == "chairs" else "faces.zip")
    write_chairs(path) if name == "chairs" else write_celeba(tmp_path)
    wanted, data = prepared(name, path, "--size", "8")
    words = ("prepare", name, "--source", "-", "--size", "8", "-o", str(tmp_path / "piped.h5"))
    command = [sys.executable, "-m", "tcvae_cli", *words]
    done = subprocess.run(
        command, input=path.read_bytes(), capture_output=True, check=False, timeout=300
    )  # a real pipe
    assert done.returncode == 0, done.stderr
    with open_data_set(str(tmp_path / "piped.h5")) as piped:
        np.testing.assert_array_equal(piped.rows(slice(None)), wanted)
        assert piped.description == data.description


@pytest.mark.parametrize(
    ("name", "asked", "wanted"),
    [
        ("nothing", {}, "name: there is no data set nothing; choose among dsprites, faces, "),
        ("chairs", {}, "source: is missing; the published file is needed; fetch it by download, or name yours"),
        ("folder", {}, "source: is missing; name the file or folder of images"),
        ("chairs", {"source": "chairs.tar", "crop": 3}, "crop: is no option of chairs; choose among colour, size"),
        ("faces", {"source": "faces.pth", "seed": 0}, "seed: is for the stand-in only"),
        ("mpi3d", {"source": "mpi3d.npz", "variant": "real"}, "variant: chooses what download fetches"),
        ("folder", {"download": True}, "download: folder has no lasting public address"),
    ],
)
def test_what_python_cannot_prepare_is_refused(name: str, asked: dict[str, Any], wanted: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(wanted)):
        prepare(name, output=os.devnull, **asked)
