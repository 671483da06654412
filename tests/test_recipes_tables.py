"""The pages of the tables and metrics, on constructed results; constructed codes; the report, on hostile pages."""

import html
import json
import math
import re
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from helpers.makefile import Workshop
from helpers.result_lines import as_table
from tcvae_cli.results.claim import Claim
from tcvae_cli.results.table import Table
from tcvae_cli.results.verdict import Verdict

ROOT = Path(__file__).parent.parent
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (1020).to_bytes(4) + (600).to_bytes(4)


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function from the name of a recipe to the names in it."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return lambda name: runpy.run_path(str(ROOT / "recipes" / f"{name}.py"))


def factors(**changes: Any) -> dict[str, Any]:
    names = ["color", "shape", "scale", "orientation", "posX", "posY"]
    line = {"kind": "factors", "rows": 737_280, "factors": names, "sizes": [1, 3, 6, 40, 32, 32], "scored": names[2:]}
    return line | {"complete": True, "data_set": "dsprites", "provenance": "rendered"} | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "held"),
        ({"sizes": [1, 3, 6, 40, 32, 16]}, "not held"),
        ({"complete": False}, "not held"),
        ({"scored": ["shape", "scale", "orientation", "posX", "posY"]}, "not held"),
        ({"scored": ["scale", "orientation", "posX"]}, "not held"),
        ({"data_set": "shapes3d"}, "not held"),
    ],
)
def test_table2_holds_for_just_the_papers_factors(recipe: Any, changes: dict[str, Any], expected: str) -> None:
    assert [claim.verdict for claim in recipe("table2")["claims"](as_table([factors(**changes)]))] == [expected]


def measured(codes: str, degrees: float, values: dict[str, float], **keys: Any) -> list[dict[str, Any]]:
    settings = {"codes": codes, "degrees": degrees}
    return [
        {"kind": "mig", "mig": value, "settings": settings, "samples": None} | keys
        if name == "mig"
        else {"kind": "score", "measure": name, "score": value, "per_vote": 64, "settings": settings} | keys
        for name, value in values.items()
    ]


def as_in_the_paper() -> list[dict[str, Any]]:
    perfect = {"higgins": 1.0, "kim-mnih": 1.0, "mig": 1.0}
    lines = measured("unlike", 0, perfect) + measured("alike", 0, perfect)
    lines += measured("unlike", 45, {"higgins": 1.0, "kim-mnih": 0.5, "mig": 0.0})
    lines += measured("two-mode", 0, {"higgins": 0.6, "kim-mnih": 0.5, "mig": 0.98})
    lines += measured("blurred", 0, {"mig": 0.3}) + measured("blurred", 0, {"mig": 0.31}, samples=100)
    for votes, score in ((5, 0.7), (500, 1.0)):
        lines += measured("blurred", 0, {"higgins": score, "kim-mnih": score}, per_vote=votes)
    return lines


def test_table1_deduces_the_papers_words_from_numbers(recipe: Any) -> None:
    page = recipe("table1")
    lines = as_table(as_in_the_paper())
    assert [claim.verdict for claim in page["claims"](lines)] == ["held"] * 3
    assert "| Kim & Mnih | axis-aligned | 1.000 | 0.500 | yes | yes |" in page["body"](lines)


@pytest.mark.parametrize(
    ("changed", "value", "expected"),
    [
        (("unlike", 45, "higgins", None), 0.5, ["not held", "held", "held"]),
        (("unlike", 45, "mig", None), 0.95, ["not held", "held", "held"]),
        (("blurred", 0, "mig", 100), 0.6, ["held", "not held", "held"]),
        (("two-mode", 0, "kim-mnih", None), 0.95, ["held", "held", "not held"]),
        (("two-mode", 0, "mig", None), 0.7, ["held", "held", "not held"]),
    ],
)
def test_table1_says_where_it_disagrees(
    recipe: Any, changed: tuple[str, float, str, int | None], value: float, expected: list[str]
) -> None:
    lines, touched = as_in_the_paper(), 0
    for line in lines:
        name = line.get("measure", line["kind"])
        if (line["settings"]["codes"], line["settings"]["degrees"], name, line.get("samples")) == changed:
            line["mig" if name == "mig" else "score"] = value
            touched += 1
    assert touched == 1
    assert [claim.verdict for claim in recipe("table1")["claims"](as_table(lines))] == expected


def test_table1_gives_no_verdict_without_its_measurements(recipe: Any) -> None:
    lines = [line for line in as_in_the_paper() if line["settings"]["codes"] != "two-mode"]
    verdicts = [claim.verdict for claim in recipe("table1")["claims"](as_table(lines))]
    assert verdicts == ["held", "held", "too few runs"]


def test_table1_decides_nothing_of_a_change_that_other_votes_could_undo(recipe: Any) -> None:
    lines = as_in_the_paper()
    for line in lines:
        if line["settings"]["codes"] == "two-mode" and line["kind"] == "mig":
            line["mig"] = 0.89  # 0.11 less than 1
    assert [claim.verdict for claim in recipe("table1")["claims"](as_table(lines))][2] == "too few runs"


def test_constructed_codes_are_what_they_say(recipe: Any) -> None:
    constructed = recipe("constructed")["constructed"]
    means, classes = constructed("two-mode", 0)
    for latent in range(2):
        distances = [np.unique(abs(means[classes[:, latent] == value, latent]).round(9)) for value in range(8)]
        assert [len(some) for some in distances] == [1] * 8  # the distance from 0 tells the factor,
        assert len(np.unique(np.concatenate(distances))) == 8
        assert abs(np.corrcoef(means[:, latent], classes[:, latent])[0, 1]) < 1e-9  # and no line does
    turned, _ = constructed("unlike", 45)
    straight, _ = constructed("unlike", 0)
    spread = straight.std(0)
    assert spread == pytest.approx([1, 0.5])
    assert turned.std(0) == pytest.approx([math.sqrt(5 / 8)] * 2)
    assert (turned**2).sum() == pytest.approx((straight**2).sum())


def sampled(away: float, spread: float, seeds: int = 5) -> list[dict[str, Any]]:
    """Return MIG by two S, the fewer samples AWAY from the exact 0.2, and SPREAD about that evenly."""
    entropies = {"marginal_entropy": [1.0, 2.0], "conditional_entropy": [[1.0, 2.0]]}
    exact = {"kind": "mig", "mig": 0.2, "samples": None, **entropies}
    places = np.linspace(-1, 1, seeds)
    return [
        exact,
        *(
            {"kind": "mig", "mig": 0.2 + mean + error * place, "standard_error": 0.01, "samples": samples, "seed": seed}
            | entropies
            for samples, mean, error in ((100, away, spread), (1000, 0.0, 0.001))
            for seed, place in enumerate(places)
        ),
    ]


@pytest.mark.parametrize(
    ("away", "spread", "seeds", "expected", "needed"),
    [
        (0.01, 0.01, 5, "held", None),  # the mean of -1, -0.5, 0, 0.5, 1 has a standard error of 0.354: 0.01 +- 0.0075
        (-0.01, 0.01, 5, "held", None),
        (0.05, 0.01, 5, "not held", None),  # 0.02 beyond 0.03, of two tests on either side: P < 0.05 / 4
        (-0.05, 0.01, 5, "not held", None),
        (0.01, 0.04, 5, "too few runs", 22),
        (0.035, 0.01, 5, "too few runs", None),  # outside, perhaps by chance
        (0.01, 0.01, 4, "too few runs", 6),
    ],
)
def test_samples_verdict(
    recipe: Any, away: float, spread: float, seeds: int, expected: str, needed: int | None
) -> None:
    lines = as_table(sampled(away, spread, seeds))
    page = recipe("appendix-mig-samples")
    (claim,) = page["claims"](lines)
    assert (claim.verdict, claim.needed) == (expected, needed)
    assert claim.estimate.value == pytest.approx(away)
    assert f"| 100 | {seeds} | {0.2 + away:.4f} | {away:+.4f} |" in page["body"](lines)


def test_samples_need_an_exact_value(recipe: Any) -> None:
    (claim,) = recipe("appendix-mig-samples")["claims"](as_table(sampled(0, 0.01)[1:]))
    assert claim.verdict == "too few runs"


def votes(low: Sequence[float], high: Sequence[float], other_draw: Sequence[float] | None = None) -> Table:
    lines = []
    for draw in (0, 1):
        for votes_each, scores in ((5, low if draw == 0 else other_draw or low), (500, high)):
            lines += [
                {"kind": "score", "measure": "higgins", "score": score, "per_vote": votes_each, "seed": draw}
                | {"settings": {"objective": "vae", "seed": model}}
                for model, score in enumerate(scores)
            ]
    return as_table(lines)


RISING = [0.01 * (place + 1) for place in range(12)]
NEARLY = [RISING[place] for place in (1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)]
MIXED = [RISING[place * 5 % 12] for place in range(12)]


def plus(gain: float, scores: Sequence[float]) -> list[float]:
    return [gain + score for score in scores]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (votes(RISING, plus(0.5, MIXED)), ["held", "held"]),
        (votes(RISING, plus(0.5, NEARLY)), ["held", "not held"]),
        (votes(plus(0.5, RISING), NEARLY), ["not held", "not held"]),
        (votes(RISING, [1.0] * 12), ["held", "too few runs"]),  # all perfect: there is no order
        (votes(RISING, NEARLY[::-1]), ["too few runs", "held"]),
        # The draws of votes disagree among themselves: that is chance, not L.
        (votes(RISING, plus(0.5, NEARLY), MIXED), ["held", "too few runs"]),
        (votes(RISING[:4], plus(0.5, MIXED[:4])), ["too few runs", "too few runs"]),
        (votes(RISING[:1], RISING[:1]), ["too few runs", "too few runs"]),
        # Five that all agree tell how far they rise, but not how surely others would agree.
        (votes(RISING[:5], plus(0.5, RISING[:5])), ["held", "too few runs"]),
    ],
)
def test_metric_l_verdicts(recipe: Any, lines: Table, expected: list[str]) -> None:
    assert [claim.verdict for claim in recipe("appendix-metric-L")["claims"](lines)] == expected


def test_models_are_compared_with_themselves(recipe: Any) -> None:
    """Scores rise by 0.01 in every model, which is little beside how models differ."""
    lines = votes(RISING[:5], [score + 0.01 + 0.0001 * place for place, score in enumerate(RISING[:5])])
    raised, _ = recipe("appendix-metric-L")["claims"](lines)
    assert (raised.verdict, raised.groups) == ("held", (5,))
    assert raised.estimate.value == pytest.approx(0.0102)


def test_one_order_blurred_is_no_other_order(recipe: Any) -> None:
    """Scores that agree with themselves by 0.9 and by 0.4 agree with each other by the root of 0.36 if they are one."""
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(4000, 1))
    blurred = [truth + math.sqrt(1 / r - 1) * generator.normal(size=(4000, 2)) for r in (0.9, 0.4)]
    both, one_order = recipe("orders")["agreements"](*blurred)
    assert both == pytest.approx(0.6, abs=0.03)
    assert one_order == pytest.approx(both, abs=0.03)


@pytest.mark.parametrize("reordered", [False, True])
def test_how_often_an_order_is_called_another(recipe: Any, reordered: bool) -> None:
    """Of 10 models: not in one order; in another if half of what makes the scores is new."""
    reordering = recipe("orders")["reordering"]
    generator = np.random.default_rng(1)
    found = []
    for _ in range(30):
        first, other = generator.normal(size=(2, 10, 1))
        second = first + other if reordered else first
        sides = [side + 0.1 * generator.normal(size=(10, 2)) for side in (first, second)]
        found.append(reordering(*sides).above < 0.05)
    assert np.mean(found) > 0.3 if reordered else not any(found)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("table1", as_table(as_in_the_paper())),
        ("table2", as_table([factors()])),
        ("appendix-mig-samples", as_table(sampled(0, 0.01))),
        ("appendix-metric-L", votes(RISING, MIXED)),
    ],
)
def test_the_report_knows_the_claims_of_pages_that_are_not_there(recipe: Any, name: str, lines: Table) -> None:
    listed = {(one.figure, one.claim, one.paper) for one in recipe("listed")["of_the_paper"]()}
    for claim in recipe(name)["claims"](lines):
        assert (name, claim.sentence.replace(f", on {claim.data_set}", ""), claim.paper) in listed


def page(figure: str, title: str, body: str, *claims: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Return the lines of a page; a claim is its sentence, verdict and statistic."""
    about = {"profile": "smoke", "about": "Profile smoke.", "results": 2, "missing": 0, "first_missing": None}
    return [
        {"kind": "page", "schema": 2, "figure": figure, "title": title, "body": body, **about},
        *(Claim(words, told, Verdict(verdict), figure=figure).record() for words, verdict, told in claims),
    ]


HOSTILE = (
    "<b>Bold</b> 'quoted' \"twice\" **strong** [run](javascript:alert(1)) &lt;b&gt; a_b_c `d`\n* ![up](../secret.png)",
    "held",
    "<i>x</i> **held**: | a | ~~b~~ <script>alert(2)</script>",
)
BODY = (
    "<img src=x onerror=alert(1)> [go](https://example.org) [run](javascript:alert(1)) <https://example.org> &lt;b&gt;"
    '\n\n![" onerror="alert(1)](https://example.org/a.png) ![up](../secret.png) ![no](notes.png)'
)
PAGES = [
    page(
        "figure3",
        "Figure 3: MIG",
        "| a | b |\n|---|---:|\n| c | 0.5 |",
        ("Ours is best (d).", "held", "median 0.3."),
        ("A < B.", "not held", "1."),
    ),
    page(
        "table1",
        "Table 1",
        "",
        ("Two runs.", "too few runs", "2."),
        ("Other data.", "not tested on a stand-in", "1."),
    ),
    page("figure1", "Figure 1 <script>alert(1)</script>", BODY, HOSTILE),
    page("../secret", "A picture outside the folder", ""),
]


@pytest.fixture
def report(recipe: Any, tmp_path: Path) -> str:
    """Return the report of four small pages."""
    figures = tmp_path / "smoke" / "figures"
    figures.mkdir(parents=True)
    for number, lines in enumerate(PAGES):
        (figures / f"{number}.claims.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (figures / "figure3.png").write_bytes(PNG)
    (tmp_path / "smoke" / "secret.png").write_bytes(PNG + b"secret")
    (figures / "figure1.png").symlink_to(tmp_path / "smoke" / "secret.png")
    (figures / "notes.png").write_text("no picture")
    text: str = recipe("report")["report"](figures, ["figure3", "figure6"])
    return text


def test_the_report_needs_nothing_else(report: str) -> None:
    sources = re.findall(r"""\bsrc=['"]?([^'" >]+)""", re.sub(r"&lt;.*?&gt;", "", report))
    assert len(sources) == 1
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.findall(r"<(script|link|iframe|object|embed|base|form)\b", report)
    assert not re.findall(r"url\(|@import", report)
    assert set(re.findall(r"href='([^']*)'", report)) == {"#figure1", "#table1", "#figure3", "#---secret"}
    assert "width=408" in report  # 1,020 pixels at 300 dots an inch


def test_the_report_sums_up_in_the_papers_order(report: str) -> None:
    assert "6 claims of the paper" in report
    assert report.index("id=figure1") < report.index("id=table1") < report.index("id=figure3")
    summary = report[report.index("<table class=summary>") : report.index("</table>")]
    words = re.findall(r"<b class='pill [a-z-]+'><span aria-hidden=true>.</span> ([a-z -]+)</b>", summary)
    assert words == ["held", "too few runs", "not tested on a stand-in", "held", "not held", "not run"]
    assert "Figure 6" in summary
    assert "A picture: no claim is tested." in summary
    assert "Not made yet: <code>figure6</code>" in report
    assert '<td style="text-align:right">0.5</td>' in report


def test_markdown_says_what_the_lines_say(recipe: Any) -> None:
    """A reader of Markdown sees each text as it is in the line, and nothing else."""
    markdown, reader = recipe("markdown_page"), MarkdownIt("commonmark").enable("table").enable("strikethrough")
    for words in (HOSTILE[0], HOSTILE[2], "# no heading", "- no list", "1. no list", "> no quotation", "&amp; &#38; &"):
        answer = f"{words}: not held, {words}"
        item = markdown["item"](Claim("", words, Verdict.NOT_HELD, answer=answer, paper=words))
        told = html.escape(" ".join(words.split()), quote=False).replace('"', "&quot;")
        said = f"{told}: <strong>not held</strong>, {told}"
        details = f"<ul>\n<li>Here: {told}</li>\n<li>The paper: {told}</li>\n</ul>"
        assert reader.render(item) == f"<ul>\n<li>{said}\n{details}\n</li>\n</ul>\n"
        table = markdown["table"](["a", words, "c"], [[words, -0.5, math.nan]])
        numbers = "".join(f'\n<td style="text-align:right">{cell}</td>' for cell in ("-0.500", ""))
        assert f"<td>{told}</td>{numbers}" in reader.render(table)


def test_hostile_text_stays_text(report: str) -> None:
    for told in (HOSTILE[0], HOSTILE[2]):
        assert html.escape(told) in report
    tags = set(re.findall(r"<([a-z0-9]+)", report.split("<main>")[1]))
    assert not tags & {"script", "iframe", "object", "style", "svg", "form", "base", "meta", "link", "embed"}
    assert len(re.findall(r"<img", report)) == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in report
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", report)
    assert not any("javascript:" in tag for tag in re.findall(r"<[^>]*>", report.split("<main>")[1]))
    assert "c2VjcmV0" not in report  # "secret" in base64: a picture outside the folder


MOON = json.dumps(page("moon1", "Moon", "")[0])
MOONS = """\
reproduce-moon1: ## the near side
\t@mkdir -p $(FIGURES); echo '{MOON}' >$(FIGURES)/moon1.claims.jsonl
DATA_moon2 := rocks
have_rocks := $(ROCKS)
needs_rocks := rocks: give ROCKS=basalt, or STANDIN=1
reproduce-moon2: ## the far side
\t@echo rocks are '$(ROCKS)$(STANDIN)'
.PHONY: reproduce-moon1 reproduce-moon2
""".replace("{MOON}", MOON)


def with_moons(make_folder: Workshop) -> Workshop:
    """Return a folder whose figures are those of a moon."""
    for file in (make_folder.folder / "recipes").glob("*.mk"):
        if file.name not in ("typed.mk", "data.mk", "runs.mk", "pages.mk"):
            file.unlink()
    (make_folder.folder / "recipes" / "moon.mk").write_text(MOONS)
    return make_folder


def test_all_figures_are_found_by_their_targets(make_folder: Workshop) -> None:
    listed = set(re.findall(r"^  reproduce-(\S+) ", make_folder.make("help"), re.MULTILINE))
    assert {"table1", "table2", "figure3", "appendix-mig-samples", "appendix-metric-L"} <= listed
    plan = make_folder.make("-n", "reproduce-all", "PROFILE=smoke", "STANDIN=1")
    for name in listed - {"all", "report"}:
        assert f"recipes/{name}.py out/smoke/figures/{name}" in plan


def test_what_needs_fetched_data_is_left_out_of_all_and_said(make_folder: Workshop) -> None:
    said = with_moons(make_folder).make("reproduce-all")
    assert "Left out: moon2, which needs rocks: give ROCKS=basalt, or STANDIN=1\n" in said
    assert "rocks are" not in said
    assert (make_folder.folder / "out/laptop/report.html").exists()
    said = make_folder.make("reproduce-all", "ROCKS=basalt")
    assert "rocks are basalt" in said
    assert "Left out" not in said


def test_all_make_their_report_even_if_one_of_them_fails(make_folder: Workshop) -> None:
    (with_moons(make_folder).folder / "recipes" / "moon.mk").write_text(MOONS.replace("@echo", "@false"))
    make_folder.make("-k", "reproduce-all", "ROCKS=basalt", status=2)
    assert (make_folder.folder / "out/laptop/report.html").exists()


def test_smoke_is_all_in_its_tiniest_form(make_folder: Workshop) -> None:
    assert "rocks are 1" in with_moons(make_folder).make("smoke")
    (make_folder.folder / "recipes" / "moon.mk").write_text(MOONS.replace("@mkdir", "@false; mkdir"))
    (make_folder.folder / "out/smoke/report.html").unlink()
    assert "rocks are 1" in make_folder.make("smoke", status=2)
    assert (make_folder.folder / "out/smoke/report.html").exists()
    assert "[Moon](moon1.md)" in (make_folder.folder / "out/smoke/figures/README.md").read_text()


def test_a_report_of_nothing_says_what_to_make(make_folder: Workshop) -> None:
    with_moons(make_folder).make("reproduce-report", status=2)
