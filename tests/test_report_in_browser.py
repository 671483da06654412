"""The page of `report` in headless Chromium: its decoders, keyboard, tables; skipped where there is no Chromium."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tcvae_cli
from helpers.browser import CHROMIUM, Browser, browser
from tcvae_cli.verbs.decoding import walk_latents
from tcvae_cli.verbs.inputs import run_in

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
Verb = Callable[..., tuple[int, bytes, str]]

SEE = """(async number => {
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const canvas = document.querySelectorAll("canvas")[number];
  return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
})"""
MOVE = """((number, values) => {
  const sliders = document.querySelectorAll("article")[number].querySelectorAll("input[type=range]");
  for (const slider of sliders) if (slider.dataset.latent in values) {
    slider.value = values[slider.dataset.latent];
    slider.dispatchEvent(new Event("input", {bubbles: true}));
  }
})"""

WAIT_FOR = "new Promise(done => {{ const look = () => {} ? done() : setTimeout(look, 20); look(); }})"
PIXELS = """(async picture => {
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  return {latent: picture.dataset.walk, pixels: [...pen.getImageData(0, 0, canvas.width, canvas.height).data]};
})"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    """Return one browser for all."""
    with browser() as one:
        yield one


def seen(tab: Browser, number: int, side: int) -> np.ndarray:
    """Return the image of a decoder as the page shows it (height, width, 3)."""
    found = np.array(tab.run(f"{SEE}({number})")).reshape(side, side, 4)
    assert (found[..., 3] == 255).all()
    return found[..., :3]


def test_sliders_images_and_tables_do_what_they_say(tab: Browser, tcvae: Verb, workshop: Path, tmp_path: Path) -> None:
    common: dict[str, Any] = {"batch_size": 64, "device": "cpu", "architecture": "conv", "steps": 4}
    tcvae_cli.train("small.h5", prior="flow", output="flow.safetensors", **common)
    runs = [run_in(name, "cpu") for name in ("run.safetensors", "flow.safetensors")]
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for steps in runs[1].model.prior.parameters():  # so few steps leave the flow all but straight
            steps.normal_(0, 0.5, generator=generator)
    page = tmp_path / "page.html"
    page.write_bytes(tcvae_cli.report(runs, image=[5, 100], live=True))
    tab.open(page)
    assert tab.said == []
    for number, (run, side) in enumerate(zip(runs, (64, 32), strict=True)):
        base = np.linspace(-1.5, 1.5, 10).round(2)
        tab.run(f"{MOVE}({number}, {json.dumps(dict(enumerate(base.tolist())))})")
        steps = np.round(base / 0.05) * 0.05  # sliders have steps
        code = run.model.prior.from_base(torch.tensor(steps[None], dtype=torch.float32))
        wanted = 255 * np.asarray(run.decode(code.numpy()))[0]
        error = np.abs(seen(tab, number, side) - wanted[..., None])
        assert error.max() <= 6
        assert error.mean() <= 0.6

        tab.run(f"document.querySelectorAll('article')[{number}].querySelectorAll('[data-image]')[1].click()")
        with tcvae_cli.open_data_set("tiny.h5" if number == 0 else "small.h5") as data:
            mean = run.posterior(data.rows([100])).mean
        assert np.abs(seen(tab, number, side) - 255 * np.asarray(run.decode(mean))[0][..., None]).max() <= 6

    # Walks from that image: the same latents walk, the others are its own.
    tab.run("document.querySelector('.from-here').click()")
    tab.run(WAIT_FOR.format("document.querySelector('.walked').textContent === 'as in image 100'"))
    with tcvae_cli.open_data_set("tiny.h5") as data:
        start = torch.as_tensor(runs[0].posterior(data.rows([100])).mean)[0]
    row = tab.run(f"{PIXELS}(document.querySelector('[data-walk]'))")
    walked = walk_latents(runs[0], start, [int(row["latent"])], torch.linspace(-2, 2, 11))[0]
    drawn = np.array(row["pixels"]).reshape(64, -1, 4)[..., 0]
    for place, image in enumerate(walked):
        assert np.abs(drawn[:, 66 * place : 66 * place + 64] - 255 * image).max() <= 6

    # The keyboard alone: a slider by its arrows, the table by its heads.
    tab.run("document.querySelector('input[type=range]').focus()")
    before = tab.run("document.querySelector('input[type=range]').valueAsNumber")
    press(tab, "ArrowRight")
    assert tab.run("document.querySelector('input[type=range]').valueAsNumber") == pytest.approx(before + 0.05)
    tab.run("document.querySelectorAll('.sortable button')[1].focus()")
    for rising in (False, True):
        press(tab, "Enter")
        order = tab.run(
            "[...document.querySelectorAll('.sortable tbody tr')].map(r => Number(r.cells[1].dataset.value))"
        )
        assert order == sorted(order, reverse=not rising)
    assert tab.said == []


def press(tab: Browser, key: str) -> None:
    """Press a key."""
    codes = {"Enter": 13, "ArrowRight": 39}
    text = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key], **text)
        text = {}


def test_without_a_decoder_a_slider_shows_the_walk(tab: Browser, tcvae: Verb, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(tcvae_cli.report("run.safetensors", live=False))
    tab.open(page, width=390)
    assert not tab.run("document.querySelector('.original').checkVisibility()")  # of the middle of the prior
    tab.run(f"{MOVE}(0, {{3: 1.1}})")
    tab.run("document.querySelector('[data-walk]').decode()")
    walk = tcvae_cli.walk("run.safetensors", latent=[3], frames=11)
    np.testing.assert_allclose(seen(tab, 0, 64)[..., 0], 255 * walk.frames[0, 8], atol=1)
    assert tab.run("document.documentElement.scrollWidth") <= 390  # nothing makes the whole page scroll sideways
    assert tab.said == []
