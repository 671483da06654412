"""`report`: one page of runs; what its decoders draw is tried in a browser by test_report_in_browser.py."""

import base64
import json
import re
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import tcvae_cli
from tcvae_cli.figures.pages.document import document, embedded
from tcvae_cli.figures.pages.report import report_page
from tcvae_cli.figures.pages.reported import Gallery, Reported
from tcvae_cli.figures.pages.weights import EXACT, LEVELS, Layer, packed
from tcvae_cli.figures.plots.portrait import Heat, Lines, Portrait
from tcvae_cli.files.runs import read_run, write_run
from tcvae_cli.models.infogan import build_infogan
from tcvae_cli.models.vae import build_vae
from tcvae_cli.results.setting import Setting
from tcvae_cli.verbs.decoder_layers import decoder_layers

Verb = Callable[..., tuple[int, bytes, str]]
HOSTILE = "</script><script>alert(1)</script>'\" onload=alert(2) \u2028 <!-- \x1b[31m"


def through(layers: list[Layer], code: torch.Tensor) -> torch.Tensor:
    """Return the logits (channel, height, width) of a code by torch's own transposed convolution."""
    found = code.view(1, -1, 1, 1)
    for layer in layers:
        found = found.permute(0, 2, 3, 1).reshape(1, layer.side, layer.side, -1).permute(0, 3, 1, 2)
        kernel = layer.weights.reshape(layer.kernel, layer.kernel, len(layer.bias), -1).transpose(3, 2, 0, 1)
        weights, bias = torch.from_numpy(kernel.copy()), torch.from_numpy(layer.bias.copy())
        found = F.conv_transpose2d(found, weights, bias, layer.stride, layer.padding)
        found = {"": torch.Tensor.contiguous, "tanh": torch.tanh, "relu": F.relu}[layer.activation](found)
    return found.permute(0, 2, 3, 1).flatten()


MODELS = {
    "mlp": lambda: build_vae("mlp", 3, (1, 32, 32), 0),
    "mlp in colour": lambda: build_vae("mlp", 3, (3, 32, 32), 0),
    "burgess": lambda: build_vae("burgess", 3, (1, 64, 64), 0),
    "locatello": lambda: build_vae("locatello", 3, (3, 64, 64), 0),
    "conv": lambda: build_vae("conv", 3, (3, 64, 64), 0),
    "infogan": lambda: build_infogan(3, (1, 32, 32), 0),
}


@pytest.mark.parametrize("name", MODELS)
def test_layers_draw_what_the_decoder_draws(name: str) -> None:
    model, generator = MODELS[name](), torch.Generator().manual_seed(0)
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(generator=generator)
            part.running_var.uniform_(0.5, 2, generator=generator)
    layers = decoder_layers(model.eval(), 3)
    assert layers is not None
    code = torch.randn(3, generator=generator)
    with torch.inference_mode():
        wanted = model.logits(code[None])[0].permute(1, 2, 0).flatten()
        torch.testing.assert_close(through(layers, code), wanted, atol=1e-4, rtol=1e-4)


def test_a_decoder_of_other_parts_is_left_to_pictures() -> None:
    model = build_vae("mlp", 3, (1, 32, 32), 0)
    model.decoder.append(torch.nn.GELU())
    assert decoder_layers(model, 3) is None


def test_packed_weights_are_the_layers_to_half_a_step_and_small() -> None:
    generator = np.random.default_rng(0)
    exact = Layer(generator.normal(size=(8, 3)).astype(np.float32), np.arange(8, dtype=np.float32))
    rough = Layer(generator.uniform(-2, 2, (300, 800)).astype(np.float32), np.ones(300, np.float32))
    assert exact.is_exact
    assert not rough.is_exact
    assert rough.weights.size > EXACT
    text = packed([exact, rough])
    content = zlib.decompress(base64.b64decode(text))
    floats = np.frombuffer(content[: 4 * (8 + 24 + 300 + 300)], "<f4")
    np.testing.assert_array_equal(floats[8:32].reshape(8, 3), exact.weights)
    np.testing.assert_array_equal(floats[32:332], rough.bias)
    scale, whole = floats[332:], np.frombuffer(content[4 * len(floats) :], np.int8).reshape(300, 800)
    assert abs(whole).max() == LEVELS
    assert np.all(abs(whole * scale[:, None] - rough.weights) <= 0.51 * scale[:, None])
    paper = 10 * 1200 + 2 * 1200 * 1200 + 1200 * 4096
    assert len(text) / rough.weights.size * paper < 9.8e6  # uniform weights, as before training, are the largest


class Page(HTMLParser):
    """The tags of a page with their attributes, and what stands in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and self.cdata_elem == "script":
            self.scripts.append(data)
        else:
            self.text += data


def made_up(**other: Any) -> Reported:
    """Return a run of 3 latents and 2 factors, all of whose names are hostile."""
    generator = np.random.default_rng(0)
    gap = {
        "mig": 0.25,
        "factors": [HOSTILE, "size"],
        "gap_per_factor": [0.3, 0.2],
        "mutual_information": [[0.1, 0.9, 0.0], [0.5, 0.0, 0.02]],
        "factor_entropy": [1.0, 1.1],
    }
    groups = {HOSTILE: generator.normal(size=(4, 3)), "other": np.full((4, 3), np.nan)}
    charts = (
        Heat(HOSTILE, "x", generator.normal(size=(3, 5, 3))),
        Lines(HOSTILE, groups),
        Lines(HOSTILE, groups, (HOSTILE, "b", "c", "d")),
    )
    whole = Reported(
        title=HOSTILE,
        setting=Setting("beta-tcvae", 6),
        about=HOSTILE,
        facts=[(HOSTILE, HOSTILE)],
        order=(1, 0, 2),
        kl=(1.0, 2.0, 0.0),
        active=(0, 1),
        family="normal",
        flow=None,
        values=(-2.0, 0.0, 2.0),
        walks=generator.random((3, 3, 8, 8)),
        layers=[Layer(np.ones((64, 3), np.float32), np.zeros(64, np.float32))],
        gallery=Gallery((4,), generator.random((1, 8, 8)), generator.random((1, 8, 8)), generator.normal(size=(1, 3))),
        terms={"elbo": -20.0, "log_likelihood": -17.0, "analytic_kl": 3.0, "index_code_mi": 2.5, "rows": 12}
        | {"total_correlation": 0.2, "dimension_wise_kl": 0.3},
        gap=gap,
        scores=[(HOSTILE, 0.5)],
        portrait=Portrait("", (0, 1), charts),
        curves={HOSTILE: [(0, 1.0), (10, 2.0)]},
        missing=[HOSTILE],
        basis=HOSTILE,
    )
    return replace(whole, **other)


@pytest.mark.parametrize("count", [1, 2])
def test_hostile_names_are_text_and_nothing_leaves_the_page(count: int) -> None:
    text = report_page([made_up()] * count)
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in {"iframe", "object", "embed", "base", "form", "link", "a"} or (
            tag == "a" and str(attributes["href"]).startswith("#run-")
        )
        assert not any(name.startswith("on") for name in attributes)
        assert str(attributes.get("src", "data:")).startswith("data:image/png;base64,") or "src" not in attributes
    kinds = [attributes.get("type") for tag, attributes in page.tags if tag == "script"]
    assert kinds == ["application/json", "text/plain"] * count + [None]
    loaded = re.findall(r"url\(.{12}", text)  # the script makes one of a picture that is in the page
    assert set(loaded) == {"url(data:image/p", 'url("${button.qu'}
    assert "@import" not in text
    assert "alert(1)" in page.text
    assert "\x1b" not in text
    (policy,) = (attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert re.search(r"script-src 'sha256-[\w+/]+='$", policy)


def test_the_files_of_the_pages_are_in_the_package() -> None:
    root = Path(tcvae_cli.__file__).parent
    patterns = tomllib.loads((root.parent / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    packed_files = {path for pattern in patterns["tcvae_cli"] for path in root.glob(pattern)}
    assert packed_files >= {path for path in (root / "figures/pages").iterdir() if path.suffix in (".css", ".js")}


def test_json_in_a_script_stays_in_it() -> None:
    text = embedded({"name": HOSTILE})
    assert not set("<>&\u2028") & (set(text) - {">"})
    assert json.loads(text) == {"name": HOSTILE}


def test_a_page_without_a_script_allows_none() -> None:
    page = document("T <b>", "<main></main>", "p { color: red }")
    assert "script-src" not in page
    assert "<title>T &lt;b&gt;</title>" in page


def test_what_is_large_is_cut_and_says_so() -> None:
    latents, factors = 64, 900
    gap = {
        "mig": 0.0,
        "factors": [f"factor {k}" for k in range(factors)],
        "gap_per_factor": [0.0] * factors,
        "mutual_information": [[0.1] * latents] * factors,
        "factor_entropy": [1.0] * factors,
    }
    charts = tuple(Lines(f"factor {k}", {"all": np.zeros((5000, latents))}) for k in range(factors))
    every = tuple(range(latents))
    about = {"order": every, "active": every, "kl": (0.1,) * latents, "walks": np.zeros((latents, 3, 4, 4))}
    text = report_page([made_up(gap=gap, portrait=Portrait("", every, charts), layers=None, gallery=None, **about)])
    assert "of 900 factors" in text
    assert "more factors are left out" in text
    assert len(text) < 3e6


@pytest.fixture
def small(tcvae: Verb, workshop: Path) -> str:
    """Return a small convolutional run with a flow prior, and a log beside it."""
    if not (workshop / "small.safetensors").exists():
        tcvae_cli.train(
            "small.h5",
            architecture="conv",
            prior="flow",
            steps=6,
            batch_size=64,
            device="cpu",
            report_every=2,
            log="small.jsonl",
            output="small.safetensors",
        )
    return "small.safetensors"


def test_the_page_of_a_run_has_all_parts_and_the_same_bytes(small: str, tcvae: Verb, tmp_path: Path) -> None:
    status, _, errors = tcvae("report", small, "-o", str(tmp_path / "page.html"))
    assert (status, errors) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert tcvae_cli.report(small) == page.encode()
    for part in ("MIG", "What each latent does", "Where the bound goes", "Latents against factors", "Training"):
        assert part in page
    assert f"{tcvae_cli.mig(tcvae_cli.encode(small)).mig:.3f}" in page
    assert str(Path.cwd()) not in page
    log = Path("small.jsonl").read_text()
    Path("small.jsonl").write_text(log.replace('"step":6', '"step":7'))  # of another training
    other = tcvae_cli.report(small)
    Path("small.jsonl").write_text(log)
    assert b"<h2>Training</h2>" not in other
    assert len(re.findall("type=range id=", page)) == 10


def test_runs_of_the_same_name_are_told_apart(small: str, tmp_path: Path) -> None:
    names = [tmp_path / "a&b.safetensors", tmp_path / "c" / "second.safetensors", tmp_path / "d" / "second.safetensors"]
    for name in names:
        name.parent.mkdir(exist_ok=True)
        name.write_bytes(Path(small).read_bytes())
    page = tcvae_cli.report(names[:2], live=False).decode()
    for known in ("a&amp;b.safetensors", "second.safetensors"):
        assert page.count(f"seed 0 · {known}<") == 2
    page = tcvae_cli.report(names[1:], live=False).decode()
    for known in ("1 of 2", "2 of 2"):
        assert page.count(f"seed 0 · {known}<") == 2


def test_what_is_missing_is_said_in_the_page_and_in_a_note(small: str, tcvae: Verb, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "run.safetensors"
    alone.parent.mkdir()
    alone.write_bytes(Path(small).read_bytes())
    home = Path.cwd()
    (home / "small.h5").rename(home / "away.h5")
    try:
        status, page, errors = tcvae("report", str(alone))
    finally:
        (home / "away.h5").rename(home / "small.h5")
    assert status == 0
    assert errors.count("\n") == 1
    assert "its data set is not here" in errors
    assert "name it with --data" in errors
    assert b"and it is not measured</p>" in page  # a page has no flags
    assert b"data-image=0" not in page
    assert str(tmp_path).encode() not in page


def test_checkpoints_data_without_labels_and_infogans_have_pages(small: str, tcvae: Verb, tmp_path: Path) -> None:
    run = read_run(small)
    write_run(str(tmp_path / "kept"), replace(run.header, final=None), run.tensors)
    assert b"MIG" in tcvae_cli.report(tmp_path / "kept", live=False)
    gan = tcvae_cli.train("small.h5", "infogan", architecture="conv", steps=1, batch_size=8, device="cpu")
    page = tcvae_cli.report(gan)
    assert b"ELBO" not in page
    status, page, errors = tcvae("report", "run.safetensors", "--data", "unlabelled.h5", "--image", "3", "--walks")
    assert status == 0
    assert "no labels" in errors
    assert b"no labels" in page
    assert b"image 3" in page
    assert b"class=weights" not in page


def test_a_run_whose_codes_are_not_finite_is_refused(small: str, tcvae: Verb, tmp_path: Path) -> None:
    run = read_run(small)
    weights = {name for name, array in run.tensors.items() if name.startswith("encoder") and array.ndim > 1}
    grown = {name: np.float32(1e20) * array if name in weights else array for name, array in run.tensors.items()}
    write_run(str(tmp_path / "grown"), run.header, grown)
    status, _, errors = tcvae("report", str(tmp_path / "grown"))
    assert (status, errors) == (1, f"tcvae: {tmp_path}/grown: gives codes that are not finite; train it again\n")


REFUSED = {
    "run.safetensors run.safetensors": "RUN: name run.safetensors twice; name each run once",
    "run.safetensors ./run.safetensors": "RUN: name ./run.safetensors twice; name each run once",
    "tiny.h5": "tiny.h5: is",
    "run.safetensors --image 500": "--image: there is no image 500; choose from 0 to 191",
    "run.safetensors -o page.png": "--output: is page.png; end the name in .html",
    "run.safetensors --data small.h5": "small.h5: its images are 32 x 32, the run takes 64 x 64",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_cannot_be_done_is_one_line(tcvae: Verb, arguments: str) -> None:
    status, page, errors = tcvae("report", *arguments.split())
    assert status in (1, 2)
    assert page == b""
    assert errors.startswith(f"tcvae: {REFUSED[arguments]}")
    assert errors.count("\n") == 1


def test_the_commands_of_the_page_about_reports_run(small: str, tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[1] / "docs/report.md").read_text()
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert commands
    Path("desk").mkdir()
    Path("desk/small.h5").symlink_to(Path("small.h5").resolve())
    for name in ("run", "other"):
        Path(f"desk/{name}.safetensors").write_bytes(Path(small).read_bytes())
    monkeypatch.chdir("desk")
    for command in commands:
        words, _, file = command.partition(" >")
        status, output, _ = tcvae(*words.split()[1:])
        assert status == 0
        if file:
            Path(file).write_bytes(output)
