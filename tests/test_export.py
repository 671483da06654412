"""`tcvae export`: files that other programs read without this package, and that give what the run gives."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from helpers.pages import ROOT, commands_of
from helpers.warm import Server
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.headers import DataHeader, RunHeader
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.models.plain_layers import Decoder, Encoder, plain_networks
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.checkpoint import weights_of
from tcvae_cli.training.state import build_model
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.export import export_run
from tcvae_cli.verbs.inputs import run_in

Verb = Callable[..., tuple[int, bytes, str]]
CPU = torch.device("cpu")
ONNX = pytest.mark.skipif(
    not all(map(find_spec, ("onnx", "onnxscript", "onnxruntime"))), reason="needs the packages of the extra onnx"
)


def untrained(objective: str = "vae", colours: int = 1, precision: str = "float32", **settings: Any) -> Run:
    """Return a run of small images whose weights, and moments of batch norm, are drawn by a seed."""
    shape = (32, 32, 3)[: 2 if colours == 1 else 3]
    data = DataHeader("somebody/none.h5", "d" * 64, "squares", 100, shape, "grey" if colours == 1 else "rgb")
    all_settings = Settings(objective=objective, beta=1.0, latents=3, steps=1, precision=precision, **settings)
    model = build_model(all_settings, (colours, 32, 32))
    generator = torch.Generator().manual_seed(0)
    for name, buffer in model.named_buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand(buffer.shape, generator=generator) + (name.endswith("var")) * 0.5)
    header = RunHeader(all_settings.header(), data, 1)
    return Run.from_stored(StoredRun("untrained.safetensors", header, weights_of(model)), CPU)


KINDS = [
    {"architecture": "mlp", "prior": "flow"},
    {"architecture": "mlp", "colours": 3, "prior": "laplace", "posterior": "laplace"},
    {"architecture": "conv", "colours": 3, "likelihood": "gaussian"},
    {"objective": "infogan", "architecture": "conv"},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_the_plain_networks_are_the_runs(kind: dict[str, Any]) -> None:
    run = untrained(**kind)
    encoder, decoder = plain_networks(run.model)
    layers = [*encoder.modules(), *decoder.modules()]
    assert {type(layer).__module__.split(".")[0] for layer in layers} == {"torch"}
    assert not any(isinstance(layer, torch.nn.Identity) for layer in layers)
    generator = torch.Generator().manual_seed(1)
    colours = run.image_shape[2] if len(run.image_shape) == 3 else 1
    images = torch.rand(4, colours, 32, 32, generator=generator)
    z = torch.randn(4, 3, generator=generator)
    with torch.no_grad():
        for found, wanted in zip(Encoder(encoder)(images), run.model.posterior(images), strict=True):
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
        torch.testing.assert_close(Decoder(decoder)(z)[0], torch.sigmoid(run.model.logits(z)), atol=1e-5, rtol=0)


def given(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return seven images as a run takes them, and as files take them."""
    images = np.random.default_rng(2).random((7, *run.image_shape), np.float32)
    return images, images.reshape(7, *run.image_shape[:2], -1).transpose(0, 3, 1, 2)


@ONNX
def test_onnx_is_the_run_in_onnxruntime() -> None:
    import onnx
    import onnxruntime

    run = untrained(**KINDS[2])
    images, channels_first = given(run)
    exported = export_run(run, ".onnx")
    session = onnxruntime.InferenceSession(exported.content)
    mean, log_std, reconstruction = session.run(None, {"images": channels_first})
    wanted = run.posterior(images)
    np.testing.assert_allclose(mean, wanted.mean, atol=1e-4)
    np.testing.assert_allclose(log_std, wanted.log_std, atol=1e-4)
    np.testing.assert_allclose(reconstruction.transpose(0, 2, 3, 1), run.decode(wanted.mean), atol=1e-4)
    assert [one.shape for one in session.get_inputs()] == [["batch", 3, 32, 32]]
    assert json.loads(session.get_modelmeta().custom_metadata_map["tcvae"])["settings"] == run.header.settings
    model = onnx.load_from_string(exported.content)
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node} == {
        "Conv",
        "ConvTranspose",
        "Relu",
        "Reshape",
        "Sigmoid",
        "Split",
    }
    assert exported.differences.keys() == {"mean", "log_std", "reconstruction"}
    assert max(exported.differences.values()) < 1e-4


@pytest.mark.parametrize("extension", [pytest.param(".onnx", marks=ONNX), ".pt2", ".npz"])
def test_the_same_run_gives_the_same_bytes_anywhere(
    extension: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, part = untrained(**KINDS[3]), "both" if extension == ".npz" else "decoder"
    first = export_run(run, extension, part=part).content
    monkeypatch.chdir(tmp_path)
    assert export_run(run, extension, part=part).content == first
    folders = ["somebody", *(str(Path(place).parent) for place in (__file__, torch.__path__[0], sys.prefix))]
    letters = first.replace(b"\0", b"")  # NumPy's text has four bytes for each
    assert b"none.h5" in letters
    assert not [folder for folder in folders if folder.encode() in letters]


def test_an_exported_program_is_the_run_without_a_pickle() -> None:
    run = untrained(**KINDS[1])
    images, channels_first = given(run)
    content = export_run(run, ".pt2", part="encoder").content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert not [one.filename for one in archive.infolist() if one.filename.endswith(".pt") and one.file_size]
        (weights,) = (archive.read(name) for name in archive.namelist() if name.endswith("weights_config.json"))
    assert {one["use_pickle"] for one in json.loads(weights)["config"].values()} == {False}
    told = {"tcvae": ""}
    mean, log_std = torch.export.load(BytesIO(content), extra_files=told).module()(torch.from_numpy(channels_first))
    wanted = run.posterior(images)
    np.testing.assert_allclose(mean, wanted.mean, atol=1e-4)
    np.testing.assert_allclose(log_std, wanted.log_std, atol=1e-4)
    assert json.loads(told["tcvae"])["settings"] == run.header.settings


ALONE = """
numbers = {name: weights[name] for name in weights if name != "tcvae"}
weights = numbers
DECODE
np.savez("found.npz", walk=walk, mean=mean, of_numpy=encode(walk[:, 0])[0], decoded=decode(z))
import sys
assert not {name for name in sys.modules if name.startswith("tcvae_cli")}
"""


@ONNX
def test_the_page_does_what_it_says_without_this_package(workshop: Path, warm: Server, tmp_path: Path) -> None:
    """And what is printed is one line of ours, and none of the exporters'."""
    for name in ("run.safetensors", "tiny.h5"):
        (tmp_path / name).symlink_to(workshop / name)
    environment = {**os.environ, "PATH": f"{warm.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    said = []
    for command in commands_of("docs/export.md"):
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
        )
        assert (done.returncode, done.stdout) == (0, "")
        said.append(done.stderr)
    assert [line.count("\n") for line in said] == [1, 1, 1, 0]
    assert said[0].startswith(
        "decoder.onnx: takes z, and agrees with the run on 100 codes drawn from the prior: images"
    )
    assert said[1].startswith(
        "model.pt2: takes images, and agrees with the run on 100 images of tiny-dsprites: mean to"
    )
    assert (tmp_path / "card.md").read_text().startswith("---\n")
    decode = re.findall(r"```python\n(.*?)```", (ROOT / "docs/networks.md").read_text(), re.S)[1]
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs/export.md").read_text(), re.S))
    done = subprocess.run(
        [sys.executable, "-c", code + ALONE.replace("DECODE", decode.partition("images = decode(")[0])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found, run = np.load(tmp_path / "found.npz"), run_in(str(workshop / "run.safetensors"), "cpu")
    z = np.zeros((5, 10), np.float32)
    z[:, 0] = np.linspace(-2, 2, 5)
    np.testing.assert_allclose(found["walk"][:, 0], run.decode(z), atol=1e-4)
    np.testing.assert_allclose(found["decoded"], run.decode(z), atol=1e-4)
    wanted = run.posterior(found["walk"][:, 0]).mean
    np.testing.assert_allclose(found["mean"], wanted, atol=1e-4)
    np.testing.assert_allclose(found["of_numpy"], wanted, atol=1e-4)


def test_a_file_that_disagrees_is_not_given_out() -> None:
    run = untrained(architecture="mlp")
    with torch.no_grad():
        run.model.get_parameter("encoder.5.bias").add_(1e-3)  # not in the weights that are written
    with pytest.raises(TcvaeError, match=r"its mean in \.npz differs by 0\.001 on 100 images of noise"):
        export_run(run, ".npz")
    with torch.no_grad():
        run.model.get_parameter("encoder.5.bias").fill_(float("nan"))
    with pytest.raises(TcvaeError, match=r"its mean in \.npz differs by nan"):
        export_run(run, ".npz")


def test_a_run_in_bfloat16_is_told_how_far_its_means_are_rounded() -> None:
    notes: list[str] = []
    export_run(untrained(architecture="mlp", precision="bfloat16"), ".npz", note=notes.append)
    (note,) = notes
    said = "the run encodes in bfloat16, the file in float32: on these 100 images, mean differs by up to "
    assert re.fullmatch(re.escape(said) + r"0\.0\d+ and log_std by up to 0\.0\d+", note)


@pytest.mark.parametrize(
    ("extension", "part", "argument"),
    [(".pickle", "both", "output"), (".npz", "encoder", "part"), (".pt2", "x", "part")],
)
def test_what_is_not_exported_is_refused(extension: str, part: str, argument: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        export_run("no file", extension, part=part)
    assert refused.value.where == argument


def test_without_the_extra_the_cure_is_named(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    status, output, errors = tcvae("export", "run.safetensors", "-o", "model.onnx")
    assert (status, output, errors.count("\n")) == (1, b"", 1)
    assert "pip install 'tcvae[onnx]'" in errors
    assert not Path("model.onnx").exists()
