"""Damaged and hostile files of every format that is read: a right result, or one line; never a traceback or hang."""

import json
import pickle
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from fighting import Outcome, fight
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import specimens
from helpers.command import call
from helpers.lanes import side_by_side
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.strict_json import parse_json
from tcvae_cli.files.tensors import tensors_in

Tally = Callable[[str, int, int], None]
FEWER = {
    "checkpoint": 400,
    "data_set": 1000,
    "data_set_in_use": 1000,
    "data_set_by_h5py": 500,
    "data_set_in_use_by_h5py": 500,
    "norb_labels": 500,
    "pth_legacy": 700,
    "attributes": 700,
    "third_party_codes": 1000,
}
FEWER |= dict.fromkeys(("tiff", "webp", "gif", "bmp", "ppm", "tga", "jpeg2000", "avif"), 500)


@pytest.fixture(scope="module")
def files(specimen_files: Path) -> Path:
    return specimen_files


def test_nothing_comes_of_damaged_files_but_one_line(files: Path, torture: bool, tally: Tally, tmp_path: Path) -> None:
    """In two lanes, as there are two cores nearly everywhere; at length each takes the next format when it is free."""
    names = list(specimens.FORMATS)
    folders = [Path(shutil.copytree(files, tmp_path / str(number))) for number in range(2)]

    def round_of(folder: Path, some: list[str]) -> dict[str, Outcome]:
        return fight(folder, {name: FEWER.get(name, 2000) if torture else 8 for name in some})

    parts = [[name] for name in names] if torture else [names[::2], names[1::2]]
    outcomes = {name: outcome for part in side_by_side(folders, round_of, parts) for name, outcome in part.items()}
    for name in specimens.FORMATS:
        outcome = outcomes[name]
        tally(f"damaged files: {name} (peak {outcome.peak / 1e6:.0f} MB)", outcome.cases, outcome.refused)
    assert {name: outcome.faults for name, outcome in outcomes.items() if outcome.faults} == {}


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["F32", "U8", "BOOL"])
)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "U8", "BF16", "I64"]) | leaves,
        "shape": st.lists(st.integers(-1, 1 << 40), max_size=3) | leaves,
        "data_offsets": st.lists(st.integers(-1, 64), min_size=2, max_size=2) | leaves,
    }
)


@settings(max_examples=400)
@given(
    st.dictionaries(st.sampled_from(["mean", "log_std", "__metadata__"]), entries | trees, max_size=3),
    st.binary(max_size=64),
)
def test_any_safetensors_header_is_taken_or_refused_as_the_library_does(header: dict[str, Any], data: bytes) -> None:
    """Ours is the stricter of the two: never a tensor that the library would not give."""
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + data
    try:
        _, ours = tensors_in(content, "file", "codes")
    except TcvaeError:
        return
    loaded = safetensors.torch.load(content)
    theirs = {name: (one.float() if one.dtype == torch.bfloat16 else one).numpy() for name, one in loaded.items()}
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert (tensor.dtype, tensor.shape, tensor.tobytes()) == (
            theirs[name].dtype,
            theirs[name].shape,
            theirs[name].tobytes(),
        )


@settings(max_examples=300)
@given(trees)
def test_json_that_is_taken_can_be_written_again(tree: Any) -> None:
    text = json.dumps(tree)
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert json.loads(json.dumps(value, allow_nan=False).encode()) == value


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', "1e999", "NaN", "9" * 100, '"\\ud800"', "[" * 100_000, "[" * 40 + "]" * 40]
)
def test_json_that_libraries_disagree_on_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_json(text)


class Bomb:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_nothing_is_ever_unpickled(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every place a file is read, whatever it is called."""
    monkeypatch.chdir(tmp_path)
    fired, bomb = tmp_path / "fired", Bomb(tmp_path / "fired")
    objects = np.array([bomb, 1], dtype=object)
    payloads: dict[str, bytes] = {"plain": pickle.dumps(bomb, 2)}
    np.save("object.npy", objects, allow_pickle=True)
    np.savez(
        "objects.npz", images=objects, imgs=objects, latents_classes=objects, latents_values=objects, metadata=objects
    )
    torch.save({"state": bomb}, "bomb.pth")
    torch.save(bomb, "legacy.pth", _use_new_zipfile_serialization=False)
    for name in ("object.npy", "objects.npz", "bomb.pth", "legacy.pth"):
        payloads[name] = Path(name).read_bytes()
    with zipfile.ZipFile("in.zip", "w") as archive:
        archive.writestr("a.png", payloads["plain"])
    with tarfile.open("in.tar", "w") as tar:
        tar.add("bomb.pth", "rendered_chairs/a/renders/image_000_p020_t000_r096.png")
    payloads |= {name: Path(name).read_bytes() for name in ("in.zip", "in.tar")}
    places = [
        "prepare dsprites --source {}",
        "prepare faces --source {}",
        "prepare chairs --source {}",
        "prepare celeba --source {}",
        "prepare shapes3d --source {}",
        "prepare cars3d --source {}",
        "prepare mpi3d --source {}",
        "prepare folder --source {}",
        "prepare arrays --source {}",
        "subset {} --sample 1",
        "train --data {} --steps 1",
        "train --resume {}",
        "encode {}",
        "encode {run} --data {}",
        "traverse {}",
        "mig {}",
        "mig {codes} --factors {}",
        "estimate-tc {}",
        "score {} --measure sap",
        "compare {}",
        "plot box {}",
        "show {}",
    ]
    for payload, content in payloads.items():
        for place in places:
            Path("file.h5").write_bytes(content)
            words = place.replace("{run}", str(files / "run.safetensors")).replace(
                "{codes}", str(files / "codes24.safetensors")
            )
            output = (
                []
                if place.split()[0] in ("mig", "estimate-tc", "score", "compare", "show")
                else ["-o", "out.png" if place.split()[0] in ("plot", "traverse") else "out"]
            )
            status, _, errors = call(*words.format("file.h5").split(), *output)
            assert status in (1, 2), (payload, place)
            assert "Traceback" not in errors
            assert not fired.exists(), (payload, place)
    fired.touch()  # the payload itself is live
    fired.unlink()
    pickle.loads(payloads["plain"])  # noqa: S301 (our own)
    assert fired.exists()


def test_two_files_in_one_pipe_are_refused(files: Path) -> None:
    content = (files / "codes24.safetensors").read_bytes()
    status, _, errors = call("mig", stdin=content + content)
    assert (status, errors) == (
        1,
        "tcvae: stdin: goes on behind its last tensor (are these two files in one?); "
        "make it again, or check what wrote the pipe\n",
    )
