"""The dSprites tables, its published npz and HDF5, hostile sources; and the writer of data sets."""

import dataclasses
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.command import call
from helpers.tiny import factor_tables, tiny_rows
from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.datasets.dsprites.published import LAYOUT, open_published
from tcvae_cli.datasets.published import Published, SourceFiles
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

NAMES = tuple(LAYOUT)


def described(rows: int, provenance: str = dsprites.GEOMETRY) -> Description:
    """Return what a data set file of dSprites says of itself."""
    names, sizes = dsprites.FACTOR_NAMES, dsprites.FACTOR_SIZES
    return Description("dsprites", rows, (64, 64), "binary", names, sizes, dsprites.SCORED, provenance)


def test_tables_follow_the_published_index_formula() -> None:
    classes, values = factor_tables()
    assert (classes.shape, classes.dtype, values.shape, values.dtype) == (
        (737280, 6),
        np.int64,
        (737280, 6),
        np.float64,
    )
    np.testing.assert_array_equal(classes @ [737280, 245760, 40960, 1024, 32, 1], np.arange(737280))
    assert values[0].tolist() == [1, 1, 0.5, 0, 0, 0]
    assert values[-1].tolist() == [1, 3, 1, 2 * np.pi, 1, 1]


def test_blocks_follow_the_tables() -> None:
    for number, block in zip(range(3), dsprites.rendered_blocks(), strict=False):
        assert (block.shape, block.dtype) == ((1024, 64, 64), np.uint8)
        packed = dsprites.render_combination(0, 0, number)
        np.testing.assert_array_equal(np.packbits(block.reshape(1024, -1), axis=1), packed)


def test_a_whole_turn_is_the_same_picture() -> None:
    np.testing.assert_array_equal(dsprites.render_combination(2, 5, 0), dsprites.render_combination(2, 5, 39))


def write_hdf5(path: Path, **changed: np.ndarray) -> None:
    """Write the tiny grid in the published HDF5 layout, its chunks cut as h5py cuts them."""
    arrays = dict(zip(NAMES, tiny_rows(), strict=True)) | changed
    with h5py.File(path, "w") as file:
        file.create_dataset("imgs", data=arrays["imgs"], chunks=(50, 8, 16), compression="gzip")
        for name in NAMES[1:]:
            file.create_dataset(name.replace("_", "/"), data=arrays[name], compression="gzip")


def test_published_hdf5_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_hdf5(tmp_path / "published")  # told by content: the name has no suffix
    digest = hashlib.sha256((tmp_path / "published").read_bytes()).hexdigest()
    status, _, errors = call("prepare", "dsprites", "--source", "published", "-o", "dsprites.h5")
    assert status == 0
    note, summary = errors.splitlines()
    assert note.startswith("note: factor orientation has real values: ")  # 192 images of 40 orientations
    assert summary.startswith("dsprites.h5: 192 binary images 64 x 64, 6 factors, ")
    images, classes, values = tiny_rows()
    with open_data_set("dsprites.h5") as data, h5py.File("dsprites.h5") as file:
        np.testing.assert_array_equal(data.rows(slice(None)), images)
        np.testing.assert_array_equal(data.classes, classes)
        np.testing.assert_array_equal(file["latents/values"], values)
        wanted = f"converted from a file of sha256:{digest}, not the published file"
        assert data.description == described(192, wanted)
        assert data.class_names() == {"shape": ("square", "ellipse", "heart")}
        np.testing.assert_array_equal(data.values(), values)


def test_published_digest_is_recognised(tmp_path: Path) -> None:
    write_hdf5(tmp_path / "source")
    digest = "md5:" + hashlib.md5((tmp_path / "source").read_bytes(), usedforsecurity=False).hexdigest()
    files = SourceFiles((str(tmp_path / "source"),), (Published("its name", digest, None),))
    with open_published(files) as source:
        assert source.description.provenance == f"converted from the published its name ({digest})"


def test_shapes_written_by_python_2_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "source", "w") as archive:
        for name, array in zip(NAMES, tiny_rows(), strict=True):
            shape = ", ".join(f"{n}L" for n in array.shape)
            header = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': ({shape}), }}".ljust(117) + "\n"
            start = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode()
            archive.writestr(f"{name}.npy", start + array.tobytes())
    with open_published(SourceFiles((str(tmp_path / "source"),))) as source:
        np.testing.assert_array_equal(np.concatenate(list(source.blocks)), tiny_rows()[0])


IMAGES, CLASSES, VALUES = tiny_rows()
FAULTS = {
    "pixels of 255": ({"imgs": IMAGES * np.uint8(255)}, "pixels other than 0 and 1"),
    "wrong type": ({"imgs": IMAGES.astype(np.float32)}, "`imgs` is float32"),
    "wrong size": ({"imgs": IMAGES[:, :32]}, "`imgs` is uint8 (192, 32, 64), not uint8 (N, 64, 64)"),
    "too few labels": ({"latents_classes": CLASSES[1:]}, "has 192 images, 191 rows of classes"),
    "class out of range": ({"latents_classes": CLASSES + 1}, "out of range"),
    "values not finite": ({"latents_values": VALUES * np.nan}, "out of range"),
}


def refusal(path: Path) -> str:
    """Return the one line that reading PATH to the end ends in."""
    with pytest.raises(TcvaeError) as caught, open_published(SourceFiles((str(path),))) as source:
        list(source.blocks)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize("kind", ["npz", "HDF5"])
@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_arrays_are_refused(tmp_path: Path, kind: str, fault: str) -> None:
    changed, wanted = FAULTS[fault]
    if kind == "npz":
        with (tmp_path / "source").open("wb") as stream:
            np.savez(stream, **(dict(zip(NAMES, tiny_rows(), strict=True)) | changed))
    else:
        write_hdf5(tmp_path / "source", **changed)
    assert wanted in refusal(tmp_path / "source")


def test_pickled_array_is_refused_not_loaded(tmp_path: Path) -> None:
    with (tmp_path / "source").open("wb") as stream:
        np.savez(stream, imgs=IMAGES, latents_classes=CLASSES.astype(object), latents_values=VALUES)
    assert "`latents_classes` is object" in refusal(tmp_path / "source")


def test_missing_dataset_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "source", "w") as file:
        file["imgs"] = IMAGES
    assert "there is no `latents/classes` in it" in refusal(tmp_path / "source")


@pytest.mark.parametrize("kind", ["npz", "HDF5"])
@pytest.mark.parametrize("kept", [0, 4, 100, 0.3, 0.9])
def test_cut_file_is_refused(tmp_path: Path, kind: str, kept: float) -> None:
    path = tmp_path / "source"
    write_hdf5(path)
    if kind == "npz":
        with path.open("wb") as stream:
            np.savez_compressed(stream, imgs=IMAGES, latents_classes=CLASSES, latents_values=VALUES)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    refusal(path)


def test_flipped_bit_in_an_npz_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "source"
    with path.open("wb") as stream:
        np.savez(stream, imgs=IMAGES, latents_classes=CLASSES, latents_values=VALUES)
    content = bytearray(path.read_bytes())
    content[5000] ^= 1  # a pixel: only the zip's checksum can tell
    path.write_bytes(content)
    assert "damaged" in refusal(path)


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[Description, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Draw a description of any pixel kind with any number of factors, and images, classes, values, probability."""
    kind = draw(st.sampled_from(["binary", "grey", "rgb"]))
    rows, height, width, count = (draw(st.integers(low, high)) for low, high in ((1, 40), (1, 9), (1, 9), (0, 3)))
    shape = (height, width, 3) if kind == "rgb" else (height, width)
    names = tuple(draw(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
                                min_size=count, max_size=count, unique=True)))  # fmt: skip
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = tuple(map(int, rng.integers(1, 9, count)))
    images = rng.integers(0, 2 if kind == "binary" else 256, (rows, *shape), dtype=np.uint8)
    classes = rng.integers(0, np.array(sizes, dtype=np.int64), (rows, count))
    probability = rng.uniform(0.1, 1, rows) if draw(st.booleans()) else None
    described = Description("any", rows, shape, kind, names, sizes, names[:1], "drawn by hypothesis")
    return described, images, classes, rng.normal(size=(rows, count)), probability


@given(data_sets(), st.integers(1, 9))
@settings(max_examples=60)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[Description, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None],
    block: int,
) -> None:
    described, images, classes, values, probability = drawn
    path = tmp_path_factory.mktemp("round_trip") / "any.h5"
    blocks = (images[start : start + block] for start in range(0, len(images), block))
    write_data_set(path, Source(described, blocks, classes, values, probability=probability))
    with open_data_set(str(path)) as data, h5py.File(path) as file:
        assert data.description == described
        np.testing.assert_array_equal(np.concatenate(list(data.blocks())), images)
        assert ("latents" in file) == bool(described.factor_names)
        if described.factor_names:
            np.testing.assert_array_equal(data.classes, classes)
            np.testing.assert_array_equal(file["latents/values"], values)
        if probability is None:
            assert data.probability is None
        else:
            np.testing.assert_allclose(data.probability, probability / probability.sum(), rtol=1e-15)


def test_bytes_depend_neither_on_threads_nor_on_blocks(tmp_path: Path) -> None:
    images = np.concatenate([block for _, block in zip(range(5), dsprites.rendered_blocks(), strict=False)])
    classes, values = (table[: len(images)] for table in factor_tables())
    contents = set()
    for threads, block in ((1, 1024), (2, 1024), (5, 777), (2, 5120)):
        blocks = (images[start : start + block] for start in range(0, len(images), block))
        source = Source(described(len(images)), blocks, classes, values)
        write_data_set(tmp_path / "any.h5", source, threads=threads)
        contents.add((tmp_path / "any.h5").read_bytes())
    assert len(contents) == 1


def test_full_disk_ends_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    command = f"ulimit -f 100; {sys.executable} -m tcvae_cli prepare dsprites -o dsprites.h5"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    wanted = "tcvae: dsprites.h5: file too large; free some space or choose another place\n"
    assert (done.returncode, done.stderr) == (1, wanted)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [191, 193])
def test_wrong_number_of_rows_is_a_bug(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ValueError, match="192"):
        write_data_set(tmp_path / "any.h5", Source(described(rows), iter([IMAGES])))


def test_blocks_of_another_shape_or_type_are_a_bug(tmp_path: Path) -> None:
    wider = dataclasses.replace(described(192), image_shape=(64, 65))
    for description, images in ((described(192), IMAGES.astype(np.float32)), (wider, IMAGES)):
        with pytest.raises(ValueError, match="a block is"):
            write_data_set(tmp_path / "any.h5", Source(description, iter([images])))
