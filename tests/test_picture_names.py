"""What pictures call data sets, settings and points, and where these names stand."""

import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from helpers.result_lines import mig_line, over_beta, parsed, tc_line
from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.labels import Label, label_points
from tcvae_cli.figures.panels import looks
from tcvae_cli.figures.plots.box import SHAPED, box, density_of
from tcvae_cli.figures.plots.circles import circles
from tcvae_cli.figures.plots.curve import curve
from tcvae_cli.figures.plots.trade_off import trade_off
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.results.curves import read_curves
from tcvae_cli.results.data_sets import data_set_in_words
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Table

PART = "rendered; part of sha256:12: every 2 of scale"


@pytest.mark.parametrize(
    ("name", "origin", "rows", "said"),
    [
        ("dsprites", PART, 46_080, "dSprites, 46,080 of 737,280 images"),
        ("dsprites", "rendered", 737_280, "dSprites, 737,280 images"),
        ("photos", PART, 12, "photos, a part of 12 images"),
        ("photos\n", None, 1, "photos\\n, 1 image"),
        ("faces-stand-in", "stand-in for ...", 100, "Stand-in for the Basel faces, 100 images"),
        ("dsprites", PART, None, "dSprites"),
    ],
)
def test_data_sets_are_named_by_their_images(name: str, origin: str | None, rows: int | None, said: str) -> None:
    assert data_set_in_words(name, origin, rows) == said


def test_two_data_sets_of_one_name_keep_what_tells_them_apart() -> None:
    lines = [mig_line("vae", 1, 0, 0.5, rows=10, provenance=f"r; part of {which}") for which in (1, 2)]
    table = Table(parsed(lines))
    assert table.in_words(sorted(table.titles.values())) == ["dsprites (r; part of 1)", "dsprites (r; part of 2)"]
    assert Table(parsed(lines[:1])).in_words(["dsprites (r; part of 1)"]) == ["dSprites, 10 of 737,280 images"]


def test_settings_are_named_by_symbols() -> None:
    own = Setting("beta-tcvae", 6, ("alpha 0", "batch_size 64", "exact (quadrature)"))
    assert own.label == "beta-TCVAE, β = 6, α = 0, batch size 64, exact (quadrature)"
    assert Setting("vae").label == "VAE"


def test_every_objective_has_a_marker_of_its_own() -> None:
    markers = [style["marker"] for style in looks([Setting(name) for name in OBJECTIVES]).values()]
    assert len(set(markers)) == len(OBJECTIVES)


def boxes(figure: Figure) -> list[Any]:
    """Return where the texts inside the only panel of a figure stand, in pixels."""
    figure.draw_without_rendering()
    (panel,) = figure.axes
    return [text.get_window_extent() for text in panel.texts]


@pytest.mark.parametrize("plot", [circles, trade_off])
def test_every_point_is_named_and_no_name_lies_over_another(plot: Any) -> None:
    figure = plot(parsed(over_beta()))
    found = boxes(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == [f"β = {beta}" for beta in (1, 4, 7, 10)] * 2
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))


def test_names_of_a_crowd_cover_no_circle_and_stay_inside() -> None:
    generator = np.random.default_rng(0)
    figure = Figure(figsize=(3.4, 2.5))
    panel = figure.subplots()
    panel.set(xlim=(0, 1), ylim=(0, 1))
    points = [Label(*generator.uniform(0.2, 0.8, 2), f"β = {beta}", "black", 6) for beta in range(10)]
    label_points(panel, points)
    found = boxes(figure)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))
    for point, own in itertools.product(points, found):
        x, y = panel.transData.transform((point.x, point.y))
        assert not (own.x0 < x < own.x1 and own.y0 < y < own.y1)
    assert all(panel.bbox.x0 <= own.x0 and own.x1 <= panel.bbox.x1 for own in found)


def test_few_runs_are_dots_and_a_median_and_more_have_a_shape() -> None:
    few = [mig_line("vae", 1, seed, 0.1 * seed) for seed in range(SHAPED - 1)]
    (panel,) = box(parsed(few)).axes
    (bar,) = panel.get_lines()
    assert list(bar.get_ydata()) == pytest.approx([0.2, 0.2])
    assert len(panel.collections) == 1  # the dots
    more = [*few, mig_line("vae", 1, 9, 0.9)]
    (panel,) = box(parsed(more)).axes
    assert len(panel.collections) == 2
    dots = panel.collections[-1].get_offsets()
    assert sorted(dots[:, 1]) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.9])
    assert len(box(parsed(few[:1])).axes[0].get_lines()) == 0


def test_the_shape_of_two_clusters_has_a_waist() -> None:
    density = density_of([0.1, 0.11, 0.12, 0.13, 0.45, 0.46, 0.47])
    assert density is not None
    low, between, high = density(np.array([0.115, 0.29, 0.46]))
    assert between < 0.05 < 0.5 < high < low <= 1
    assert density_of([0.5] * 9) is None


def test_a_curve_joins_the_lines_of_one_run() -> None:
    curves = read_curves(Table(parsed(over_beta())), "total_correlation", "mig")
    (panel,) = curves.panels.values()
    migs = {line["mig"] for line in over_beta() if line["kind"] == "mig"}
    assert {value for points in panel.values() for values in points.values() for value in values} == migs
    assert not curves.chosen
    (axes,) = curve(parsed(over_beta()), "total_correlation", "mig").axes
    assert {line.get_linestyle() for line in axes.get_lines()} == {"None"}
    own = mig_line("vae", 1, 0, 0.5)
    twice = [own, tc_line(own, 0.1, -1.0), {**tc_line(own, 0.2, -1.0), "seed": 1}]
    with pytest.raises(TcvaeError, match="line 3: measures the run of line 2 again"):
        read_curves(Table(parsed(twice)), "total_correlation", "mig")


def test_the_ticks_of_a_curve_are_the_values_there_are() -> None:
    (axes,) = curve(parsed(over_beta()), "settings.beta", "mig").axes
    assert axes.get_xticks().tolist() == [1, 4, 7, 10]
