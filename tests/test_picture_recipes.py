"""Recipes of figures 1 and 6 and of single runs: data that users bring, stand-ins, and which run is the best."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tcvae_cli.datasets.sources import SOURCES
from tcvae_cli.results.line import Line
from tcvae_cli.results.table import Table

CHAIRS, CELEBA = SOURCES["chairs"], SOURCES["celeba"]
ROOT = Path(__file__).parent.parent


def plan(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what `make -n` prints in an empty FOLDER."""
    for name in ("Makefile", "recipes"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PROFILE", "SEEDS", "SHARE", "STANDIN", "DOWNLOAD", "FACES", "CHAIRS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    command = ["make", "-n", "TCVAE=tcvae", f"VENV={sys.prefix}", "PROFILE=smoke", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("figure", "named"),
    [
        (
            "figure6",
            (
                CHAIRS.published[0].name,
                str(CHAIRS.published[0].address),
                "CHAIRS=",
                "DOWNLOAD=1",
                "STANDIN=1",
            ),
        ),
        (
            "figure1",
            (
                CELEBA.published[0].name,
                CELEBA.no_address.split(" by ")[1].split(" ")[0],
                "CELEBA=",
            ),
        ),
    ],
)
def test_missing_data_ends_make_in_one_line_that_says_where_to_get_it(
    tmp_path: Path, figure: str, named: tuple[str, ...]
) -> None:
    found = plan(tmp_path, f"reproduce-{figure}")
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert all(name in found.stderr for name in named)
    assert plan(tmp_path, "help").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "prepared"),
    [
        (("reproduce-figure6", "CHAIRS=a.tar"), "tcvae prepare chairs --colour --source 'a.tar' -o out/data/chairs.h5"),
        (("reproduce-figure6", "DOWNLOAD=1"), "tcvae prepare chairs --colour --download -o out/data/chairs.h5"),
        (("reproduce-figure6", "STANDIN=1"), "tcvae prepare faces --colour --identities 20"),
        (
            ("reproduce-figure1", "CELEBA=a.zip", "ATTRIBUTES=l.txt"),
            "tcvae prepare celeba --source 'a.zip' --labels 'l.txt' -o out/data/celeba.h5",
        ),
        (("reproduce-figure1", "STANDIN=1"), "tcvae prepare faces --colour --identities 20"),
        (("out/data/faces-basel.h5", "FACES=b.pth"), "tcvae prepare faces --source 'b.pth' -o out/data/faces-basel.h5"),
    ],
)
def test_data_come_from_where_the_user_says(tmp_path: Path, arguments: tuple[str, ...], prepared: str) -> None:
    found = plan(tmp_path, *arguments)
    assert found.returncode == 0, found.stderr
    assert prepared in found.stdout


def test_the_faces_of_the_paper_are_another_data_set_than_the_stand_in(tmp_path: Path) -> None:
    theirs = plan(tmp_path, "reproduce-appendix-traversals", "FACES=b.pth").stdout
    ours = plan(tmp_path, "reproduce-appendix-traversals").stdout
    assert "out/smoke/faces-basel-small/" in theirs
    assert "out/smoke/faces-small/" not in theirs
    assert "out/smoke/faces-small/" in ours
    assert "basel" not in ours


def recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names in a recipe of a page."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return runpy.run_path(str(ROOT / "recipes" / name))


def mig(objective: str, seed: int, gaps: list[float], provenance: str = "converted") -> Line:
    settings = Line({"objective": objective, "beta": 4, "seed": seed}, "line")
    about = {"kind": "mig", "data_set": "celeba", "provenance": provenance, "settings": settings}
    return Line({**about, "factors": ["Bald", "Smiling", "Male"], "gap_per_factor": gaps}, "line")


@pytest.mark.parametrize(
    ("ours", "theirs", "provenance", "expected"),
    [
        ([0.3, 0.3, 0.4, 0.3, 0.3], [0.1, 0.1, 0.2, 0.1, 0.1], "converted", "held"),
        (
            [0.3, 0.3, 0.3, 0.0, 0.0],
            [0.1, 0.1, 0.1, 0.9, 0.9],
            "converted",
            "too few runs",
        ),  # perhaps by chance
        ([0.1, 0.1, 0.2, 0.1, 0.1], [0.3, 0.3, 0.4, 0.3, 0.3], "converted", "not held"),
        ([0.3, 0.3, 0.3, 0.3], [0.1, 0.1, 0.1, 0.1], "converted", "too few runs"),
        ([0.3] * 5, [0.1] * 5, "stand-in for all", "not tested on a stand-in"),
    ],
)
def test_the_claim_of_a_figure_of_walks(
    ours: list[float], theirs: list[float], provenance: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = recipe("figure1.py", monkeypatch)
    results = [
        mig(name, seed, [gap, 1 - gap, gap], provenance)  # the gap of Smiling is none of the figure's
        for name, gaps in (("beta-tcvae", ours), ("beta-vae", theirs))
        for seed, gap in enumerate(gaps)
    ]
    claim = page["claims"](Table(results))[0]
    assert claim.verdict == expected
    assert "over Bald, Male;" in claim.statistic


def test_the_best_run_of_each_setting_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    page = recipe("appendix-best.py", monkeypatch)
    paths = []
    for number, (objective, value) in enumerate(
        [("beta-tcvae", 0.2), ("beta-tcvae", 0.4), ("beta-tcvae", 0.3), ("vae", 0.1), ("vae", 0.05)]
    ):
        path = tmp_path / str(number) / "mig.json"
        path.parent.mkdir()
        settings = {"objective": objective, "beta": 6, "seed": number}
        lines = [{"kind": "mig", "mig": value, "settings": settings}, {"kind": "estimate-tc", "settings": settings}]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        paths.append(path)
    assert [path.name for path in page["best_runs"](paths)] == ["3", "1"]
