"""`show --format`: what files say of themselves, for programs."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.runs import read_run
from tcvae_cli.verbs.described import flattened

Verb = Callable[..., tuple[int, bytes, str]]


def shown(tcvae: Verb, file: str) -> tuple[dict[str, Any], list[list[str]]]:
    """Return what `show` says of a file as JSON, and as rows."""
    (status, text, _), (again, table, _) = (tcvae("show", file, "--format", name) for name in ("json", "csv"))
    assert (status, again, text.count(b"\n")) == (0, 0, 1)
    return json.loads(text), list(csv.reader(table.decode().splitlines()))


@pytest.mark.parametrize("file", ["run.safetensors", "run_codes.safetensors", "codes.safetensors", "tiny.h5"])
def test_rows_are_the_values_of_the_object(tcvae: Verb, file: str) -> None:
    found, (head, *rows) = shown(tcvae, file)
    assert head == ["name", "value"]
    said = {name: "" if value is None else value for name, value in flattened(found)}
    assert dict(rows) == {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
    assert len(rows) == len(dict(rows))


def test_headers_are_shown_as_they_are(tcvae: Verb) -> None:
    run, _ = shown(tcvae, "run.safetensors")
    header = json.loads(json.dumps(read_run("run.safetensors").header.record()))
    assert {name: its for name, its in run.items() if name != "tensors"} == header
    weights = {name: (its["dtype"], its["shape"]) for name, its in run["tensors"].items()}
    kept = safetensors.numpy.load_file("run.safetensors")
    assert weights == {name: ("F32", list(array.shape)) for name, array in kept.items()}
    third, _ = shown(tcvae, "codes.safetensors")
    assert third["tensors"]["mean"] == {"dtype": "F32", "shape": list(read_codes("codes.safetensors").mean.shape)}
    assert third["kind"] == "codes by a third party"


def test_a_data_set_tells_its_factors_and_its_bias(tcvae: Verb) -> None:
    found, rows = shown(tcvae, "tiny.h5")
    assert (found["kind"], found["rows"], found["biased"]) == ("data set", 192, False)
    assert found["factor_names"] == ["color", "shape", "scale", "orientation", "posX", "posY"]
    assert ["factor_names.1", "shape"] in rows
    assert shown(tcvae, "biased.h5")[0]["biased"]


def test_names_in_files_command_no_terminal(tcvae: Verb, tmp_path: Path) -> None:
    path = str(tmp_path / "a.safetensors")
    safetensors.numpy.save_file({"\x1b[31m,\n": np.zeros((2, 1), np.float32)}, path)
    for name in ("json", "csv"):
        text = tcvae("show", path, "--format", name)[1]
        assert b"\x1b" not in text
        assert b"u001b" in text or b"x1b" in text
