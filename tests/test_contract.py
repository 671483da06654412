"""The verbs in a row, on data with labels, without them and with a bias: what each takes of the one before."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from helpers.tiny import tiny_rows
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.runs import read_run

Verb = Callable[..., Any]


def test_the_three_contract_verbs_agree_with_a_pipe(tcvae: Verb) -> None:
    status, codes, errors = tcvae("encode", "run.safetensors")
    assert (status, errors) == (0, "")
    assert codes == Path("run_codes.safetensors").read_bytes()
    status, line, errors = tcvae("mig", "--factors", "tiny.h5", stdin=codes)
    assert (status, errors) == (0, "")
    record = json.loads(line)
    assert record["factors"] == ["scale", "orientation", "posX", "posY"]
    assert 0 <= record["mig"] <= 1
    assert record["settings"]["beta"] == 6
    assert record["mig"] == pytest.approx(np.mean(record["gap_per_factor"]))
    assert tcvae("mig", "run_codes.safetensors")[1] == line


def test_posteriors_alone_score_alike_and_have_no_elbo(tcvae: Verb) -> None:
    status, codes, errors = tcvae("encode", "run.safetensors", "--posterior-only")
    assert (status, errors) == (0, "")
    assert tcvae("mig", stdin=codes)[1] == tcvae("mig", "run_codes.safetensors")[1]
    whole = json.loads(tcvae("estimate-tc", "run_codes.safetensors", "--samples", "500")[1])
    alone = json.loads(tcvae("estimate-tc", "--samples", "500", stdin=codes)[1])
    lacking = {name for name in whole if name not in alone or alone[name] != whole[name]}
    assert lacking == {"log_likelihood", "elbo"}


def test_encode_keeps_the_order_and_the_labels(tcvae: Verb) -> None:
    codes = read_codes("run_codes.safetensors")
    assert codes.mean.shape == codes.log_std.shape == (192, 10)
    np.testing.assert_array_equal(codes.factor_classes, tiny_rows()[1])
    with safetensors.safe_open("run_codes.safetensors", "np") as stored:  # the library reads what we stream
        assert sorted(stored.keys()) == ["factor_classes", "log_likelihood", "log_std", "mean"]


def test_decomposition_of_trained_codes(tcvae: Verb) -> None:
    record = json.loads(tcvae("estimate-tc", "run_codes.safetensors", "--samples", "500")[1])
    total = record["index_code_mi"] + record["total_correlation"] + record["dimension_wise_kl"]
    assert record["sum_agrees"] is True
    assert total == pytest.approx(record["analytic_kl"], abs=1e-6)
    assert record["elbo"] == pytest.approx(record["log_likelihood"] - record["analytic_kl"])
    minibatch = ("estimate-tc", "run_codes.safetensors", "--estimator", "mws", "--batch-size", "64")
    assert json.loads(tcvae(*minibatch)[1])["estimator"] == "mws"
    assert b"biased" in tcvae(*minibatch, "--format", "table")[1]


def test_mig_methods_agree_on_third_party_codes(tcvae: Verb) -> None:
    exact = json.loads(tcvae("mig", "codes.safetensors")[1])
    sampled = json.loads(tcvae("mig", "codes.safetensors", "--method", "monte-carlo")[1])
    assert exact["factors"] == ["factor_0", "factor_1"]
    assert exact["gap_per_factor"] == pytest.approx([1, np.log(2) / np.log(6)], abs=1e-6)
    assert sampled["estimator"] == "monte-carlo"
    assert sampled["mig"] == pytest.approx(exact["mig"], abs=3 * sampled["standard_error"])


def test_biased_data_is_drawn_and_weighed_by_its_probability(tcvae: Verb, tmp_path: Path) -> None:
    run, codes = str(tmp_path / "run"), str(tmp_path / "codes")
    assert tcvae("train", "--data", "biased.h5", "--steps", "2", "--batch-size", "64", "-o", run)[0] == 0
    assert tcvae("encode", run, "-o", codes)[0] == 0
    assert read_codes(codes).probability is not None
    assert json.loads(tcvae("mig", codes)[1])["factor_entropy"][0] < np.log(2)
    assert tcvae("train", "--data", "biased.h5", "--estimator", "mss", "-o", run)[0] == 2


def test_published_layouts_work_unchanged(tcvae: Verb, tmp_path: Path) -> None:
    images, classes, values = tiny_rows()
    with h5py.File(tmp_path / "dsprites.h5", "w") as file:
        file["imgs"], file["latents/classes"], file["latents/values"] = images, classes, values
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file["images"] = np.repeat(images[:, :, :, None] * 200, 3, axis=3)
        file["labels"] = values
    for name, shape in (("dsprites", (64, 64)), ("3dshapes", (64, 64, 3))):
        data, run = str(tmp_path / f"{name}.h5"), str(tmp_path / name)
        assert tcvae("train", "--data", data, "--steps", "2", "--batch-size", "32", "-o", run)[0] == 0
        assert read_run(run).header.data.image_shape == shape
        status, codes, _ = tcvae("encode", run)
        assert status == 0
        names = json.loads(tcvae("mig", "--factors", data, "--factor", "scale", stdin=codes)[1])["factors"]
        assert names == ["scale"]
        assert tcvae("traverse", run, "--image", "3", "-o", str(tmp_path / "t.png"))[0] == 0


def test_data_without_labels_trains_encodes_and_traverses(tcvae: Verb, tmp_path: Path) -> None:
    run, codes = str(tmp_path / "run"), str(tmp_path / "codes")
    assert tcvae("train", "--data", "unlabelled.h5", "--steps", "2", "--batch-size", "32", "-o", run)[0] == 0
    assert tcvae("encode", run, "-o", codes)[0] == 0
    assert tcvae("estimate-tc", codes, "--samples", "200")[0] == 0
    status, _, errors = tcvae("mig", codes)
    assert status == 1
    assert "no factor labels" in errors


def test_traverse_writes_pictures_and_arrays(tcvae: Verb, tmp_path: Path) -> None:
    arrays = str(tmp_path / "t.safetensors")
    flags = ("--image", "5", "--latent", "2", "--latent", "4", "--range", "3", "--frames", "5")
    assert tcvae("traverse", "run.safetensors", *flags, "-o", arrays)[0] == 0
    stored = safetensors.numpy.load_file(arrays)
    assert stored["frames"].shape == (2, 5, 64, 64)
    assert stored["values"].tolist() == [-3, -1.5, 0, 1.5, 3]
    assert sorted(stored["latents"].tolist()) == [2, 4]
    assert list(stored["kl"]) == sorted(stored["kl"], reverse=True)
    np.testing.assert_array_equal(stored["original"], tiny_rows()[0][5])
    assert tcvae("traverse", "run.safetensors")[1].startswith(b"\x89PNG")
    assert tcvae("traverse", "run.safetensors", "-o", str(tmp_path / "t.gif"))[0] == 0
    assert (tmp_path / "t.gif").read_bytes().startswith(b"GIF89a")


def test_run_remembers_its_data_set_from_beside_it(
    tcvae: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.safetensors").write_bytes(Path("run.safetensors").read_bytes())
    (tmp_path / "tiny.h5").write_bytes(Path("tiny.h5").read_bytes())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tcvae("encode", "../run.safetensors")[0] == 0
    (tmp_path / "tiny.h5").write_bytes(b"\x89HDF\r\n\x1a\n damaged")
    assert tcvae("encode", "../run.safetensors")[0] == 1
