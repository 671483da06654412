"""The report and pages, on hostile texts; the targets of make that write them."""

import html
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from helpers.makefile import Workshop
from helpers.makefile import recipe as names_in
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.claim import Claim
from tcvae_cli.results.verdict import Verdict

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (1020).to_bytes(4) + (600).to_bytes(4)


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return a function from the name of a recipe to the names in it."""
    return lambda name: names_in(f"{name}.py", monkeypatch)


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


def test_smoke_says_first_that_its_numbers_mean_nothing(recipe: Any, report: str, tmp_path: Path) -> None:
    warning = "its numbers mean nothing"
    assert report.index(warning) < report.index("<table class=summary>")
    for profile, said in (("smoke", 1), ("laptop", 0)):
        assert recipe("overview")["as_markdown"]([], profile).count(warning) == said
        told = recipe("page")["Page"]("figure3", "t", profile, "", "", 0, 0, None)
        assert recipe("markdown_page")["markdown"](told, []).split("![")[0].count(warning) == said


@pytest.mark.parametrize("arguments", [[], ["FOLDER"]])
def test_a_report_of_nothing_is_refused_with_the_cure(recipe: Any, tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(TcvaeError, match=r"out/PROFILE/figures|make reproduce-figure3"):
        recipe("report")["write_report"]([str(tmp_path) for _ in arguments])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("verdict", "warned"), [("held", True), ("not held", True), ("too few runs", False)])
def test_verdicts_may_be_false_where_there_are_any(recipe: Any, tmp_path: Path, verdict: str, warned: bool) -> None:
    lines = page("figure3", "t", "", ("A.", verdict, "1."))
    (tmp_path / "figure3.claims.jsonl").write_text("\n".join(map(json.dumps, lines)))
    names = recipe("report")
    rows = names["overview"](names["read_pages"](tmp_path), ["figure3"])
    for text in (names["as_markdown"](rows, "laptop"), names["report"](tmp_path, ["figure3"])):
        assert ("may be false" in text) == warned


def test_what_the_marks_of_a_picture_are_stands_below_it(recipe: Any, tmp_path: Path) -> None:
    (line,) = page("figure3", "Figure 3", "")
    path = tmp_path / "figure3.claims.jsonl"
    path.write_text(json.dumps(line | {"caption": "A dot is a <b>run."}))
    markdown = recipe("markdown_page")["markdown"](*recipe("page")["read_page"](path))
    assert "](figure3.png)\n\nA dot is a <b>run.\n\n## " in markdown
    report = recipe("report")["report"](tmp_path, ["figure3"])
    assert "No picture: Figure 3</em></p>\n<div class=caption><p>A dot is a &lt;b&gt;run.</p>" in report


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
        if file.name not in ("experiments.mk", "typed.mk", "data.mk", "runs.mk", "pages.mk"):
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
