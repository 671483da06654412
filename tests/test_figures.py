"""Results to figures: same results, same bytes; what cannot be drawn is refused in one line."""

import io
import itertools
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from PIL import Image

from tcvae_cli import figures
from tcvae_cli.cli.plot import app
from tcvae_cli.cli.plot import box as plot_box
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.figures.plots.box import box
from tcvae_cli.figures.style import colour, figure_bytes
from tcvae_cli.objectives import OBJECTIVES, Name
from tcvae_cli.results.line import Line, read_results
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Scores, Table

plots: Any = typer.main.get_command(app)


def line(objective: str = "vae", beta: float = 1, seed: int = 0, mig: Any = 0.25, **changes: Any) -> dict[str, Any]:
    settings = {"objective": objective, "beta": beta, "seed": seed, "steps": 10}
    data = {"data_set": "dsprites", "provenance": "rendered"}
    return {"kind": "mig", "mig": mig, "estimator": "exact", **data, "settings": settings, **changes}


def results(*lines: dict[str, Any]) -> list[Line]:
    return [
        Line({**one, "settings": Line(one["settings"], f"line {n}")}, f"line {n}") for n, one in enumerate(lines, 1)
    ]


TABLE = [
    line(objective, beta, seed, mig=0.03 * beta + 0.01 * seed)
    for objective, beta in (("beta-tcvae", 6), ("beta-vae", 10), ("beta-vae", 4), ("vae", 1), ("newcomer", 2))
    for seed in range(4)
]


def test_settings_are_named_and_in_order() -> None:
    assert list(map(str, Table(results(*TABLE)).scores().panels["dsprites (rendered)"])) == [
        "VAE",
        "beta-VAE (4)",
        "beta-VAE (10)",
        "beta-TCVAE (6)",
        "newcomer (2)",
    ]


def test_values_are_grouped_by_data_set_and_setting() -> None:
    faces = line(data_set="faces", provenance="stand-in")
    table = results(line(seed=1, mig=0.5), line(mig=0.1), faces, line(kind="estimate-tc", mig=None))
    vae = Setting("vae")
    assert Table(table).scores().panels == {"dsprites (rendered)": {vae: [0.1, 0.5]}, "faces (stand-in)": {vae: [0.25]}}


@pytest.mark.parametrize(("extension", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_same_results_in_any_order_give_the_same_bytes(extension: str, start: bytes) -> None:
    first = figure_bytes(lambda: box(results(*TABLE)), extension)
    shuffled = random.Random(0).sample(TABLE, len(TABLE))
    assert first.startswith(start)
    assert figure_bytes(lambda: box(results(*shuffled)), extension) == first
    assert b"Date" not in first


def test_a_box_for_one_run_and_a_panel_for_each_data_set() -> None:
    one = Image.open(io.BytesIO(figure_bytes(lambda: box(results(line())), "png")))
    two = Image.open(io.BytesIO(figure_bytes(lambda: box(results(*TABLE, line(data_set="faces"))), "png")))
    assert one.width == 1020  # a column of 3.4 inches at 300 dots each
    assert two.width > one.width


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([line(kind="estimate-tc")], "results: hold no result of mig"),
        ([line(mig=True)], "line 1: 'mig' is not a finite number"),
        ([line(), line(settings={"beta": 1})], "line 2: has no 'objective'"),
        ([line(), line(mig=0.5)], "line 2: measures the run of line 1 again"),
        ([line(), line(seed=1, estimator="bins")], "results: mix the estimators bins and exact \\(quadrature\\)"),
    ],
)
def test_results_that_cannot_be_drawn_are_refused(lines: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(TcvaeError, match=fault):
        figure_bytes(lambda: box(results(*lines)), "png")


def test_what_differs_in_more_than_its_seed_has_a_box_of_its_own() -> None:
    longer = line(seed=1, settings=line(seed=1)["settings"] | {"steps": 20})
    table = Table(results(line(), longer))
    short, long = (Setting("vae", differences=(f"steps {steps}",)) for steps in (10, 20))
    assert table.scores().panels == {"dsprites (rendered)": {short: [0.25], long: [0.25]}}
    with pytest.raises(TcvaeError, match="line 2: differs in 'steps'"):
        table.require_alike()
    table.require_alike("settings.steps")


def test_a_box_of_any_number() -> None:
    lines = [line(kind="estimate-tc", elbo=-90.0 - seed, seed=seed) for seed in range(3)]
    scores = Table(results(*lines, line())).scores("elbo")
    assert scores == Scores(
        "elbo", "exact (all images)", {"dsprites (rendered)": {Setting("vae"): [-92.0, -91.0, -90.0]}}
    )
    assert figure_bytes(lambda: box(results(*lines, line()), "elbo"), "png").startswith(b"\x89PNG")
    with pytest.raises(ArgumentError, match="value: no result has a number 'beauty'"):
        Table(results(line())).scores("beauty")
    measures = [line(kind="score", score=0.5, measure=name) for name in ("sap", "irs")]
    with pytest.raises(TcvaeError, match="results: mix the measures irs and sap"):
        Table(results(*measures)).scores("score")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", r"is empty"),
        (b"\n \n", r"has no results"),
        (b'{"kind":"mig"}\n{"kind":\n', r", line 2: is not JSON"),
        (b"\n\xff\n", r", line 2: is not JSON"),
        (b"[" * 100_000, r", line 1: has brackets nested more than 31 deep"),
        (b"[" * 40 + b"]" * 40, r", line 1: has brackets nested more than 31 deep"),
        (b'{"kind":"mig","mig":NaN}', r", line 1: holds NaN, which is no JSON"),
        (b'{"kind":"mig","mig":-Infinity}', r", line 1: holds -Infinity, which is no JSON"),
        (b'{"kind":"mig","mig":1e999}', r", line 1: holds a number that is larger than float64 has"),
        (b'{"kind":"mig","mig":' + b"9" * 5_000 + b"}", r", line 1: holds a whole number of more than 64 bits"),
        (b'{"kind":"mig","\\ud800":1}', r", line 1: holds half of a surrogate pair"),
        (b'{"kind":"mig","mig":1,"mig":2}', r", line 1: has the key 'mig' twice"),
        (b'{\n  "kind": "mig"\n}\n', r", line 1: begins an object over several lines; write each result on one line"),
        (
            b'[{"kind": "mig"}]',
            r", line 1: is not a result; write each result on one line, as jq -c does, of a list with",
        ),
        (b"[1]\n", r", line 1: is not a result"),
        (b"{}\n", r", line 1: is not a result"),
    ],
)
def test_malformed_files_are_refused_by_line(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "results.jsonl").write_bytes(content)
    with pytest.raises(TcvaeError, match=rf"results\.jsonl{fault}|results\.jsonl: {fault}"):
        read_results(tmp_path / "results.jsonl")


def test_plot_reads_files_and_writes_the_picture(tmp_path: Path) -> None:
    for number, half in enumerate((TABLE[:10], TABLE[10:])):
        (tmp_path / str(number)).write_text("\n".join(map(json.dumps, half)))
    output = tmp_path / "figure.svg"
    plot_box(results=[str(tmp_path / "0"), str(tmp_path / "1")], output=str(output))
    assert output.read_bytes() == figure_bytes(lambda: box(results(*TABLE)), "svg")


@pytest.mark.parametrize("name", ["figure.gif", "figure"])
def test_an_unknown_format_is_a_wrong_command_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "results").write_text(json.dumps(line()))
    with pytest.raises(ArgumentError, match="output: cannot draw"):
        plot_box(results=[str(tmp_path / "results")], output=str(tmp_path / name))
    assert not (tmp_path / name).exists()


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(TcvaeError, match=r"pip install 'tcvae\[figures\]'"):
        figure_bytes(lambda: box(results(line())), "png")


def test_figures_are_drawn_from_python_whatever_was_imported_and_set_before(tmp_path: Path) -> None:
    """Lines as they are read, as JSON has them and as a verb returns them; the reader's own style changes nothing."""
    import matplotlib

    class Recorded:
        def __init__(self, content: dict[str, Any]) -> None:
            self.content = content

        def record(self) -> dict[str, Any]:
            return self.content

    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        pictures = []
        for given in (results(*TABLE), TABLE, list(map(Recorded, TABLE))):
            figures.box(given).savefig(tmp_path / "f.png", metadata={"Software": None})
            pictures.append((tmp_path / "f.png").read_bytes())
        assert matplotlib.rcParams["font.size"] == 20
    assert pictures[0] == pictures[1] == pictures[2]
    (axes,) = figures.box(TABLE).axes
    assert axes.get_facecolor() == (1, 1, 1, 1)
    assert axes.get_xticklabels()[0].get_fontsize() == matplotlib.font_manager.font_scalings["medium"] * 8


@pytest.mark.parametrize("kind", plots.commands)
def test_every_plot_of_the_command_line_is_a_function(kind: str) -> None:
    name = kind.replace("-", "_")
    assert getattr(figures, name).__module__ == f"tcvae_cli.figures.plots.{name}"


def test_a_new_objective_has_a_name_an_order_and_a_colour_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: colour(Setting(name)) for name in OBJECTIVES}
    assert known == {
        "vae": "#969696",
        "beta-vae": "#004f94",
        "infogan": "#df98be",
        "factorvae": "#00755a",
        "beta-tcvae": "#d45a00",
        "annealed-vae": "#56b4e9",
        "dip-vae-i": "#332288",
        "dip-vae-ii": "#000000",
    }
    monkeypatch.setitem(OBJECTIVES, "newcomer", Name("NewComer", plain_beta=3))
    new, old = Setting("newcomer", 2), Setting("beta-tcvae", 6)
    assert (old < new, new.name, colour(new)) == (True, "NewComer (2)", "#004f94")
    assert {name: colour(Setting(name)) for name in known} == known
    for place in range(20):
        monkeypatch.setitem(OBJECTIVES, f"another-{place}", Name(f"Another {place}"))
    first, *others = [colour(Setting(name)) for name in OBJECTIVES]
    assert first not in others
    assert all(one != neighbour for one, neighbour in itertools.pairwise(others))
    assert len(set(others[:7])) == 7
    assert new < Setting("third-party", 1) < Setting(None)
    assert colour(Setting(None)) == colour(Setting("third-party")) == "#c98a00"
