"""Text of any length, from any file: cut or refused as it is read, in little time and memory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy

import tcvae_cli
from helpers.result_lines import mig_line, parsed, tc_line
from helpers.tiny import write_tiny
from tcvae_cli import figures
from tcvae_cli.errors import TcvaeError
from tcvae_cli.figures.pages.typesetting import SMALL, fitting, text_width, wrapped
from tcvae_cli.figures.plots.portrait import Lines, Portrait
from tcvae_cli.results.line import Line
from tcvae_cli.results.table import Table
from tcvae_cli.text import LONGEST, LONGEST_PROSE, shortened

Verb = Callable[..., Any]
MEGABYTE = 1_000_000


def quiet(sentence: str) -> None:
    assert len(sentence) < 5_000


def named_at_length(**changes: Any) -> list[Line]:
    """Return results whose objective, data set, provenance, setting and factors have a million letters each."""
    long = {name: name + "n" * MEGABYTE for name in ("beta-tcvae", "one", "two")}
    runs = [
        mig_line(
            long["beta-tcvae"],
            4,
            seed,
            0.1 * seed,
            data_set=long["one"],
            provenance="p " * MEGABYTE,
            factors=[long["one"], long["two"]],
            mutual_information=[[0.5, 0.25], [0.5, 0.25]],
            factor_entropy=[1.0, 1.0],
            settings={"note": long[note]},
            **changes,
        )
        for seed in (0, 1)
        for note in ("one", "two")
    ]
    return parsed([*runs, *(tc_line(run, 1.0, -100.0) for run in runs)])


def test_a_text_is_cut_such_that_two_stay_two() -> None:
    first, second = shortened("a" * 400), shortened("a" * 399 + "b")
    assert len(first) == len(second) == LONGEST
    assert first != second
    assert first[:-8] == "a" * 291 + "…"
    assert shortened("a" * LONGEST) == "a" * LONGEST


def test_names_and_settings_of_results_are_cut_as_they_are_read() -> None:
    line = named_at_length()[0]
    assert len(line["provenance"]) == LONGEST_PROSE
    assert {len(text) for text in (line["data_set"], line.settings["objective"], *line["factors"])} == {LONGEST}
    groups = Table(named_at_length(), quiet).groups("mig")
    assert [len(group.values) for group in groups] == [2, 2]  # by their notes
    assert max(len(group.setting.name) for group in groups) <= LONGEST


def test_the_factors_of_a_common_data_set_are_told_in_full() -> None:
    factors = ["floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"]
    lines = parsed(mig_line("vae", 1, 0, 0.1, factors=factors[:count]) for count in (5, 6))
    names = [group.setting.name for group in Table(lines, quiet).groups("mig")]
    assert names[1] == f"VAE, factors {' '.join(factors)}"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"settings": {f"s{number}": 0 for number in range(2_000)}}, "an object of 2,0"),
        ({"factors": [f"f{number}" for number in range(2_000)]}, "a list of 2,000 texts"),
        ({"k" * MEGABYTE: 1}, "has the key 'kkk"),
    ],
)
def test_more_than_any_result_has_is_refused_in_one_line(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(TcvaeError, match=fault) as caught:
        parsed([mig_line("vae", 1, 0, 0.5, **change)])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "draw",
    [
        lambda lines: figures.box(lines, note=quiet),
        lambda lines: figures.trade_off(lines, note=quiet),
        lambda lines: figures.circles(lines, note=quiet),
        lambda lines: figures.curve(lines, "settings.beta", "mig", note=quiet),
        lambda lines: figures.information(lines[:1]),
    ],
)
def test_figures_stay_small_whatever_names_are_in_them(draw: Callable[[list[Line]], Any]) -> None:
    figure = draw(named_at_length())
    assert max(figure.get_size_inches()) < 20
    assert len(figures.figure_bytes(lambda: figure, "png")) < MEGABYTE


def test_more_than_a_figure_shows_is_refused() -> None:
    lines = parsed(mig_line("beta-tcvae", beta, 0, 0.5) for beta in range(1, 102))
    with pytest.raises(TcvaeError, match="hold 101 settings, and a figure shows at most 100"):
        figures.box(lines, note=quiet)
    wide = mig_line(
        "vae", 1, 0, 0.5, factors=["f"] * 900, mutual_information=[[0.0] * 5] * 900, factor_entropy=[1] * 900
    )
    with pytest.raises(TcvaeError, match="has 900 factors and 5 latents"):
        figures.information([wide])
    chart = Lines("f", {"all": np.zeros((2, 600))})
    with pytest.raises(TcvaeError, match="have 1,200 pairs of a latent and a factor, and a figure shows at most 500"):
        figures.latents(Portrait("many", tuple(range(600)), (chart, chart)))


def test_compare_of_many_settings_and_of_many_factors(tcvae: Verb, tmp_path: Path) -> None:
    factors = [f"factor {number}" for number in range(1_000)]
    lines = [json.dumps(mig_line("beta-vae", beta, 0, 1 / (beta + 1))) for beta in range(1_000)]
    lines += [json.dumps(mig_line("vae", 1, seed, 0.5, factors=factors)) for seed in range(3)]
    (tmp_path / "lines").write_text("\n".join(lines))
    status, output, errors = tcvae("compare", str(tmp_path / "lines"))
    records = [json.loads(line) for line in output.splitlines()]
    assert (status, len(records)) == (0, 1_001)
    assert "VAE, factors factor 0 factor 1 " in records[0]["setting"]
    assert max(len(record["setting"]) for record in records) < 200
    assert "1,001 settings of dsprites (rendered) are not tested" in errors


LONG_HEADERS: list[tuple[dict[str, Any], str]] = [
    ({"data": {"name": "n" * MEGABYTE}}, "`name` has 1,000,000 letters"),
    ({"data": {"path": "p" * MEGABYTE}}, "`path` has 1,000,000 letters"),
    ({"data": {"factor_names": ["f" * MEGABYTE, "g"]}}, "a name of 1,000,000 letters"),
    ({"settings": {"objective": "o" * MEGABYTE}}, "a name of 1,000,000 letters"),
    ({"settings": {str(number): 0 for number in range(1_000)}}, "1,000 settings"),
]


@pytest.mark.parametrize(("header", "fault"), LONG_HEADERS)
def test_codes_with_names_of_a_million_letters_are_refused(header: dict[str, Any], fault: str, tmp_path: Path) -> None:
    metadata = {"tcvae": json.dumps({"kind": "codes", "schema": 1, **header})}
    arrays = {
        "mean": np.ones((4, 2), "f4"),
        "log_std": np.ones((4, 2), "f4"),
        "factor_classes": np.eye(4, 2, dtype="i8"),
    }
    safetensors.numpy.save_file(arrays, tmp_path / "codes", metadata)
    for read in (tcvae_cli.load, tcvae_cli.describe, tcvae_cli.mig):
        with pytest.raises(TcvaeError, match=fault) as caught:
            read(tmp_path / "codes")
        assert len(str(caught.value)) < 400


def test_a_provenance_is_cut_and_other_names_of_a_data_set_are_refused(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5", side=32)
    with h5py.File(tmp_path / "tiny.h5", "a") as file:
        file.attrs["provenance"] = "rendered; " * 6_000
    with tcvae_cli.open_data_set(tmp_path / "tiny.h5") as data:
        assert len(data.description.provenance) == LONGEST_PROSE
    with h5py.File(tmp_path / "tiny.h5", "a") as file:
        file.attrs["name"] = "n" * 60_000
    with pytest.raises(TcvaeError, match="has a name of 60,000 letters"):
        tcvae_cli.open_data_set(tmp_path / "tiny.h5")


def test_class_names_of_a_million_letters_are_shown_cut(tcvae: Verb, tmp_path: Path) -> None:
    labels = np.array(["a" * MEGABYTE, "b" * MEGABYTE])
    np.savez(tmp_path / "a.npz", images=np.eye(32, dtype="u1")[None].repeat(2, 0), labels=labels)
    made = tcvae("prepare", "arrays", "--source", str(tmp_path / "a.npz"), "-o", str(tmp_path / "a.h5"))
    assert (made[0], len(made[2]) < 500) == (0, True)
    status, output, errors = tcvae("show", str(tmp_path / "a.h5"), "--contact-sheet", str(tmp_path / "a.png"))
    assert (status, errors) == (0, "")
    assert max(map(len, output.splitlines())) < 300


def test_more_factors_than_are_read_are_refused_by_their_number(tcvae: Verb, tmp_path: Path) -> None:
    labels = np.zeros((2, 2_000), "i8")
    np.savez(tmp_path / "a.npz", images=np.eye(32, dtype="u1")[None].repeat(2, 0), labels=labels)
    status, _, errors = tcvae("prepare", "arrays", "--source", str(tmp_path / "a.npz"), "-o", str(tmp_path / "a.h5"))
    assert (status, "has 2,000 factors, and at most 1,000 are read" in errors) == (1, True)
    with pytest.raises(TcvaeError, match="has 2,000 factors"):
        tcvae_cli.Codes.of(np.ones((2, 1)), np.ones((2, 1)), labels)


def test_a_word_of_a_million_letters_is_set_by_lines_that_fit() -> None:
    lines = wrapped("a" * MEGABYTE, SMALL, 200)
    assert sum(map(len, lines)) == LONGEST_PROSE + 2  # the ellipsis is three letters
    assert max(text_width(line, SMALL) for line in lines) <= 200
    assert min(text_width(line + "a", SMALL) for line in lines[:-2]) > 200
    for text in ("a" * MEGABYTE, "\u0301" * MEGABYTE, "\ufdfa" * MEGABYTE):
        assert text_width(fitting(text, SMALL, 64), SMALL) <= 64
