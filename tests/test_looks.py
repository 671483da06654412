"""Figures for a paper, a slide and a dark slide: their widths, headings, colours and letters."""

import io
import itertools
import json
import re
from pathlib import Path

import matplotlib.colors
import numpy as np
import pytest
import typer.main
from PIL import Image

from tcvae_cli import figures
from tcvae_cli.cli.plot import app
from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.looks import DARK, PAPER, SLIDE, STYLES, Look

FIVE = 5  # objectives of the paper, which come first
KINDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LINES = [
    {
        "kind": "mig",
        "mig": 0.1 * seed,
        "estimator": "exact",
        "data_set": "dsprites",
        "provenance": "rendered",
        "settings": {"objective": "vae", "beta": 1, "seed": seed},
    }
    for seed in range(3)
]


def drawn(extension: str, own: Look | None = None) -> bytes:
    """Return a box of three runs."""
    return figures.figure_bytes(lambda: figures.box(LINES), extension, own)


def opened(own: Look | None) -> Image.Image:
    """Return the same as an image."""
    return Image.open(io.BytesIO(drawn("png", own)))


def lightness(colour: str) -> float:
    """Return L* of CIELAB, by which print in grey is told apart: 0 is black, 100 white."""
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    light = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * light ** (1 / 3) - 16 if light > 0.008856 else 903.3 * light


@pytest.mark.parametrize("kind", KINDS)
def test_every_plot_takes_the_same_flags(kind: str) -> None:
    flags = {name for parameter in KINDS[kind].params for name in parameter.opts}
    assert {"-o", "--output", "--title", "--width", "--style"} <= flags


@pytest.mark.parametrize(
    ("own", "pixels"),
    [(None, 1020), (figures.look_of(width=7), 2100), (SLIDE, 2000), (figures.look_of("dark", 10), 1500)],
)
def test_a_picture_is_as_wide_as_its_look_says(own: Look | None, pixels: int) -> None:
    picture = opened(own)
    assert picture.width == pytest.approx(pixels, abs=1)
    assert picture.height > 0.4 * picture.width  # nor flat


def test_vectors_are_as_wide_as_their_look_says_and_their_letters_stay_letters() -> None:
    own = figures.look_of("slide", 10, "Three runs")
    page, plain = drawn("pdf", own), drawn("pdf", figures.look_of("slide", 10))
    boxes = [re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", one) for one in (page, plain)]
    (width, height), (_, less) = ([float(size) for size in found.groups()] for found in boxes if found)
    assert width == pytest.approx(720)
    assert height > less + 20  # the heading has room of its own
    assert b"/Type3" not in page
    assert b"DejaVuSans-Bold" in page
    assert b"DejaVuSans-Bold" not in plain
    shown = re.search(rb'width="([\d.]+)pt"', drawn("svg", own))
    assert shown is not None
    assert float(shown[1]) == pytest.approx(720)


def test_a_heading_stands_above_the_same_figure() -> None:
    with_it, without = opened(figures.look_of(title="MIG " * 30)), opened(None)
    assert with_it.height > without.height + 100
    rest = with_it.crop((0, with_it.height - without.height, with_it.width, with_it.height))
    difference = np.abs(np.asarray(rest, int) - np.asarray(without, int)).max(-1)
    assert (difference > 0).mean() < 0.001
    assert np.asarray(with_it.convert("L"))[:100].min() < 50


def test_a_dark_figure_is_dark_all_over_and_what_it_says_is_light() -> None:
    pixels = np.asarray(opened(figures.look_of("dark", title="Three runs")).convert("L"))
    assert np.median(pixels) < 40
    assert pixels[[0, -1]].max() < 40
    assert pixels[:, [0, -1]].max() < 40
    assert (pixels > 200).mean() > 0.005


@pytest.mark.parametrize("own", [PAPER, DARK])
def test_colours_differ_in_grey_and_stand_out(own: Look) -> None:
    ground, *lights = map(lightness, (own.ground, *own.colours))
    assert min(abs(light - ground) for light in lights) > 25
    assert min(abs(one - other) for one, other in itertools.combinations(lights[:FIVE], 2)) > 8
    for said in (own.ink, own.quiet):
        assert abs(lightness(said) - ground) > 60


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("poster",), "style: cannot be 'poster'; choose among paper, slide, dark"),
        (("paper", 0.5), "width: is 0.5 inches, and a figure is 1 to 40 inches wide"),
        (("paper", float("nan")), "width: is nan inches"),
        (("paper", "3in"), "width: is a text; give inches"),
    ],
)
def test_looks_that_there_are_not_are_refused(arguments: tuple[str, ...], fault: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(fault)):
        figures.look_of(*arguments)


def test_the_command_line_draws_what_python_draws(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, LINES)))
    flags = ["box", str(tmp_path / "lines"), "-o", str(tmp_path / "a.svg"), "--style", "dark", "--width", "6"]
    typer.main.get_command(app)([*flags, "--title", "Three runs"], standalone_mode=False)
    assert (tmp_path / "a.svg").read_bytes() == drawn("svg", figures.look_of("dark", 6, "Three runs"))
    assert set(STYLES) == {"paper", "slide", "dark"}
