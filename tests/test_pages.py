"""The pages of figures 2, 4 and 5: each verdict on runs made up for it; what is written of any page."""

import ast
import json
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.result_lines import ablated, as_table, estimated, mig_line, over_beta, tc_line
from tcvae_cli.results.claim import read_claims

ROOT = Path(__file__).parents[1]
Page = Callable[[str], dict[str, Any]]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return the names in a recipe of a page."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return lambda name: runpy.run_path(str(ROOT / "recipes" / f"{name}.py"))


def swapped(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines with the two methods' names exchanged."""
    other = {"beta-vae": "beta-tcvae", "beta-tcvae": "beta-vae"}
    return [{**one, "settings": {**one["settings"], "objective": other[one["settings"]["objective"]]}} for one in lines]


def verdicts(claims: list[Any]) -> list[str]:
    return [claim.verdict for claim in claims]


def test_figure2(page: Page) -> None:
    claims = page("figure2")["claims"]
    found = claims(as_table(over_beta()))
    assert verdicts(found) == ["held", "held"]
    assert "is 0.1" in found[0].statistic
    assert found[0].answer.startswith(
        "At equal ELBO, beta-TCVAE's MIG is higher than beta-VAE's, on dSprites: held, a "
    )
    assert found[0].answer.endswith(" 5 runs at each beta.")
    assert "by the median over all pairs of runs, one at 10 is lower by 0.060 (" in found[1].statistic
    assert verdicts(claims(as_table(over_beta(gain=-0.2)))) == ["not held", "held"]
    assert verdicts(claims(as_table(swapped(over_beta())))) == ["not held", "not held"]
    assert verdicts(claims(as_table(one for one in over_beta() if one["settings"]["seed"] < 2))) == ["too few runs"] * 2
    alone = claims(as_table(one for one in over_beta() if one["settings"]["objective"] == "beta-tcvae"))
    assert verdicts(alone) == ["too few runs"] * 2
    two = [*over_beta(), *over_beta(data_set="faces", data_digest="sha256:1")]
    assert len(claims(as_table(two))) == 4


def test_figure2_by_hand(page: Page) -> None:
    """Ours goes from (0, 1) to (4, 1), theirs through (1, 0), (3, 1) and (9, 1): between 1 and 4, 1 - (1 + 1) / 3."""
    difference = page("over_beta")["difference_at_equal"]
    import numpy as np

    ours = np.array([[[4.0, 1.5], [0.0, 1.0]], [[4.0, 0.5], [0.0, 1.0]]])  # two seeds of two betas
    theirs = np.array([[[9.0, 1.0], [1.0, 0.0], [3.0, 1.0]]])
    assert difference(ours, theirs) == pytest.approx(1 / 3, abs=0.01)
    assert np.isnan(difference(ours, np.array([[[5.0, 1.0], [9.0, 1.0]]])))


def test_curves_that_share_no_elbo_are_not_compared(page: Page) -> None:
    lines = [
        {**one, "elbo": one["elbo"] - 50 * (one["settings"]["objective"] == "beta-vae")} if "elbo" in one else one
        for one in over_beta()
    ]
    first = page("figure2")["claims"](as_table(lines))[0]
    assert (first.verdict, "no ELBO in common" in first.statistic) == ("too few runs", True)


def correlated(ours: float, plain: float) -> list[dict[str, Any]]:
    """Return runs whose MIG rises with their TC by this much per nat, beside a zigzag."""
    lines = []
    for objective, slope in (("beta-tcvae", ours), ("beta-vae", plain)):
        for number in range(20):
            of_mig = mig_line(
                objective, 1 + number // 5, number % 5, 0.4 + slope * 0.02 * number + 0.02 * (number * 7 % 5 - 2)
            )
            lines += [of_mig, tc_line(of_mig, 0.02 * number, -100.0)]
    return lines


@pytest.mark.parametrize(
    ("ours", "plain", "expected"),
    [
        (-1, 0, ["held", "held"]),
        (-1, -1, ["held", "too few runs"]),
        (-0.15, 1, ["too few runs", "not held"]),
        (-1, 1, ["held", "too few runs"]),  # as strong, of the other sign
        (1, 0, ["not held", "not held"]),
    ],
)
def test_figure4(page: Page, ours: float, plain: float, expected: list[str]) -> None:
    recipe = page("figure4")
    lines = correlated(ours, plain)
    results = as_table(lines)
    assert verdicts(recipe["claims"](results)) == expected
    assert "| beta-TCVAE | 20 |" in recipe["body"](results)
    assert verdicts(recipe["claims"](as_table(lines[:10]))) == ["too few runs"] * 2
    fewer = [line for line in lines if (line["settings"]["beta"], line["settings"]["seed"]) != (2, 3)]
    assert verdicts(recipe["claims"](as_table(fewer))) == ["too few runs"] * 2  # four seeds are whole
    for claim, lost in zip(recipe["claims"](as_table(fewer)), (3, 6), strict=True):
        assert f" Left out, though the table has them: {lost} runs, of seeds that lack another." in claim.statistic
    assert not any("Left out" in claim.statistic for claim in recipe["claims"](results))


@pytest.mark.parametrize("figure", ["figure2", "figure4"])
def test_why_curves_are_not_tested_is_said(page: Page, figure: str) -> None:
    claims, lines = page(figure)["claims"], correlated(-1, 0)
    one_beta = [line for line in lines if line["settings"]["beta"] == 4]
    assert claims(as_table(one_beta))[0].statistic == "fewer than two betas were run."
    apart = [line for line in lines if (line["settings"]["beta"] == 1) == (line["settings"]["seed"] < 2)]
    assert claims(as_table(apart))[0].statistic == "no seed was run at every beta."


def test_figure4_without_any_variation(page: Page) -> None:
    level = [line | {"mig": 0.0} if line["kind"] == "mig" else line for line in correlated(-1, 0)]
    for claim in page("figure4")["claims"](as_table(level)):
        assert (claim.verdict, claim.statistic) == (
            "too few runs",
            "total correlation or MIG is the same in all runs.",
        )


def biased(levels: dict[tuple[str, str], float], runs: int = 5) -> list[dict[str, Any]]:
    """Return runs of the three methods under A to D around 0.5, but for LEVELS of {(objective, bias): MIG}."""
    return [
        mig_line(
            objective,
            beta,
            seed,
            levels.get((objective, kind), 0.5) + 0.01 * (seed * 3 % 4),
            bias=[kind, "azimuth", "elevation"],
            provenance=f"stand-in; {kind}",
        )
        for objective, beta in (("beta-vae", 4), ("infogan", 1), ("beta-tcvae", 6))
        for kind in "ABCD"
        for seed in range(runs)
    ]


def test_figure5(page: Page) -> None:
    recipe = page("figure5")
    high = {("beta-tcvae", kind): 0.7 for kind in "BCD"} | {("beta-tcvae", "A"): 0.9}
    found = recipe["claims"](as_table(biased(high)))
    assert verdicts(found) == ["held", "held", "held", "too few runs", "too few runs"]
    assert "A 1.00, B 1.00, C 1.00, D 1.00" in found[0].statistic
    assert found[0].estimate.value == pytest.approx(0.2)  # the least of the four
    assert found[2].estimate.value == pytest.approx(0.2)
    low = high | {("beta-tcvae", "C"): 0.4}  # below under one of the four
    assert verdicts(recipe["claims"](as_table(biased(low))))[:2] == ["not held", "not held"]
    assert verdicts(recipe["claims"](as_table(biased(high, runs=2)))) == ["too few runs"] * 5
    part = as_table(one for one in biased(high) if one["bias"][0] != "D")
    assert verdicts(recipe["claims"](part)) == ["too few runs"] * 5
    assert "| A | InfoGAN | 5 | 0.500 | 0.510 | 0.530 | P = 0.0079 |" in recipe["body"](as_table(biased(high)))


def test_figure3_counts_the_methods_that_it_names(page: Page) -> None:
    """One more method among the results, be it the best, changes no claim; one that is missing does."""
    recipe = page("figure3")
    levels = {"vae": 0.1, "beta-vae": 0.2, "infogan": 0.1, "factorvae": 0.05, "beta-tcvae": 0.5, "another": 0.9}
    betas = {"vae": 1, "beta-vae": 4, "infogan": 1, "factorvae": 35, "beta-tcvae": 6, "another": 1}
    lines = [
        mig_line(objective, betas[objective], seed, level + 0.01 * seed)
        for objective, level in levels.items()
        for seed in range(5)
    ]
    of_the_paper = [line for line in lines if line["settings"]["objective"] != "another"]
    claims = recipe["claims"](as_table(of_the_paper))
    assert verdicts(claims) == ["held", "held", "too few runs", "held"]
    assert recipe["claims"](as_table(lines)) == claims
    assert "| another (1) | 5 |" in recipe["body"](as_table(lines))
    fewer = [line for line in of_the_paper if line["settings"]["objective"] != "vae"]
    assert verdicts(recipe["claims"](as_table(fewer))) == ["too few runs", "too few runs", "too few runs", "held"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("figure2", over_beta()),
        ("figure4", over_beta()),
        ("figure5", biased({})),
        ("appendix-alpha", ablated("alpha", {0.0: 0, 1.0: 0})),
        ("appendix-flow", ablated("prior", {"flow": 0, "normal": 0})),
        ("appendix-estimators", estimated({"mws": 0.4, "mss": 0.5, "exact": 0.3})),
        ("appendix-batch-size", ablated("batch_size", {64: 0, 256: 0})),
    ],
)
def test_a_page_is_written(
    name: str,
    lines: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, lines)) + "\n")
    stem = tmp_path / "smoke/figures" / name
    stem.parent.mkdir(parents=True)
    stem.with_suffix(".list").write_text(f"{tmp_path / 'lines'}\n")
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    monkeypatch.setattr(sys, "argv", ["make", str(stem)])
    literal = runpy.run_path(str(ROOT / "recipes/markdown_page.py"))["literal"]
    runpy.run_path(str(ROOT / "recipes" / f"{name}.py"), run_name="__main__")
    written = stem.with_suffix(".md").read_text()
    assert written == capsys.readouterr().out
    assert written.count("**held**") + written.count("**not held**") + written.count("**too few runs**") > 0
    claims = read_claims(stem.with_suffix(".claims.jsonl"))
    assert {claim.figure for claim in claims} == {name}
    assert section(written, "The claims").count("\n* ") == len(claims)
    for claim in claims:
        assert f"**{claim.verdict}**" in written
        assert f"\n  * Here: {literal(claim.statistic)}\n" in written
    assert "| data set | images | training | seeds |" in written
    assert f"({name}.png)" in written


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("appendix-alpha", ablated("alpha", {0.0: 0, 1.0: 0})),
        ("appendix-flow", ablated("prior", {"flow": 0, "normal": 0})),
        ("appendix-estimators", estimated({"mws": 0.4, "mss": 0.5, "exact": 0.3})),
        ("appendix-batch-size", ablated("batch_size", {64: 0, 256: 0})),
    ],
)
def test_the_report_knows_the_claims_of_pages_that_are_not_there(
    page: Page, name: str, lines: list[dict[str, Any]]
) -> None:
    listed = {(one.figure, one.claim, one.paper) for one in page("listed")["of_the_paper"]()}
    without_place = page("page")["without_place"]
    for claim in page(name)["claims"](as_table(lines)):
        assert (name, without_place(claim), claim.paper) in listed


def section(markdown: str, title: str) -> str:
    """Return what stands under a heading."""
    return markdown.split(f"\n## {title}\n")[1].split("\n## ")[0]


FORGED = "p\n\n* Everything holds **held**: so\n- **held** \x1b[31m $x$ <b> `c` \u202e"


def test_what_a_data_set_says_of_itself_neither_forges_a_claim_nor_commands_a_terminal(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = over_beta(data_set=f"d {FORGED}", provenance=FORGED)
    for line in over_beta():
        other = {"objective": FORGED} if line["settings"]["objective"] == "beta-vae" else {}
        lines.append({**line, "settings": line["settings"] | other})
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, lines)) + "\n")
    figures = tmp_path / "\x1b[1m/figures"
    figures.mkdir(parents=True)
    (figures / "figure2.list").write_text(f"{tmp_path / 'lines'}\n/no/\x1b[1m`\n")
    monkeypatch.setattr(sys, "argv", ["make", str(figures / "figure2")])
    runpy.run_path(str(ROOT / "recipes/figure2.py"), run_name="__main__")
    written, claims = (figures / "figure2.md").read_text(), read_claims(figures / "figure2.claims.jsonl")
    told = capsys.readouterr()
    assert told.out == written
    assert all(letter.isprintable() for text in (written, told.err) for letter in text.replace("\n", ""))
    listed, lead = section(written, "The claims"), written.split("\n## ")[0]
    assert len(re.findall(r"^[*+-] ", listed, re.MULTILINE)) == len(claims) == 4
    for text, told_there in ((listed, claims), (lead, claims[::2])):  # two of each data set, which the first leads
        assert len(re.findall(r"(?<!\\)\*\*held", text)) == sum(claim.verdict == "held" for claim in told_there)
    report = page("report")["report"](figures, ["figure2"])
    assert all(letter.isprintable() for letter in report.replace("\n", ""))
    assert report.count("<li class=") == len(claims)
    assert "<strong>held" not in report
    assert "6 claims of the paper" in report  # those of faces were not run


def test_a_page_without_a_list_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Paths in the list may have spaces."""
    stem, lines = tmp_path / "figure4", tmp_path / "two words"
    lines.write_text("\n".join(map(json.dumps, over_beta())) + "\n")
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    for arguments, fault in (
        ([], "arguments: are not the one path of a figure; give out/PROFILE/figures/NAME"),
        ([str(stem)], "figure4.list: is not there; write the paths of result lines into it, one a line"),
    ):
        monkeypatch.setattr(sys, "argv", ["figure4.py", *arguments])
        with pytest.raises(SystemExit, match=fault):
            runpy.run_path(str(ROOT / "recipes/figure4.py"), run_name="__main__")
    stem.with_suffix(".list").write_text(f"{lines}\n")
    runpy.run_path(str(ROOT / "recipes/figure4.py"), run_name="__main__")
    assert "missing" not in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.py")), ids=lambda path: path.name)
def test_recipes_use_public_names_only(path: Path) -> None:
    """What a recipe takes from the package is in its root or in the names that results and figures tell."""
    tree = ast.parse(path.read_text())
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module for module in modules if module.split(".")[0] == "tcvae_cli"}
    assert ours <= {"tcvae_cli", "tcvae_cli.results", "tcvae_cli.figures"}


@pytest.mark.parametrize("figure", [f"figure{number}" for number in range(1, 7)])
def test_claims_are_listed_as_their_pages_say_them(page: Page, figure: str) -> None:
    """The list is of what the report shows where nothing was run."""
    rows = [line.split("\t") for line in (ROOT / "recipes/claims.tsv").read_text().splitlines()]
    listed = {(claim, paper) for name, _, claim, paper in rows if name == figure}
    assert listed == {(f"{saying.words}.", saying.paper) for saying in page(figure)["SAYINGS"]}
