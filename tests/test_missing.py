"""Which results of a figure are missing, in words, and that a page made anew from its lines still says so."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.makefile import ROOT, recipe
from helpers.result_lines import over_beta

FLAGS = {"vae": "", "infogan": "architecture_conv/latents_5/", "factorvae": "beta_35/steps_2000/"}
FLAGS |= {"beta-tcvae": "beta_4/", "beta-tcvae without": "beta_4/alpha_0/"}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return recipe("missing.py", monkeypatch)


def paths(method: str, *seeds: int, data: str = "dsprites-small", files: tuple[str, ...] = ("mig",)) -> list[str]:
    """Return the paths of results of runs of a method."""
    run = f"out/laptop/{data}/{method.split()[0]}/{FLAGS[method]}seed_"
    return [f"{run}{seed}/{file}.json" for seed in seeds for file in files]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], ""),
        (paths("factorvae", 5, 6, 7, 9), "FactorVAE (35) on dsprites-small, seeds 5-7, 9"),
        (paths("infogan", 3), "InfoGAN on dsprites-small, seed 3"),
        (paths("beta-tcvae without", 2), "beta-TCVAE (4), alpha 0 on dsprites-small, seed 2"),
        (paths("beta-tcvae", 1), "beta-TCVAE (4) on dsprites-small, seed 1"),
        (["out/data/faces.factors.json"], "out/data/faces.factors.json"),
        (
            paths("vae", 0, 1, data="faces", files=("mig", "estimate-tc"))[:3] + paths("vae", 0),
            "VAE on faces, seeds 0-1 (3 of 4 results); VAE on dsprites-small, seed 0",
        ),
        ([x * 999 for x in "abcdefgh"], "; ".join([*(f"{x * 150}…" for x in "abcdef"), "and 2 more"])),
        (["out/p/d/vae/beta_1.2.3/seed_0/x.json"], "VAE, beta 1.2.3 on d, seed 0"),
        (["out/p/d\x1b/vae/seed_" + "9" * 5000 + "/x.json"], "out/p/d\x1b/vae/seed_" + "9" * 132 + "…"),
    ],
)  # fmt: skip
def test_what_is_missing_in_words(missing: list[str], expected: str, names: dict[str, Any]) -> None:
    asked = [path for method in FLAGS for path in paths(method, *range(10))]
    asked += [*paths("vae", 0, 1, data="faces", files=("mig", "estimate-tc")), "out/p/d/vae/seed_0/x.json", *missing]
    assert names["missing_in_words"](list(dict.fromkeys(asked)), missing) == expected


def test_a_page_made_anew_from_its_lines_still_says_what_was_missing(
    names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list of the first names a result that is not there; that of the second only the lines of the first."""
    (tmp_path / "lines.json").write_text("\n".join(map(json.dumps, over_beta())) + "\n")
    lists = ["lines.json", "out/laptop/d\x1b*/vae/seed_3/mig.json"], ["first/figure2.jsonl"]
    monkeypatch.chdir(tmp_path)
    told = []
    for folder, listed in zip(("first", "second"), lists, strict=True):
        Path(folder).mkdir()
        Path(folder, "figure2.list").write_text("\n".join(listed))
        monkeypatch.setattr(sys, "argv", ["make", f"{folder}/figure2"])
        runpy.run_path(str(ROOT / "recipes/figure2.py"), run_name="__main__")
        told.append(json.loads(Path(folder, "figure2.claims.jsonl").read_text().splitlines()[0]))
        assert "**1 of 2 results is missing**: VAE on d\\\\x1b\\*, seed 3." in Path(folder, "figure2.md").read_text()
    capsys.readouterr()
    keys = ("results", "missing", "first_missing", "lacking")
    assert [told[0][key] for key in keys] == [told[1][key] for key in keys]
    assert told[0]["first_missing"] == lists[0][1]
    older = {key: value for key, value in told[0].items() if key != "lacking"}
    Path("first/figure2.claims.jsonl").write_text(json.dumps(older))
    (page, _) = names["read_page"](Path("first/figure2.claims.jsonl"))
    assert page.whichever() == f"the first is {lists[0][1]}"
