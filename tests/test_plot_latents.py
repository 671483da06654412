"""`tcvae plot latents`: which latents, panels and titles; same codes, same bytes; what cannot be drawn in one line."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import tcvae_cli
from helpers.tiny import tiny_rows
from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.plots.latents import latents
from tcvae_cli.figures.plots.portrait import Heat, Lines, Portrait
from tcvae_cli.figures.style import figure_bytes
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.headers import CodesHeader, DataHeader
from tcvae_cli.verbs.portraits import portraits

Verb = Callable[..., tuple[int, bytes, str]]


def codes_of(mean: np.ndarray, classes: np.ndarray, names: tuple[str, ...], scored: tuple[str, ...] = ()) -> Codes:
    header = CodesHeader(data=DataHeader(factor_names=names, scored_factors=scored or names))
    stored = mean.astype(np.float32)
    return Codes(stored, np.zeros_like(stored), factor_classes=classes, header=header)


def dsprites_codes(kept: slice = slice(None)) -> tuple[Codes, np.ndarray]:
    """Return codes: z0 tells scale of hearts only, z1 position, z2 hardly anything, z3 orientation; and the classes."""
    classes = tiny_rows()[1][kept]
    _, shape, scale, orientation, x, y = classes.T.astype(float)
    mean = np.stack([scale * (shape == 2), x - y, 0.1 * x, orientation], axis=1)
    names = ("color", "shape", "scale", "orientation", "posX", "posY")
    return codes_of(mean, classes, names, names[2:]), classes


def mean_square(values: np.ndarray, axis: int) -> np.ndarray:
    return np.square(values).mean(axis)


@pytest.mark.parametrize("kept", [slice(None), slice(0, 150), slice(5, None, 3)])
def test_panels_of_dsprites_hold_the_means_of_brute_force_also_where_the_grid_is_not_full(kept: slice) -> None:
    codes, classes = dsprites_codes(kept)
    drawn = portraits([codes])[0]
    variance, squares = (moment(codes.mean.astype(float), axis=0) for moment in (np.var, mean_square))
    for active in (0.01, 0.3):
        found = portraits([codes], active=active)[0]
        used = (variance / (variance + 1) > active).nonzero()[0]
        assert found.latents == tuple(sorted(used, key=lambda latent: -squares[latent]))
        assert found.kl == pytest.approx([squares[latent] / 2 for latent in found.latents])  # of variance 1
        assert found.unused == 4 - len(used)
    position, scale, orientation = drawn.charts
    assert isinstance(position, Heat)
    assert isinstance(scale, Lines)
    assert isinstance(orientation, Lines)
    for x, y in np.ndindex(position.means.shape[:2]):
        rows = (classes[:, 4] == x) & (classes[:, 5] == y)
        np.testing.assert_allclose(position.means[x, y], codes.mean[rows].astype(float).mean(0), atol=1e-9)
    for panel, column in ((scale, 2), (orientation, 3)):
        assert tuple(panel.groups) == ("square", "ellipse", "heart")
        for shape, means in enumerate(panel.groups.values()):
            for level in range(len(means)):
                rows = (classes[:, 1] == shape) & (classes[:, column] == level)
                expected = codes.mean[rows].astype(float).mean(0) if rows.any() else np.full(4, np.nan)
                np.testing.assert_allclose(means[level], expected, atol=1e-9)


def test_other_data_have_a_curve_for_each_factor() -> None:
    classes = np.indices((3, 4)).reshape(2, -1).T
    codes = codes_of(classes * 1.0, classes, ("azimuth", "elevation"))
    azimuth, _ = portraits([codes])[0].charts
    assert isinstance(azimuth, Lines)
    np.testing.assert_allclose(azimuth.groups["all"], [[0, 1.5], [1, 1.5], [2, 1.5]])
    only = portraits([codes], factor=["elevation"])[0]
    assert [chart.factor for chart in only.charts] == ["elevation"]


def test_latents_that_are_asked_for_are_drawn_also_unused_ones() -> None:
    codes = dsprites_codes()[0]
    for asked in (["z2", 0], ["0", "z2", "z0"]):
        drawn = portraits([codes], latent=asked, active=0.3)[0]
        assert (drawn.latents, drawn.unused) == ((0, 2), 0)
    with pytest.raises(ArgumentError, match="there is no latent z4; choose from z0 to z3"):
        portraits([codes], latent="z4")


def test_classes_with_names_are_dots_over_these_names() -> None:
    codes = dsprites_codes()[0]
    drawn = portraits([codes], factor=["shape", "scale"])[0]
    shape, scale = (chart for chart in drawn.charts if isinstance(chart, Lines))
    assert (shape.words, scale.words) == (("square", "ellipse", "heart"), ())
    figure = latents(drawn)
    shapes, scales = figure.axes[-2:]
    assert [text.get_text() for text in shapes.get_xticklabels()] == ["square", "ellipse", "heart"]
    assert [text.get_text() for text in scales.get_xticklabels()] == ["0", "1"]
    assert [axes.get_lines()[-1].get_linestyle() for axes in (shapes, scales)] == ["None", "-"]


def test_charts_of_runs_side_by_side_begin_at_one_height() -> None:
    charts = (Lines("f", {"all": np.zeros((9, 1))}),)
    figure = latents([Portrait(title, (0,), charts) for title in ("a", "a\nb\nc")])
    first, second = (axes.get_position() for axes in figure.axes)
    assert (first.y1, first.x1 < second.x0) == (pytest.approx(second.y1), True)


def test_no_line_hides_those_below_it() -> None:
    figure = latents(Portrait("a", (0,), (Lines("f", {name: np.zeros((9, 1)) for name in "abcd"}),)))
    lines = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 9]
    looks = [(line.get_zorder(), -line.get_linewidth(), -line.get_markersize()) for line in lines]
    assert all(all(first < second for first, second in zip(*pair, strict=True)) for pair in itertools.pairwise(looks))
    assert len({line.get_marker() for line in lines}) == 4


HOSTILE = "_x $\\foo{$ \x1b[31m\n\u202e <b>&amp;" + "W" * 400


@pytest.mark.parametrize(
    ("count", "used", "sizes", "words"),
    [
        (1, 1, (2,), ()),
        (64, 62, (40,), ()),
        (3, 0, (2, 2), ()),
        (2, 2, (40, 41), (HOSTILE,) * 41),
        (9, 9, (1,), ("one",)),
    ],
)
def test_nothing_overlaps_or_leaves_a_figure_of_any_size(
    count: int, used: int, sizes: tuple[int, ...], words: tuple[str, ...]
) -> None:
    charts = [
        Lines(HOSTILE, {HOSTILE: np.full((size, count), 1e-6), "b": np.full((size, count), np.nan)}, words[:size])
        for size in sizes
    ]
    run = Portrait(HOSTILE, tuple(range(used)), tuple(charts), (0.0,) * used, count - used)
    figure = latents([run, run])
    figure.draw_without_rendering()
    panels = [axes.get_tightbbox().extents for axes in figure.axes]
    for one, other in itertools.combinations(panels, 2):
        assert max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3]) > -1
    texts = [text.get_window_extent() for text in figure.texts]
    assert all(box.x0 >= -1 and box.y0 >= -1 for box in texts)
    assert all(box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1 for box in texts)


def test_titles_name_the_scores_of_these_codes_and_no_others(tcvae: Verb, tmp_path: Path) -> None:
    for number, flags in enumerate((["mig"], ["score", "--measure", "sap-r2"])):
        (tmp_path / str(number)).write_bytes(tcvae(*flags, "run_codes.safetensors", "--format", "json")[1])
    record = json.loads((tmp_path / "0").read_text())
    other = {**record, "mig": 0.987, "step": 99}
    (tmp_path / "all").write_text("\n".join([json.dumps(other), *((tmp_path / n).read_text() for n in "01")]))
    title = portraits(["run_codes.safetensors"], scores=str(tmp_path / "all"))[0].title
    in_memory = portraits(["run_codes.safetensors"], scores=[tcvae_cli.mig("run_codes.safetensors")])[0].title
    assert in_memory == title.partition(", sap-r2")[0]
    assert title.startswith("beta-TCVAE, β = ")
    assert f"MIG {record['mig']:.3f}, sap-r2 " in title
    assert "0.987" not in title


@pytest.mark.parametrize("extension", ["png", "pdf", "svg"])
def test_the_same_codes_give_the_same_bytes(extension: str) -> None:
    def make() -> bytes:
        return figure_bytes(lambda: latents([portraits([dsprites_codes()[0]])[0]] * 2), extension)

    assert make() == make()


def test_one_colour_range_for_all_runs() -> None:
    grid = np.linspace(-1, 1, 12).reshape(2, 2, 3)
    lines = Lines("scale", {"square": grid[:, 0]})
    runs = [Portrait("a", (0, 2), (Heat("posX", "posY", grid * k), lines)) for k in (1, 4)]
    figure = latents(runs)
    ranges = {image.get_clim() for axes in figure.findobj(lambda a: hasattr(a, "images")) for image in axes.images}
    assert (-4.0, 4.0) in ranges
    assert len(ranges) == 1


def test_a_run_without_active_latents_is_drawn_and_says_so() -> None:
    classes = tiny_rows()[1]
    names = ("color", "shape", "scale", "orientation", "posX", "posY")
    drawn = portraits([codes_of(np.zeros((192, 3)), classes, names, names[2:])])[0]
    assert drawn.latents == ()
    figure = latents([drawn])
    assert any("no latent is active" in text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_the_verb_takes_factors_from_a_data_set_and_several_codes(tcvae: Verb, tmp_path: Path) -> None:
    bare = tmp_path / "bare.safetensors"
    stored = safetensors.numpy.load_file("run_codes.safetensors")
    safetensors.numpy.save_file({name: stored[name] for name in ("mean", "log_std")}, bare)
    output = tmp_path / "latents.png"
    assert (
        tcvae("plot", "latents", str(bare), "run_codes.safetensors", "--factors", "tiny.h5", "-o", str(output))[0] == 0
    )
    assert Image.open(io.BytesIO(output.read_bytes())).width == 2040  # two across
    with open_data_set("tiny.h5") as data:
        drawn = portraits([str(bare)], factors=data)[0]
    assert drawn.title.endswith("bare.safetensors")


def test_class_numbers_that_no_picture_has_room_for_are_refused(tcvae: Verb, tmp_path: Path) -> None:
    tensors = dict(safetensors.numpy.load_file("codes.safetensors"))
    tensors["factor_classes"] = tensors["factor_classes"].copy()
    tensors["factor_classes"][0, 1] = 10**12
    safetensors.numpy.save_file(tensors, tmp_path / "far")
    status, out, errors = tcvae("plot", "latents", str(tmp_path / "far"))
    assert (status, out) == (1, b"")
    assert "has classes numbered up to 1,000,000,000,000, too many to draw; number" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (["run.safetensors"], 1, "run.safetensors: is a run file, not a codes file"),
        (["run_codes.safetensors", "--factor", "wing"], 2, "there is no factor wing"),
        (["run_codes.safetensors", "--factors", "other.h5"], 1, "other.h5"),
        (["run_codes.safetensors", "-o", "x.bmp"], 2, "cannot draw 'bmp'"),
        (["run_codes.safetensors", "--scores", "tiny.h5"], 1, "is not JSON"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    tcvae: Verb, arguments: list[str], status: int, fault: str
) -> None:
    code, out, errors = tcvae("plot", "latents", *arguments)
    assert (code, out) == (status, b"")
    assert fault in errors
    assert errors.count("\n") == 1


def test_codes_whose_factors_have_a_position_have_a_map_whatever_else_they_have() -> None:
    classes = np.indices((3, 4, 2)).reshape(3, -1).T
    drawn = portraits([codes_of(classes * 1.0, classes, ("posX", "posY", "hue"))])[0]
    position, hue = drawn.charts
    assert isinstance(position, Heat)
    assert isinstance(hue, Lines)
    np.testing.assert_allclose(position.means[2, 3], [2, 3, 0.5])
    np.testing.assert_allclose(hue.groups["shape 0"], [[1, 1.5, 0], [1, 1.5, 1]])
    plain = portraits([codes_of(classes * 1.0, classes, ("posX", "posY", "hue"))], factor=["posX", "posY"])[0]
    assert all(isinstance(chart, Lines) for chart in plain.charts)
