"""HDF5 as others write it: user blocks, links, numbers in other files, filters of other packages."""

import io
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from helpers.command import call
from helpers.prepared import prepared_as
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.hdf5 import open_hdf5
from tcvae_cli.files.hdf5_trial import MOST_SECONDS, PATIENCE, SECONDS
from tcvae_cli.files.streams import UnreadableError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (9, 4, 4), dtype=np.uint8)
LABELS = np.arange(18).reshape(9, 2)
BLOSC = 32001


def prepared(path: Path) -> np.ndarray:
    """Return the images that `tcvae prepare arrays` makes."""
    output = path.parent / "out" / "out.h5"
    output.parent.mkdir(exist_ok=True)
    return prepared_as(output, "arrays", "--source", str(path))[0]


def refusal(*arguments: str) -> str:
    """Return the one line that a command ends in."""
    status, _, errors = call(*arguments)
    assert (status, errors.count("\n")) == (1, 1), errors
    return errors


def refused(path: Path) -> str:
    """Return why `tcvae prepare arrays` does not read a file."""
    return refusal("prepare", "arrays", "--source", str(path), "-o", os.devnull)


def put_behind_user_block(path: Path, size: int) -> None:
    """Give an HDF5 file a user block with text in it, as files of MATLAB have one."""
    with h5py.File(path) as old, h5py.File(path.with_suffix(".new"), "w", userblock_size=size) as new:
        new.attrs.update(old.attrs)
        for name in old:
            old.copy(name, new)
    with open(path.with_suffix(".new"), "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("size", [512, 4096])
def test_a_user_block_is_passed_by(tmp_path: Path, workshop: Path, size: int) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["images"], file["labels"] = IMAGES, LABELS
    put_behind_user_block(tmp_path / "a.mat", size)
    np.testing.assert_array_equal(prepared(tmp_path / "a.mat"), IMAGES)
    whole = tmp_path / "tiny.h5"
    whole.write_bytes((workshop / "tiny.h5").read_bytes())
    put_behind_user_block(whole, size)
    with open_data_set(str(whole)) as data, open_data_set(str(workshop / "tiny.h5")) as wanted:
        assert data.description == wanted.description
        np.testing.assert_array_equal(data.rows(slice(None)), wanted.rows(slice(None)))
    assert call("show", str(whole))[0] == 0
    assert call("subset", "-", "--sample", "3", "-o", str(tmp_path / "few.h5"), stdin=whole.read_bytes())[0] == 0


@pytest.mark.parametrize("channels", [0, 1, 3])
def test_axes_of_matlab_are_turned_back(tmp_path: Path, channels: int) -> None:
    """MATLAB has images upright as (H, W, C, N) and stores the last axis first."""
    wanted = RANDOM.integers(0, 256, (9, 5, 4, channels)[: 4 if channels else 3], dtype=np.uint8)
    in_matlab = np.moveaxis(wanted, 0, -1)
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        for name, array in (("images", in_matlab), ("labels", LABELS), ("y", LABELS[:, :1]), ("row", LABELS[:, 1:].T)):
            file[name] = array.T
            file[name].attrs["MATLAB_class"] = np.bytes_("uint8")
    np.testing.assert_array_equal(prepared(tmp_path / "a.mat"), wanted.squeeze())
    for name, columns in (("labels", LABELS), ("y", LABELS[:, :1]), ("row", LABELS[:, 1:])):
        output = str(tmp_path / "out.h5")
        status, _, errors = call(
            "prepare", "arrays", "--source", str(tmp_path / "a.mat"), "--factors", name, "-o", output
        )
        assert status == 0, errors
        assert "note: MATLAB wrote images, as 5 x 4 x " in errors
        with open_data_set(output) as data:
            np.testing.assert_array_equal(data.values(), columns)


def write_sources(folder: Path) -> None:
    """Write the images into two files, four rows and five."""
    for name, part in (("one.h5", IMAGES[:4]), ("two.h5", IMAGES[4:])):
        with h5py.File(folder / name, "w") as file:
            file.create_dataset("images", data=part, chunks=(2, 4, 4), compression="gzip")


def write_virtual(path: Path, *parts: tuple[Any, str, tuple[int, ...]], shape: tuple[int, ...] = IMAGES.shape) -> Path:
    """Write a virtual data set of PARTS: what of it, the file that holds that, the shape there."""
    layout = h5py.VirtualLayout(shape, np.uint8)
    for place, source, source_shape in parts:
        layout[place] = h5py.VirtualSource(source, "images", source_shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("images", layout, fillvalue=7)
        file["labels"] = LABELS
    return path


def test_a_virtual_data_set_is_read_from_the_files_beside_it(tmp_path: Path) -> None:
    write_sources(tmp_path)
    both = (slice(0, 4), "one.h5", (4, 4, 4)), (slice(4, 9), "two.h5", (5, 4, 4))
    np.testing.assert_array_equal(prepared(write_virtual(tmp_path / "a.h5", *both)), IMAGES)
    gap = prepared(write_virtual(tmp_path / "a.h5", both[1]))
    np.testing.assert_array_equal(gap[4:], IMAGES[4:])
    assert (gap[:4] == 7).all()
    moved = (slice(0, 4), "/no/such/folder/one.h5", (4, 4, 4))  # HDF5 too looks for such a name beside the file
    np.testing.assert_array_equal(prepared(write_virtual(tmp_path / "a.h5", moved, both[1])), IMAGES)
    every_second = (slice(0, 9, 2), "two.h5", (5, 4, 4)), (slice(1, 9, 2), "one.h5", (4, 4, 4))
    woven = prepared(write_virtual(tmp_path / "a.h5", *every_second))
    np.testing.assert_array_equal(woven[::2], IMAGES[4:])
    np.testing.assert_array_equal(woven[1::2], IMAGES[:4])


def test_virtual_rows_may_be_files_of_their_own_or_halves(tmp_path: Path) -> None:
    for k, image in enumerate(IMAGES[:3]):
        with h5py.File(tmp_path / f"{k}.h5", "w") as file:
            file["images"] = image
    path = write_virtual(tmp_path / "a.h5", *((k, f"{k}.h5", (4, 4)) for k in range(3)))
    np.testing.assert_array_equal(prepared(path)[:3], IMAGES[:3])
    for name, part in (("left.h5", IMAGES[..., :2]), ("right.h5", IMAGES[..., 2:])):
        with h5py.File(tmp_path / name, "w") as file:
            file["images"] = part
    halves = (np.s_[:, :, :2], "left.h5", (9, 4, 2)), (np.s_[:, :, 2:], "right.h5", (9, 4, 2))
    np.testing.assert_array_equal(prepared(write_virtual(tmp_path / "a.h5", *halves)), IMAGES)


def test_sources_of_virtual_data_sets_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_sources(tmp_path)
    write_sources(tmp_path / "in")
    (tmp_path / "in" / "link.h5").symlink_to(tmp_path / "one.h5")
    os.mkfifo(tmp_path / "in" / "pipe.h5")
    (tmp_path / "in" / "text.h5").write_text("no HDF5")
    write_virtual(tmp_path / "in" / "nested.h5", (slice(0, 4), "one.h5", (4, 4, 4)))
    outside = "holds a virtual data set with a source outside of its folder"
    for source, shape, fault in (
        ("../one.h5", (4, 4, 4), f"{outside} (../one.h5); store the numbers in one array"),
        ("link.h5", (4, 4, 4), outside),
        ("pipe.h5", (4, 4, 4), "its source pipe.h5 is not beside it; put it there"),
        ("gone.h5", (4, 4, 4), "its source gone.h5 is not beside it; put it there"),
        ("text.h5", (4, 4, 4), "text.h5: is not an HDF5 file"),
        ("nested.h5", (4, 4, 4), "nested.h5: `images` is a virtual data set"),
        (".", (4, 4, 4), "`images` is a virtual data set"),
        ("two.h5", (4, 4, 4), "whose sources do not fit into it as boxes"),
    ):
        path = write_virtual(tmp_path / "in" / "a.h5", (slice(0, 4), source, shape))
        assert fault in refused(path)
    size = (1 << 40, 4, 4)
    path = write_virtual(tmp_path / "in" / "a.h5", (slice(0, 4), "one.h5", (4, 4, 4)), shape=size)
    assert "claims more than its sources can hold" in refused(path)
    path = write_virtual(tmp_path / "in" / "a.h5", (slice(0, 4), "one.h5", (4, 4, 4)))
    errors = call("prepare", "arrays", "--source", "-", "-o", os.devnull, stdin=path.read_bytes())[2]
    assert "stdin: holds a virtual data set, whose sources are not beside stdin; name the file" in errors


def write_elsewhere(path: Path, name: str, how: str) -> None:
    """Write a file whose array NAME is not in it, beside labels that are."""
    other, shape = ("labels", IMAGES.shape) if name != "labels" else ("images", LABELS.shape)
    with h5py.File(path, "w") as file:
        file[other] = LABELS if other == "labels" else IMAGES
        if how == "link":
            file[name] = h5py.ExternalLink("secret.h5", "/images")
        elif how == "raw":
            file.create_dataset(name, shape, np.uint8, external=[(str(path.parent / "secret.h5"), 0, math.prod(shape))])
        elif how == "filter":
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk(shape)
            properties.set_filter(BLOSC, h5py.h5z.FLAG_OPTIONAL)
            space = h5py.h5s.create_simple(shape)
            h5py.h5d.create(file.id, name.encode(), h5py.h5t.NATIVE_UINT8, space, properties)


FAULTS = {
    "link": "is an external link, to /images in secret.h5; store its numbers in this file",
    "raw": "has raw external storage, its numbers being in ",
    "filter": "is compressed by the filter 32001 (Blosc), which HDF5 does not have here; pip install hdf5plugin, or ",
}


@pytest.mark.skipif(h5py.h5z.filter_avail(BLOSC), reason="HDF5 has this filter here")
@pytest.mark.parametrize("how", FAULTS)
def test_what_is_not_in_the_file_is_refused_by_its_name(tmp_path: Path, how: str) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["images"] = IMAGES
    path = tmp_path / "a.h5"
    for name in ("images", "labels"):
        write_elsewhere(path, name, how)
        assert refused(path).startswith(f"tcvae: {path}: `{name}` {FAULTS[how]}")
    write_elsewhere(path, "images", how)
    for verb in (("show",), ("prepare", "shapes3d", "-o", os.devnull, "--source")):
        assert refusal(*verb, str(path)).startswith(f"tcvae: {path}: `images` {FAULTS[how]}")


def test_data_sets_in_use_hold_their_images_themselves(tmp_path: Path) -> None:
    """Their digest is of one file."""
    write_sources(tmp_path)
    path = write_virtual(tmp_path / "a.h5", (slice(0, 4), "one.h5", (4, 4, 4)))
    assert "`images` is a virtual data set, whose numbers are in other files; store" in refusal("show", str(path))


def test_links_inside_a_file_are_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep/down/x"] = IMAGES
        file["images"] = h5py.SoftLink("/deep/down/./x")
        file["around"], file["a"], file["b"] = h5py.SoftLink("around"), h5py.SoftLink("b/x"), h5py.SoftLink("deep/down")
        file["labels"], file["table"] = h5py.SoftLink("table"), LABELS
    np.testing.assert_array_equal(prepared(tmp_path / "a.h5"), IMAGES)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["deep/out"] = h5py.ExternalLink("secret.h5", "/")
        del file["images"], file["deep/down"], file["b"], file["a"]
        file["images"] = h5py.SoftLink("deep/out/images")
    assert "`images` is an external link, to / in secret.h5" in refused(tmp_path / "a.h5")


def a_small_file() -> io.BytesIO:
    """Return an HDF5 file in memory."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["imgs"] = np.zeros((2, 4, 4), np.uint8)
    return content


def test_a_slow_file_system_is_called_so() -> None:
    with pytest.raises(UnreadableError) as raised:
        open_hdf5(a_small_file(), lambda file: signal.raise_signal(signal.SIGALRM))  # as when its time is over
    assert raised.value.fault == "took HDF5 more than 120 s to open, most of which it waited"


def test_the_page_on_reliability_says_how_long_a_file_is_tried() -> None:
    page = " ".join((Path(__file__).parents[1] / "docs/reliability.md").read_text().split())
    assert f"with {SECONDS} seconds of a CPU" in page
    least, most = (PATIENCE * seconds // 60 for seconds in (SECONDS, MOST_SECONDS))
    assert f"ends after {least} minutes (of hundreds of megabytes after {most})" in page


LITTLE_TIME = """
import os, resource
from tcvae_cli.files.hdf5_trial import survives
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
with open("large.h5", "rb") as stream:
    print(survives(stream, lambda file: os.abort()), survives(stream, lambda file: None))
"""


def test_a_file_is_tried_where_less_time_is_allowed_than_it_may_take(tmp_path: Path) -> None:
    """As by ulimit -t: a file of this size, most of it a hole, may take 30 seconds."""
    (tmp_path / "large.h5").write_bytes(a_small_file().getvalue())
    os.truncate(tmp_path / "large.h5", 300_000_000)
    done = subprocess.run(
        [sys.executable, "-c", LITTLE_TIME], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert (done.stdout, done.stderr) == ("False True\n", "")


SIGNALLED = """
import os, signal, time
from tcvae_cli import interrupts
from tcvae_cli.files.hdf5 import open_hdf5

def wait(file):
    os.kill(os.getppid(), signal.SIGINT)  # at once: perhaps before its parent knows its number
    time.sleep(300)

interrupts.install()
with open("small.h5", "rb") as stream:
    try:
        open_hdf5(stream, wait)
    except KeyboardInterrupt:
        print(os.WTERMSIG(os.wait()[1]))
"""


def test_a_signal_ends_the_first_look_at_a_file(tmp_path: Path) -> None:
    (tmp_path / "small.h5").write_bytes(a_small_file().getvalue())
    done = subprocess.run([sys.executable, "-c", SIGNALLED], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == (f"{signal.SIGKILL:d}\n", "")
