"""Figures of result lines: the same lines in any order give the same bytes; what is drawn is what was measured."""

import functools
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from helpers.result_lines import mig_line, over_beta, parsed, tc_line
from tcvae_cli.biases import BIASES, weights
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.figures.looks import PAPER
from tcvae_cli.figures.panels import looks
from tcvae_cli.figures.plots.bias import bias
from tcvae_cli.figures.plots.box import box
from tcvae_cli.figures.plots.circles import circles, legend_entry
from tcvae_cli.figures.plots.curve import curve
from tcvae_cli.figures.plots.information import information
from tcvae_cli.figures.plots.trade_off import trade_off
from tcvae_cli.figures.style import figure_bytes
from tcvae_cli.results.by_bias import scores_by_bias
from tcvae_cli.results.clusters import two_clusters
from tcvae_cli.results.curves import read_curves
from tcvae_cli.results.data_sets import short_titles
from tcvae_cli.results.estimates import SURE
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.statistics import summarise
from tcvae_cli.results.table import Table

Verb = Callable[..., Any]


def biased(kinds: str = "ABCD", **changes: Any) -> list[dict[str, Any]]:
    return [
        mig_line(
            objective, beta, seed, 0.1 * beta + 0.01 * seed, bias=[kind, "x", "y"], provenance=f"p; {kind}", **changes
        )
        for kind in kinds
        for objective, beta in (("beta-vae", 4), ("beta-tcvae", 6))
        for seed in range(3)
    ]


def sampled() -> list[dict[str, Any]]:
    lines = [
        mig_line("vae", 1, 0, 0.3 + seed / count, samples=count, seed=seed, estimator="monte-carlo")
        for count in (100, 1000, 10_000)
        for seed in range(3)
    ]
    return [*lines, mig_line("vae", 1, 0, 0.31)]


DRAWN = {
    "trade-off": (over_beta(), trade_off),
    "circles": (over_beta(), circles),
    "bias": (biased(), bias),
    "curve": (sampled(), lambda results: curve(results, "samples", "mig")),
}


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("extension", ["png", "pdf", "svg"])
def test_same_results_in_any_order_give_the_same_bytes(kind: str, extension: str) -> None:
    lines, figure = DRAWN[kind]
    first = figure_bytes(lambda: figure(parsed(lines)), extension)
    assert figure_bytes(lambda: figure(parsed(random.Random(1).sample(lines, len(lines)))), extension) == first
    assert b"Date" not in first
    assert figure_bytes(lambda: figure(parsed(lines[:-2])), extension) != first


def width_of(png: bytes) -> int:
    return Image.open(io.BytesIO(png)).width


FLAGS = {"curve": ("--x", "samples", "--y", "mig"), "trade-off": ("--x", "total_correlation", "--y", "elbo")}


@pytest.mark.parametrize("kind", DRAWN)
def test_every_kind_is_a_command(kind: str, tcvae: Verb, tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, DRAWN[kind][0])).encode()
    status, _, errors = tcvae("plot", kind, *FLAGS.get(kind, ()), "-o", str(tmp_path / "f.png"), stdin=lines)
    assert (status, errors) == (0, "")
    assert 1000 < width_of((tmp_path / "f.png").read_bytes()) < 1200  # a column
    help_text = tcvae("plot", kind, "--help")[1].decode()
    assert help_text.count(f"tcvae plot {kind} ") >= 2


def test_a_panel_a_data_set() -> None:
    lines = [*over_beta(), *over_beta(data_set="faces", data_digest="sha256:2")]
    for figure in (DRAWN["trade-off"][1], DRAWN["circles"][1]):
        assert width_of(figure_bytes(functools.partial(figure, parsed(lines)), "png")) == 1950


def test_the_mean_and_its_interval_are_where_they_should_be() -> None:
    figure = trade_off(parsed(over_beta()))
    (panel,) = figure.axes
    _, ours = panel.get_lines()
    assert ours.get_xdata().tolist() == [-101, -104, -107, -110]
    noise = 0.004 * (0 + 1 + 2 + 3 + 4) / 5
    assert ours.get_ydata() == pytest.approx([0.3 + 0.01 * beta + noise for beta in (1, 4, 7, 10)])
    assert [text.get_text() for text in panel.texts] == ["β = 1", "β = 4", "β = 7", "β = 10"] * 2
    *_, strokes, band = panel.collections  # of ours, the means in the middle of them
    assert len(strokes.get_segments()) == 4
    band = band.get_paths()[0].vertices[:, 1]
    assert band.min() < ours.get_ydata().min() < ours.get_ydata().max() < band.max() < 0.42


def test_a_trade_off_of_other_numbers_has_a_panel_for_each() -> None:
    figure = trade_off(parsed(over_beta()), "total_correlation", ["elbo", "mig"])
    first, second = figure.axes
    assert [first.get_ylabel(), second.get_ylabel()] == ["ELBO (nats)", "MIG, exact (quadrature)"]
    assert {panel.get_xlabel() for panel in figure.axes} == {"total correlation (nats)"}
    plain, _ = first.get_lines()
    assert plain.get_xdata() == pytest.approx([2 - 0.15 * beta for beta in (1, 4, 7, 10)])
    assert plain.get_ydata() == pytest.approx([-101, -104, -107, -110])
    unknown = [{**one, "elbo": None} for one in over_beta(data_set="faces", data_digest="sha256:2") if "elbo" in one]
    migs = [one for one in over_beta(data_set="faces", data_digest="sha256:2") if one["kind"] == "mig"]
    lines = parsed([*over_beta(), *migs, *unknown])
    figure = trade_off(lines, "total_correlation", ["elbo", "mig"], note=lambda told: None)
    assert [bool(panel.get_ylabel()) for panel in figure.axes] == [True, True, False]
    with pytest.raises(TcvaeError, match="no run with both a MIG and 'elbo' and 'speed'"):
        trade_off(parsed(over_beta()), y="speed")
    with pytest.raises(ArgumentError, match="names no number"):
        trade_off(parsed(over_beta()), y=[])


def test_runs_without_a_partner_are_told_of(tcvae: Verb, tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, [*over_beta(), mig_line("vae", 1, 9, 0.1)])).encode()
    status, _, errors = tcvae("plot", "trade-off", "-o", str(tmp_path / "f.png"), stdin=lines)
    assert (status, errors) == (0, "note: left out 1 of the lines, of runs without both a MIG and 'elbo'\n")


def test_correlations_stand_in_the_legend() -> None:
    runs = [(0.0, 1.0), (1.0, 0.0), (2.0, -1.0)]
    text = legend_entry("beta-TCVAE", runs, runs[:2])
    assert text == "beta-TCVAE\n3 runs: r = −1.00, Spearman −1.00"


def test_the_interval_of_a_correlation_stands_beside_it_where_seeds_are_whole() -> None:
    """MIG falls with TC beside a zigzag; without one of the runs a seed is not whole."""
    migs = [mig_line("vae", 1 + run // 5, run % 5, 0.9 - 0.02 * run + 0.1 * (run * 7 % 5)) for run in range(20)]
    lines = [line for run, own in enumerate(migs) for line in (own, tc_line(own, 0.1 * run, -100.0))]

    def legend(some: list[dict[str, Any]]) -> str:
        (panel,) = circles(parsed(some)).axes
        return str(panel.get_legend().get_texts()[0].get_text()).split("\n")[1].replace("\u2212", "-")

    numbers = re.findall(r"-?\d+\.\d\d", legend(lines))
    assert len(numbers) == 4  # r, Spearman, and from where to where
    assert float(numbers[2]) < float(numbers[1]) < float(numbers[3])
    assert len(re.findall(r"-?\d+\.\d\d", legend(lines[2:]))) == 2


def test_a_dashed_line_parts_two_clusters_in_a_box() -> None:
    runs = [0.1, 0.11, 0.13, 0.16, 0.17, 0.2, 0.46, 0.47, 0.48]
    lines = [mig_line("vae", 1, seed, mig) for seed, mig in enumerate(runs)]
    lines += [mig_line("beta-vae", 4, seed, 0.2 + 0.01 * seed) for seed in range(9)]
    (panel,) = box(parsed(lines)).axes
    assert [text.get_text() for text in panel.texts] == ["3 of 9"]
    assert panel.texts[0].xy[1] == pytest.approx(0.33)
    assert panel.get_xlabel().startswith("dashed: unlike one normal cluster")
    (panel,) = box(parsed(lines[9:])).axes
    assert (panel.texts[:], panel.get_xlabel()) == ([], "")


def test_a_cut_of_many_settings_takes_a_smaller_p() -> None:
    runs = [0.1, 0.12, 0.15, 0.19, 0.2, 0.22, 0.4, 0.42, 0.45]
    found = two_clusters(runs)
    assert found is not None
    assert SURE / 5 < found.p <= SURE
    others = [mig_line("beta-vae", beta, 0, 0.2) for beta in (2, 4, 6, 8)]
    lines = [mig_line("vae", 1, seed, mig) for seed, mig in enumerate(runs)]
    assert [len(box(parsed(some)).axes[0].texts) for some in (lines, [*lines, *others])] == [1, 0]


def intervals(figure: Any) -> list[list[float]]:
    """Return x, lower and upper end of each upright stroke of a figure with one panel."""
    (panel,) = figure.axes
    segments = [one for own in panel.collections if isinstance(own, LineCollection) for one in own.get_segments()]
    return [[float(one[0, 0]), *map(float, one[:, 1])] for one in segments if one[0, 0] == one[1, 0]]


def test_one_point_with_runs_enough_has_its_interval_on_both_axes() -> None:
    lines = [one for one in over_beta() if one["settings"]["beta"] == 4 or one["settings"]["seed"] < 4]
    ours = [one["mig"] for one in lines if one["kind"] == "mig" and one["settings"]["beta"] == 4]
    expected = [summarise(ours[start::2]).mean_interval or () for start in (1, 0)]
    assert intervals(trade_off(parsed(lines))) == [pytest.approx([-104, *own]) for own in expected]
    drawn = intervals(curve(parsed(lines), "settings.beta", "mig"))
    assert drawn == [pytest.approx([4, *own]) for own in expected]


def test_a_curve_has_no_intervals_where_a_run_is_measured_several_times() -> None:
    told: list[str] = []
    lines = [mig_line("vae", 1, 0, 0.3 + seed / 100, samples=100, seed=seed) for seed in range(5)]
    assert intervals(curve(parsed(lines), "samples", "mig", told.append)) == []
    assert told == ["some runs are measured several times at one place: no intervals, which need independent runs"]


def test_circles_grow_with_beta() -> None:
    (panel,) = circles(parsed(over_beta())).axes
    sizes = [own.get_sizes().tolist() for own in panel.collections if len(own.get_sizes()) == 4]
    assert len(sizes) == 2
    assert sizes[0] == sorted(sizes[0])


def test_mig_by_bias_and_method() -> None:
    lines = [*biased("BA"), mig_line("vae", 1, 0, 0.5)]
    found = scores_by_bias(Table(parsed(lines)))
    assert found.factors == ("x", "y")
    assert list(found.scores) == ["A", "B"]
    assert found.scores["B"] == {
        Setting("beta-vae", 4): pytest.approx([0.4, 0.41, 0.42]),
        Setting("beta-tcvae", 6): pytest.approx([0.6, 0.61, 0.62]),
    }


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([mig_line("vae", 1, 0, 0.5)], "results: hold no result of mig on a biased data set"),
        ([*biased("A"), *biased("B", settings={"steps": 7})], "line 7: differs in 'steps' from line 1"),
        ([*biased("A"), biased("B")[0] | {"bias": ["B", "x", "z"]}], "line 7: has another data set or factors"),
        ([biased("A")[0] | {"bias": ["Z", "x", "y"]}], "line 1: 'bias' is not A, B, C or D and two factors"),
        ([biased("A")[0] | {"bias": "A"}], "line 1: 'bias' is not"),
        ([*biased("A"), biased("A")[0] | {"mig": 0.1}], "line 7: measures the run of line 1 again"),
        ([*biased("A"), biased("A")[0] | {"provenance": "q"}], "results: mix several data sets of bias A"),
    ],
)
def test_biased_runs_that_do_not_belong_together(lines: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(TcvaeError, match=fault):
        figure_bytes(lambda: bias(parsed(lines)), "png")


def test_the_heat_maps_are_the_distributions_that_subset_writes() -> None:
    heat_maps = [axes.get_images()[0].get_array() for axes in bias(parsed(biased())).axes if axes.get_images()]
    x, y = np.linspace(-1, 1, 21)[:, None], np.linspace(-1, 1, 11)
    for kind, shares in zip(BIASES, heat_maps, strict=True):
        joint = weights(kind, x, y)
        assert pytest.approx(joint / joint.sum()) == shares.T
    joint = weights("D", x, y)
    assert (joint[0][0], joint[20][0], weights("B", x, y)[20][10]) == (4, 1, 4)


def test_the_bias_is_in_the_data_set_and_in_the_results(tcvae: Verb, tmp_path: Path) -> None:
    biased, run = str(tmp_path / "b.h5"), str(tmp_path / "run")
    assert tcvae("subset", "tiny.h5", "--bias", "C", "--factors", "posX,posY", "-o", biased)[0] == 0
    assert tcvae("train", "--data", biased, "--steps", "1", "--batch-size", "64", "-o", run)[0] == 0
    line = tcvae("mig", stdin=tcvae("encode", run)[1])[1]
    assert json.loads(line)["bias"] == ["C", "posX", "posY"]
    assert tcvae("plot", "bias", "-o", str(tmp_path / "f.png"), stdin=line)[0] == 0
    part = str(tmp_path / "part.h5")  # of a biased set: another joint distribution than it says
    assert tcvae("subset", biased, "--where", "posX=0", "-o", part)[0] == 0
    assert tcvae("train", "--data", part, "--steps", "1", "--batch-size", "64", "-o", run)[0] == 0
    assert json.loads(tcvae("mig", stdin=tcvae("encode", run)[1])[1])["bias"] is None
    assert json.loads(tcvae("mig", "run_codes.safetensors")[1])["bias"] is None


def test_a_curve_and_the_level_of_what_has_no_x() -> None:
    (panel,) = read_curves(Table(parsed(sampled())), "samples", "mig").panels.values()
    exact, sampled_ones = (Setting("vae", None, (way,)) for way in ("exact (quadrature)", "monte-carlo (the paper's)"))
    assert panel[exact] == {None: [0.31]}
    assert panel[sampled_ones][100] == [0.3, 0.31, 0.32]
    (axes,) = curve(parsed(sampled()), "samples", "mig").axes
    levels = [line for line in axes.get_lines() if list(line.get_ydata()) == [0.31, 0.31]]
    assert len(levels) == 1
    assert axes.get_xscale() == "log"
    means = next(line for line in axes.get_lines() if len(line.get_xdata()) == 3)
    assert means.get_ydata() == pytest.approx([0.31, 0.301, 0.3001])


def test_a_curve_of_scores_against_what_measured_them() -> None:
    lines = [
        mig_line("vae", 1, seed, 0, kind="score", score=votes / 10, measure=measure, per_vote=votes)
        for measure in ("higgins", "kim-mnih")
        for votes in (5, 6)
        for seed in (0, 1)
    ]
    (panel,) = read_curves(Table(parsed(lines)), "per_vote", "score").panels.values()
    points = {5: [0.5, 0.5], 6: [0.6, 0.6]}
    assert panel == {Setting("vae", None, (measure,)): points for measure in ("higgins", "kim-mnih")}
    (axes,) = curve(parsed(lines), "per_vote", "score").axes
    assert axes.get_xscale() == "linear"


@pytest.mark.parametrize(
    ("x", "y", "fault"),
    [
        ("settings.beta", "beauty", "y: no result has a number 'beauty'"),
        ("settings.charm", "mig", "x: no result with 'mig' has a number 'settings.charm'"),
    ],
)
def test_keys_that_no_result_has(x: str, y: str, fault: str) -> None:
    with pytest.raises(ArgumentError, match=fault):
        read_curves(Table(parsed(sampled())), x, y)


def test_a_run_is_a_dot_for_each_seed_of_the_measuring_and_no_more() -> None:
    once = read_curves(Table(parsed(sampled())), "samples", "mig")
    told: list[str] = []
    assert read_curves(Table(parsed([*sampled(), sampled()[0]]), told.append), "samples", "mig") == once
    assert told == ["left out 1 line given before: each counts once"]
    with pytest.raises(TcvaeError, match="line 11: measures the run of line 1 again"):
        read_curves(Table(parsed([*sampled(), sampled()[0] | {"mig": 0.5}])), "samples", "mig")


def test_titles_are_short_unless_that_makes_them_the_same() -> None:
    long = ["faces (stand-in: heads of a package; part of sha256:1: all)", "dsprites (rendered)"]
    assert short_titles(long) == ["faces (stand-in, part)", "dsprites (rendered)"]
    one, two = (f"d (converted: a; part of 1; sha256:{digits})" for digits in ("3fa2b1c9", "00000000"))
    assert short_titles([one, two]) == [f"d (converted, part, {its[-16:-1]})" for its in (one, two)]
    assert short_titles(["d (r; part of 1)", "d (r; part of 2)"]) == ["d (r; part of 1)", "d (r; part of 2)"]


def test_titles_are_not_written_over_each_other() -> None:
    name = "converted from uint8 arrays of shape (40, 16, 16)"
    lines = [
        mig_line(one, 6, 0, 0.2, data_set="mine", provenance=name, data_digest=f"sha256:{digest * 64}")
        for one in ("beta-vae", "beta-tcvae")
        for digest in "ab"
    ]
    figure = box(parsed(lines))
    figure.draw_without_rendering()
    left, right = (panel.get_title("left") for panel in figure.axes)
    assert left.replace("\n", " ") == f"mine ({name}, sha256:aaaaaaaa)"
    assert right != left
    first, second = (panel._left_title.get_window_extent() for panel in figure.axes)
    assert first.x1 < second.x0


def test_lines_of_one_method_look_different() -> None:
    found = looks([*(Setting("beta-tcvae", None, (f"alpha {alpha}",)) for alpha in (0, 1)), Setting("beta-vae")])
    styles = [(look["linestyle"], look["markerfacecolor"] == PAPER.ground) for look in found.values()]
    assert styles == [("-", False), ("--", True), ("-", False)]
    assert len({look["color"] for look in found.values()}) == 3


def test_lines_of_infogan_stand_beside_the_others_in_circles() -> None:
    gan = mig_line("infogan", 1, 0, 0.2)
    results = parsed([*over_beta(), gan, tc_line(gan, 0.1, None)])
    assert figure_bytes(lambda: circles(results), "png").startswith(b"\x89PNG")


HOSTILE = "_x $\\foo{$ \x1b[31m\n\u202e <b>&amp;"  # a name that matplotlib hides, bad mathematics, commands, markup


OTHERS = {
    "box": ([mig_line(HOSTILE, 4, seed, 0.1 * seed) for seed in range(3)], box),
    "information": (
        [mig_line("vae", 1, 0, 0.5, factors=[HOSTILE], mutual_information=[[0.5, 0.25]], factor_entropy=[1.0])],
        information,
    ),
}


@pytest.mark.parametrize("kind", [*DRAWN, *OTHERS])
def test_names_in_figures_are_drawn_as_they_are(kind: str) -> None:
    lines, figure = (DRAWN | OTHERS)[kind]
    lines = [line | {"data_set": HOSTILE, "provenance": HOSTILE} for line in lines]
    lines = [line | {"settings": line["settings"] | {"note": HOSTILE}} for line in lines]
    drawn = figure_bytes(lambda: figure(parsed(lines)), "svg")
    assert all(letter.isprintable() or letter == "\n" for letter in drawn.decode())
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_a_name_that_starts_with_an_underscore_stands_in_the_legend() -> None:
    figure = curve(parsed(mig_line(name, 4, 0, 0.5) for name in ("_a", "_b")), "settings.beta", "mig")
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [" _a", " _b"]
