"""Round trips of every format, and the atomic writer's promises."""

import json
import os
import re
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tcvae_cli
from helpers.command import call
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.codes import Codes, read_codes, write_codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.headers import CodesHeader, DataHeader, new_header
from tcvae_cli.files.ledger import one_command
from tcvae_cli.files.runs import read_run, write_run
from tcvae_cli.files.streams import atomic_path, write_bytes
from tcvae_cli.files.tensors import read_tensors, tensors_in, tensors_to_bytes
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.training.images import load_images

Verb = Callable[..., Any]


@settings(max_examples=30)
@given(st.integers(1, 40), st.sampled_from(["binary", "grey", "rgb"]), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_data_sets_survive(
    tmp_path_factory: pytest.TempPathFactory, rows: int, kind: str, factors: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    shape = (5, 7, 3) if kind == "rgb" else (5, 7)
    images = random.integers(0, 2 if kind == "binary" else 256, (rows, *shape), dtype=np.uint8)
    classes = random.integers(0, 4, (rows, factors))
    names = tuple(f"factor {k} ü" for k in range(factors))
    described = Description("n", rows, shape, kind, names, (4,) * factors, names[:1], "made up")  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("data") / "data.h5"
    write_data_set(path, Source(described, iter(np.array_split(images, 3)), classes, classes.astype(float)))
    with open_data_set(str(path)) as data:
        assert data.description == described
        np.testing.assert_array_equal(data.rows(slice(None)), images)
        assert factors == 0 or np.array_equal(data.classes, classes)
        in_memory = load_images(data)
    batch = in_memory.batch(slice(0, rows), torch.device("cpu")).numpy()
    wanted = images if kind == "rgb" else images[..., None]
    np.testing.assert_allclose(batch.transpose(0, 2, 3, 1), wanted / (1 if kind == "binary" else 255), rtol=1e-6)


@settings(max_examples=30)
@given(st.integers(1, 50), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_codes_survive_streaming(tmp_path_factory: pytest.TempPathFactory, rows: int, latents: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    mean, log_std = random.normal(size=(2, rows, latents)).astype(np.float32)
    likelihood = random.normal(size=rows).astype(np.float32)
    classes = random.integers(0, 3, (rows, 2))
    header = CodesHeader(data=DataHeader(rows=rows, factor_names=("a", "b"), scored_factors=("b",)))
    blocks = [(mean[i : i + 7], log_std[i : i + 7], likelihood[i : i + 7]) for i in range(0, rows, 7)]
    path = tmp_path_factory.mktemp("codes") / "codes"
    shapes = {"mean": (latents,), "log_std": (latents,), "log_likelihood": ()}
    with path.open("wb") as stream:
        write_codes(stream, header, shapes, {"factor_classes": classes}, blocks)
    codes = read_codes(str(path))
    for found, wanted in ((codes.mean, mean), (codes.log_std, log_std), (codes.log_likelihood, likelihood)):
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(codes.factor_classes, classes)
    assert (codes.factor_names, codes.scored_factors) == (("a", "b"), ("b",))


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_safetensors_cut_anywhere_are_refused(cut: int) -> None:
    content = tensors_to_bytes(new_header("run", settings={"beta": 6.0}), {"w": np.arange(300, dtype=np.float32)})
    header, tensors = tensors_in(content, "file", "a run")
    assert header is not None
    assert header["settings"] == {"beta": 6.0}
    assert tensors["w"][299] == 299
    with pytest.raises(TcvaeError, match="file: is "):
        tensors_in(content[: cut % len(content)], "file", "a run")


def test_a_run_of_schema_1_is_still_read(workshop: Path, tmp_path: Path) -> None:
    header, tensors = read_tensors(str(workshop / "run.safetensors"), "a run")
    assert header is not None
    assert (header["schema"], "image_shape" in header) == (2, False)
    old = {**header, "schema": 1, "image_shape": [1, 64, 64]}
    (tmp_path / "old").write_bytes(tensors_to_bytes(old, tensors))
    found, wanted = read_run(str(tmp_path / "old")), read_run(str(workshop / "run.safetensors"))
    assert (found.header.schema, found.header.record()) == (1, wanted.header.record())


@pytest.mark.parametrize("tensors", [False, True])
def test_codes_of_arrays_and_of_tensors_are_checked_like_a_file(tensors: bool) -> None:
    def as_given(array: np.ndarray) -> object:
        return torch.from_numpy(array) if tensors else array

    mean, log_std = np.eye(4, 2), np.zeros((4, 2), np.float32)
    factors, probability = np.array([[0, 1], [1, 0], [2, -1], [0, 0]]), np.full(4, 0.25)
    codes = Codes.of(as_given(mean), as_given(log_std), as_given(factors), as_given(probability))
    assert (codes.where, codes.header, codes.factor_names) == ("codes", None, ("factor_0", "factor_1"))
    np.testing.assert_array_equal(codes.mean, mean)
    np.testing.assert_array_equal(codes.factor_classes, factors)
    for wrong in ({"log_std": log_std[:3]}, {"factors": factors[:3]}, {"probability": probability * 2}):
        arguments = {"mean": mean, "log_std": log_std, "factors": factors, "probability": probability, **wrong}
        with pytest.raises(TcvaeError, match=r"^codes: "):
            Codes.of(*map(as_given, arguments.values()))


def test_codes_are_copies_and_take_what_is_meant() -> None:
    mean, log_std = np.eye(4, 2), np.zeros((4, 2))
    codes = Codes.of(mean, log_std, factors=[0.0, 1.0, 2.0, -1.0])
    mean[:] = log_std[:] = np.nan
    np.testing.assert_array_equal(codes.mean, np.eye(4, 2))
    np.testing.assert_array_equal(codes.log_std, np.zeros((4, 2)))
    assert (codes.factor_classes is not None and codes.factor_classes.tolist()) == [[0], [1], [2], [-1]]
    for kind in (torch.bfloat16, torch.float16):
        assert Codes.of(torch.eye(4, 2, dtype=kind), torch.zeros(4, 2, dtype=kind)).mean.dtype == np.float32
    for name in ("float16", ">f4", ">f8", "longdouble"):
        assert Codes.of(np.eye(4, 2).astype(name), np.zeros((4, 2), name)).mean.dtype in (np.float32, np.float64)
    unmasked = np.ma.masked_array(np.eye(4, 2), mask=False)
    assert type(Codes.of(unmasked, np.zeros((4, 2))).mean) is np.ndarray


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mean": np.eye(4, 2, dtype=int)}, "`mean` is int64, not floats"),
        (
            {"mean": [[0.0], [0], [np.nan], [0]], "log_std": np.zeros((4, 1))},
            "`mean` holds NaN or infinity in 1 of 4 im",
        ),
        (
            {"mean": [[0.0], [0], [np.inf], [np.nan]], "log_std": np.zeros((4, 1))},
            ".* in 2 of 4 images, first in image 2;",
        ),
        ({"mean": np.eye(4, 2) * -2e15}, "`mean` holds -2e.15, which is not from -1e.15 to 1e.15; store means within"),
        ({"log_std": np.full((4, 2), -50.0)}, "`log_std` holds -50, which is not from -40 to 40; store natural log"),
        ({"probability": np.full(4, 0.2)}, "`probability` sums to 0.8, not 1; divide it by its sum"),
        ({"probability": np.array([0.5, -0.5, 0.5, 0.5])}, "`probability` of image 1 is -0.5; give 0"),
        ({"mean": [[0.0], [0.0, 1.0]]}, "`mean` is no array of numbers"),
        ({"mean": np.ma.masked_array(np.eye(4, 2), mask=np.eye(4, 2))}, "`mean` hides values behind a mask"),
        ({"log_std": np.full((4, 2), -np.inf)}, "`log_std` holds NaN or infinity"),
        ({"log_std": np.zeros((3, 2))}, r"`mean` \[4, 2\] and `log_std` \[3, 2\] are not both"),
        ({"factors": np.zeros((4, 1, 1))}, r"`factors` has the shape \[4, 1, 1\], not one row of classes"),
        (
            {"factors": [0, 1, 2]},
            r"`factors` has the shape \[3, 1\], not one row of classes for each of 4 images",
        ),
        ({"factors": [0, 1, 2, -2]}, "factor factor_0 has classes, and numbers from -2 to 2; number classes from 0 on"),
        ({"factors": [0, 1, 2, 0.5]}, "`factors` holds NaN, infinity or fractions"),
        ({"factors": list("abcd")}, "`factors` is <U1, not whole numbers"),
        ({"probability": [1, 0, 0, 0]}, "`probability` is int64, not floats"),
        ({"probability": [0.5, 0.5]}, r"`probability` has the shape \[2\], not one number for each of 4 images"),
    ],
)
def test_what_is_wrong_with_arrays_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TcvaeError, match=f"^codes: {said}"):
        Codes.of(**{"mean": np.eye(4, 2), "log_std": np.zeros((4, 2)), **wrong})


@pytest.mark.parametrize("name", ["codes.png", "codes.H5", "codes.npy", "codes.pt", "codes.json"])
def test_a_name_of_another_kind_of_file_is_refused(workshop: Path, tmp_path: Path, name: str) -> None:
    said = f"^{re.escape(str(tmp_path / name))}: would not be a .* file; end the name in "
    run = tcvae_cli.load(workshop / "run.safetensors")
    for thing, ends in (
        (Codes.of(np.eye(4, 2), np.zeros((4, 2))), ".safetensors or .npz or .csv"),
        (run, ".safetensors"),
    ):
        with pytest.raises(TcvaeError, match=f"{said}{ends}$"):
            tcvae_cli.save(thing, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_of_its_own_kind_or_of_none_is_taken(tmp_path: Path) -> None:
    for name in ("codes.safetensors", "codes", "beta-vae.codes", "run.v0.3"):
        tcvae_cli.save(Codes.of(np.eye(4, 2), np.zeros((4, 2))), tmp_path / name)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("encode", "run.safetensors", "-o", "x.png"), ".safetensors or .npz or .csv"),
        (("train", "--data", "tiny.h5", "--checkpoint", "x.csv", "-o", "x"), ".safetensors"),
        (("subset", "tiny.h5", "--where", "shape=1", "-o", "x.safetensors"), ".h5 or .hdf5"),
        (("prepare", "dsprites", "-o", "x.npz"), ".h5 or .hdf5"),
    ],
)
def test_so_do_the_verbs(tcvae: Verb, words: tuple[str, ...], end: str) -> None:
    status, _, errors = tcvae(*words)
    assert (status, errors.count("\n")) == (2, 1)
    assert errors.endswith(f" file; end the name in {end}\n")


def test_an_error_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(str(target)) as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert target.read_text() == "old"


def test_links_modes_and_devices_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_bytes(str(link), b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    write_bytes("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    mask = os.umask(0o027)
    try:
        write_bytes(str(tmp_path / "fresh"), b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640


@pytest.fixture
def anyones_file() -> Iterator[Path]:
    """A file of another user and group in a folder that all may write."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "target")
        target.write_text("old")
        if os.geteuid() != 0:
            pytest.skip("only root may give a file to another user")
        Path(folder).chmod(0o777)
        os.chown(target, 12_345, 54_321)
        target.chmod(0o664)
        yield target


def test_a_file_that_root_replaces_keeps_its_owner(anyones_file: Path) -> None:
    write_bytes(str(anyones_file), b"new")
    found = anyones_file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12_345, 54_321, 0o664)


def test_another_group_gets_no_right_to_a_file_that_is_replaced(anyones_file: Path) -> None:
    os.setegid(1001)
    os.seteuid(1001)
    try:
        write_bytes(str(anyones_file), b"new")
    finally:
        os.seteuid(0)
        os.setegid(0)
    found = anyones_file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1001, 1001, 0o604)


def test_outputs_that_cannot_be_are_refused_before_any_work(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "where"):
        with pytest.raises(TcvaeError), atomic_path(str(path)):
            pytest.fail("work was begun")


@pytest.mark.parametrize("number", [3, 77, -2])
def test_classes_beyond_their_number_are_refused_by_every_verb(workshop: Path, tmp_path: Path, number: int) -> None:
    path = tmp_path / "tiny.h5"
    path.write_bytes((workshop / "tiny.h5").read_bytes())
    with h5py.File(path, "a") as file:
        file["latents/classes"][5, 1] = number
    low, high = min(number, 0), max(number, 2)
    wanted = f"tcvae: {path}: factor shape has 3 classes, and numbers from {low} to {high}; number classes from 0 on"
    for words in (("show",), ("show", "--contact-sheet", str(tmp_path / "sheet.png")), ("subset", "--sample", "3")):
        status, _, errors = call(words[0], str(path), *words[1:])
        assert (status, errors[: len(wanted)]) == (1, wanted)


@pytest.mark.parametrize(
    ("data", "classes", "wanted"),
    [
        ({}, 7, "factor shape has 3 classes, and numbers from 0 to 7; number classes from 0 on"),
        ({}, -2, "factor shape has 3 classes, and numbers from -2 to 2; number classes from 0 on"),
        ({"factor_sizes": None}, -2, "factor shape has classes, and numbers from -2 to 2; number classes from 0 on"),
        ({"rows": 191}, 0, "its header tells of 191 images, and `mean` holds 192; encode it again"),
        ({"factor_sizes": [1, 3]}, 0, "its header does not give the size of each of its factors; encode it again"),
        ({"factor_sizes": "many"}, 0, "its header does not give the size of each of its factors; encode it again"),
    ],
)
def test_codes_whose_header_says_otherwise_are_refused_by_every_verb(
    tcvae: Verb, tmp_path: Path, data: dict[str, object], classes: int, wanted: str
) -> None:
    header, tensors = read_tensors("run_codes.safetensors", "codes")
    assert header is not None
    tensors["factor_classes"][5, 1] = classes
    path = tmp_path / "codes"
    path.write_bytes(tensors_to_bytes({**header, "data": {**header["data"], **data}}, tensors))
    for verb in (
        *([] if classes else [("show",)]),  # which reads no numbers
        ("mig",),
        ("mig", "--factors", "tiny.h5"),
        ("estimate-tc",),
        ("match", "run_codes.safetensors"),
        ("score", "--measure", "sap-r2"),
        ("score", "--measure", "udr", "run_codes.safetensors"),
        ("plot", "latents", "-o", str(tmp_path / "latents.png")),
    ):
        status, content, errors = tcvae(*verb, str(path))
        assert (status, content, errors.count("\n")) == (1, b"", 1)
        assert errors.startswith(f"tcvae: {path}: {wanted}")


def test_third_party_classes_beyond_64_bits_are_refused(tcvae: Verb, tmp_path: Path) -> None:
    codes = safetensors.numpy.load_file("codes.safetensors")
    codes["factor_classes"] = codes["factor_classes"].astype(np.uint64) + 2**63
    safetensors.numpy.save_file(codes, tmp_path / "codes")
    status, _, errors = tcvae("mig", str(tmp_path / "codes"))
    assert (status, errors.partition(", and")[0]) == (1, f"tcvae: {tmp_path / 'codes'}: factor factor_0 has classes")


def test_a_labelled_set_without_its_labels_is_damaged(workshop: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.h5"
    path.write_bytes((workshop / "tiny.h5").read_bytes())
    with h5py.File(path, "a") as file:
        del file["latents"]
    assert "tiny.h5: names factors and has no `latents/classes`; " in call("show", str(path))[2]


def test_images_that_nobody_has_written_are_refused(workshop: Path, tmp_path: Path) -> None:
    """A file of some kilobytes can claim any number of them, all of the value for unwritten."""
    path = tmp_path / "tiny.h5"
    path.write_bytes((workshop / "tiny.h5").read_bytes())
    with h5py.File(path, "a") as file:
        del file["imgs"]
        file.create_dataset("imgs", (10**8, 1, 1), np.uint8, chunks=(10**6, 1, 1))
    status, _, errors = call("show", str(path))
    assert (status, errors.count("\n")) == (1, 1)
    assert "`imgs` claims 100,000,000 bytes of numbers, for which the file stores 0" in errors


def test_tensors_of_any_name_are_shown_in_short_and_are_no_codes(tmp_path: Path) -> None:
    path = str(tmp_path / "a.safetensors")
    safetensors.numpy.save_file({"mean": np.zeros((2, 1)), "x" * 100_000: np.zeros(3)}, path)
    status, output, _ = call("show", path)
    assert status == 0
    assert b"safetensors without our header" in output
    assert len(output) < 400


def test_a_tensor_of_a_hundred_thousand_axes_is_refused_before_they_are_multiplied() -> None:
    entry = {"dtype": "F32", "shape": [1 << 62] * 100_000, "data_offsets": [0, 0]}
    text = json.dumps({"mean": entry}).encode()
    with pytest.raises(TcvaeError, match="is damaged"):
        tensors_in(struct.pack("<Q", len(text)) + text, "file", "codes")


def test_a_file_is_read_written_and_read_again_in_one_process(workshop: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes((workshop / "run.safetensors").read_bytes())
    run = read_run(path)
    write_run(str(path), run.header, run.tensors)
    assert read_run(path).header == run.header
    with one_command(), pytest.raises(ArgumentError, match="is also read by this command"):
        write_run(str(path), read_run(path).header, run.tensors)
    write_run(str(path), run.header, run.tensors)


def test_a_part_of_a_data_set_is_not_written_over_it(workshop: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.h5"
    path.write_bytes((workshop / "tiny.h5").read_bytes())
    wanted = f"tcvae: --output: {path} is also read by this command; name another file\n"
    assert call("subset", str(path), "--sample", "3", "-o", str(path)) == (2, b"", wanted)
    assert path.read_bytes() == (workshop / "tiny.h5").read_bytes()


def test_no_call_writes_over_what_it_reads(workshop: Path, tmp_path: Path) -> None:
    arrays, data, sheet = tmp_path / "own.npz", tmp_path / "tiny.h5", tmp_path / "tiny.png"
    np.savez(arrays, images=np.eye(8, dtype=np.uint8)[None])
    data.write_bytes((workshop / "tiny.h5").read_bytes())
    sheet.symlink_to(data)
    (own := tmp_path / "own.h5").symlink_to(arrays)
    before = arrays.read_bytes(), data.read_bytes()
    with open_data_set(data) as opened:
        for call_it in (
            lambda: tcvae_cli.prepare("arrays", source=arrays, output=own),
            lambda: tcvae_cli.subset(data, output=data, sample=3),
            lambda: tcvae_cli.subset(opened, output=data, sample=3),
            lambda: tcvae_cli.describe(data, contact_sheet=str(sheet)),
        ):
            with pytest.raises(ArgumentError, match="is also read by this command; name another file"):
                call_it()
    assert (arrays.read_bytes(), data.read_bytes()) == before
    tcvae_cli.subset(data, output=tmp_path / "part", sample=3)
    tcvae_cli.subset(tmp_path / "part", output=data, sample=2)  # over what the call before has read
    with open_data_set(data) as opened:
        assert opened.description.rows == 2


def test_a_data_set_is_used_with_and_without_with(workshop: Path) -> None:
    data = open_data_set(workshop / "tiny.h5")
    again = open_data_set(workshop / "tiny.h5")
    assert len(data.rows(slice(0, 3))) == 3
    data.close()
    data.close()
    for use in (lambda: data.rows(0), data.values, data.class_names):
        with pytest.raises(TcvaeError, match="is closed; open it again"):
            use()
    with again as opened:
        assert opened is again
        assert len(opened.rows(slice(0, 3))) == 3
    with pytest.raises(TcvaeError, match="is closed"):
        again.rows(0)
