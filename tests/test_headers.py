"""Headers that no version of ours wrote, or a newer one: each is refused in one line with its own cure."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from tcvae_cli.files.tensors import read_tensors, tensors_to_bytes

Verb = Callable[..., Any]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("schema", "one"),
        ("schema", 99),
        ("schema", np.inf),
        ("factor_sizes", [np.inf] * 6),
        ("factor_sizes", 3),
        ("pixel_kind", "Binary"),
        ("scored_factors", ["nothing"]),
    ],
)
def test_wrong_attributes_are_refused_in_one_line(tcvae: Verb, tmp_path: Path, attribute: str, value: object) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(Path("tiny.h5").read_bytes())
    with h5py.File(copy, "r+") as file:
        file.attrs[attribute] = value
    status, _, errors = tcvae("show", str(copy))
    assert (status, errors.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        (9, "has schema 9, this version reads up to NEWEST; upgrade tcvae"),
        (0, "has the schema 0, which no version wrote; give one made by"),
        ("1", "has the schema '1', which no version wrote; give one made by"),
        (True, "has the schema True, which no version wrote; give one made by"),
        (None, "has no schema; give one made by"),
    ],
)
def test_a_newer_schema_and_none_at_all_have_different_cures(
    tcvae: Verb, tmp_path: Path, schema: object, wanted: str
) -> None:
    for name, verb in (("run_codes.safetensors", "mig"), ("run.safetensors", "encode")):
        header, tensors = read_tensors(name, "a file")
        assert header is not None
        (tmp_path / "file").write_bytes(tensors_to_bytes({**header, "schema": schema}, tensors))
        for reader in (verb, "show"):
            status, _, errors = tcvae(reader, str(tmp_path / "file"))
            assert (status, errors.count("\n")) == (1, 1)
            newest = wanted.replace("NEWEST", str(header["schema"]))
            assert errors.startswith(f"tcvae: {tmp_path / 'file'}: {newest}")


def test_a_data_set_without_a_schema_is_not_of_a_newer_one(tcvae: Verb, tmp_path: Path) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(Path("tiny.h5").read_bytes())
    with h5py.File(copy, "r+") as file:
        del file.attrs["schema"]
    wanted = "has no schema; give one made by `tcvae prepare`, or write schema 1 into it"
    assert tcvae("show", str(copy)) == (1, b"", f"tcvae: {copy}: {wanted}\n")


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"dropout": 0.5}, "has settings unknown to this version (dropout); upgrade tcvae"),
        ({"latents": ...}, "lacks settings that make a run (latents); train it again"),
    ],
)
def test_settings_of_newer_runs_and_lost_ones_have_different_cures(
    tcvae: Verb, tmp_path: Path, settings: dict[str, object], wanted: str
) -> None:
    header, tensors = read_tensors("run.safetensors", "a run")
    assert header is not None
    stored = {name: value for name, value in (header["settings"] | settings).items() if value is not ...}
    (tmp_path / "run").write_bytes(tensors_to_bytes({**header, "settings": stored}, tensors))
    assert tcvae("encode", str(tmp_path / "run")) == (1, b"", f"tcvae: {tmp_path / 'run'}: {wanted}\n")


def test_hostile_headers_are_refused_in_one_line(tcvae: Verb, tmp_path: Path) -> None:
    tensors = {"mean": np.zeros((2, 1), np.float32), "log_std": np.zeros((2, 1), np.float32)}
    for text in ('{"kind":"codes","schema":1,"data":"x"}', '{"kind":"codes","schema":1,"settings":{"beta":NaN}}', "[]"):
        safetensors.numpy.save_file(tensors, tmp_path / "codes", metadata={"tcvae": text})
        status, _, errors = tcvae("estimate-tc", str(tmp_path / "codes"))
        assert (status, errors.count("\n")) == (1, 1)
    tensors["log_std"] -= 800
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    assert tcvae("mig", str(tmp_path / "codes"))[0] == 1
