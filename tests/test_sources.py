"""What a page says of its images and its budget, and how the report's opening table takes it up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.makefile import recipe
from helpers.result_lines import as_table, mig_line
from tcvae_cli.results import Claim, Estimate, Table, Verdict

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names in the recipes that are tried here."""
    return {
        key: one
        for name in ("pages", "sources", "page", "listed", "overview", "summary", "markdown_page")
        for key, one in recipe(f"{name}.py", monkeypatch).items()
    }


def runs(*sizes: tuple[str, int, int], seeds: int = 1, **changes: Any) -> Table:
    """Return the results of runs, each of an objective, steps and a batch."""
    lines = []
    for objective, steps, batch in sizes:
        settings = {"steps": steps, "batch_size": batch}
        lines += [mig_line(objective, 1, seed, 0.1, rows=5000, settings=settings, **changes) for seed in range(seeds)]
    return as_table(lines)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([("vae", 3000, 512), ("beta-vae", 3000, 512)], "3,000 steps of 512 images"),
        (
            [("infogan", 6000, 64), ("beta-tcvae", 3000, 512), ("vae", 3000, 512)],
            "3,000 steps of 512 images (VAE, beta-TCVAE), 6,000 of 64 (InfoGAN)",
        ),
        ([("vae", 3000, 128), ("vae", 3000, 64)], "3,000 steps of 64 images, 3,000 of 128"),  # not told apart by method
    ],
)
def test_a_budget_in_words(sizes: list[tuple[str, int, int]], expected: str, names: dict[str, Any]) -> None:
    (found,) = names["sources"](runs(*sizes, seeds=3))
    assert (found.training, found.seeds, found.images) == (expected, "0-2", 5000)


@pytest.mark.parametrize(
    ("provenance", "origin"),
    [
        ("rendered from the published geometry; part of x", "rendered"),
        ("stand-in for the Basel faces: CC0 heads", "stand-in"),
        ("converted from the published file", "real"),
        ("made from a grid of factors", "constructed"),
        (None, "unknown"),
    ],
)
def test_where_images_come_from(provenance: str | None, origin: str, names: dict[str, Any]) -> None:
    (found,) = names["sources"](runs(("vae", 1, 1), provenance=provenance))
    assert found.origin == origin


def test_samplings_of_one_data_set_are_one_source(names: dict[str, Any]) -> None:
    parts = [f"stand-in for faces: heads; part of {DIGEST}: with bias {bias}" for bias in "AB"]
    lines = [mig_line("vae", 1, 0, 0.1, provenance=part, data_digest=f"sha256:{part[-1]}") for part in parts]
    assert [one.data_set for one in names["sources"](as_table(lines))] == ["dsprites (stand-in for faces, part)"]
    about = names["about"]("laptop", as_table(lines))
    assert "part of sha256:01234567: with bias A; part of sha256:01234567: with bias B." in about


def test_how_methods_were_trained_beside_each_other(names: dict[str, Any]) -> None:
    """What differs is a table, in which methods that were trained alike share a row; the rest is a sentence."""
    of_infogan = {"steps": 2000, "batch_size": 64, "latents": 5, "learning_rate": 0.001}
    of_others = {"steps": 1000, "batch_size": 256, "latents": 10, "learning_rate": 0.001}
    alike = [mig_line(one, 1, seed, 0.1, settings=of_others) for one in ("beta-vae", "vae") for seed in (0, 1)]
    lines = [mig_line("infogan", 1, 0, 0.1, settings=of_infogan), *alike]
    assert names["about"]("laptop", as_table(lines)).endswith(
        "| method | latents | steps | images a step | images seen (at most) |\n|---|---|---|---|---|\n"
        "| VAE, beta-VAE | 10 | 1,000 | 256 | 256,000 |\n| InfoGAN | 5 | 2,000 | 64 | 128,000 |\n\n"
        "Equal in all runs: network not told, precision not told, learning rate 0.001."
    )
    faces = [mig_line("factorvae", 1, 0, 0.1, settings=of_others, data_set="faces", data_digest="sha256:1")]
    assert "| VAE, beta-VAE | dsprites |\n| FactorVAE | faces |\n\nEqual" in names["about"](
        "laptop", as_table([*alike, *faces])
    )
    one_method = names["about"]("laptop", as_table(faces))
    assert "All runs: network not told, latents 10, steps 1,000, images a step 256, " in one_method
    assert one_method.endswith(" The discriminator of FactorVAE sees as many images again.")


def test_what_was_not_trained_has_no_training(names: dict[str, Any]) -> None:
    counted = {"kind": "factors", "data_set": "dsprites", "provenance": "rendered", "rows": 9}
    assert "All runs" not in names["about"]("laptop", as_table([counted]))


@pytest.mark.parametrize(
    ("figure", "trained", "expected"),
    [
        ("figure2", ["dsprites (rendered)", "faces-stand-in"], ["To all of them.", "dSprites: d.", "Faces: f."]),
        ("figure2", ["celeba"], ["To all of them."]),
        ("figure5", ["faces-stand-in"], ["To all of them.", "Figure 5: own."]),
        ("table1", [], []),
    ],
)
def test_a_page_tells_of_the_profile_what_concerns_it(
    figure: str, trained: list[str], expected: list[str], names: dict[str, Any], tmp_path: Path
) -> None:
    paragraphs = ["To all of them.", "dSprites: d.", "Faces: f.", "Figure 5: own."]
    (tmp_path / "budget.md").write_text("\n\n".join(paragraphs) + "\n")
    assert names["note_on"](str(tmp_path), figure, trained) == "\n\n".join(expected)


def test_each_paragraph_on_the_laptop_profile_is_told_on_some_page(names: dict[str, Any]) -> None:
    listed = names["of_the_paper"]()
    pages = [names["note_on"]("laptop", one.figure, [one.data]) for one in listed]
    whole = (names["RECIPES"] / "laptop" / "budget.md").read_text().strip().split("\n\n")
    assert {part for page in pages for part in page.split("\n\n")} == set(whole)


def test_runs_of_numbers_in_short(names: dict[str, Any]) -> None:
    assert [names["spans"](numbers) for numbers in ([], [3], [0, 1, 2, 5], [0, 2, 3])] == ["", "3", "0-2, 5", "0, 2-3"]


def told(names: dict[str, Any], *sources: Any, claims: tuple[Claim, ...] = ()) -> list[Any]:
    """Return a page of figure 3 with its claims."""
    page = names["Page"]("figure3", "t", "laptop", "", "", 1, 0, None, sources=sources)
    return [(page, list(claims))]


def test_a_page_survives_its_line_and_older_pages_are_read(names: dict[str, Any], tmp_path: Path) -> None:
    (page, claims), path = told(names, *names["sources"](runs(("vae", 1, 1))))[0], tmp_path / "figure3.claims.jsonl"
    path.write_text(json.dumps(page.record()))
    read, found = names["read_page"](path)
    assert (read.record(), found) == (page.record(), claims)
    older = {
        key: value for key, value in page.record().items() if key not in ("caption", "elsewhere", "note", "sources")
    }
    path.write_text(json.dumps(older))
    assert names["read_page"](path)[0].sources == ()


def test_claims_that_nothing_was_run_for_are_listed(names: dict[str, Any]) -> None:
    unrun, dsprites = names["unrun"], names["sources"](runs(("vae", 1, 1)))
    missing = unrun(told(names, *dsprites), ["figure3", "figure6"])
    assert {(one.figure, one.data) for one in missing} == {("figure3", "faces"), ("figure6", "chairs")}
    faces = names["sources"](runs(("vae", 1, 1), data_set="faces-stand-in"))
    assert unrun(told(names, *dsprites, *faces), ["figure3"]) == []
    assert unrun(told(names), ["figure3"]) == []  # an older page, which tells of no data set


def test_the_row_of_a_claim(names: dict[str, Any]) -> None:
    found = Estimate(0.07, 0.02, 0.12, (10, 10))
    claim = Claim("Ours is best, on dsprites.", "", Verdict.HELD, "dsprites", estimate=found, paper="Figure 3")
    sources = names["sources"](runs(("vae", 30, 8)))
    (page, _) = told(names, *sources)[0]
    row = names["cells"](*names["rows_of"](page, [claim]))
    newer = replace(claim, sentence="Ours is best, on dSprites.")
    assert names["cells"](*names["rows_of"](page, [newer])) == row
    for said in ("<td>Ours is best.</td>", "0.07 (0.02 to 0.12)", "<span>10 runs each</span>", "<td>Figure 3</td>"):
        assert said in row
    assert "<span>30 steps of 8 images</span><span>dsprites (rendered): 5,000 images</span>" in row
    assert "left:57.7%;width:38.6%" in row  # of a strip that reaches 8% beyond 0.12 on each side of 0


@pytest.mark.parametrize(
    ("answer", "runs", "expected"),
    [
        ("A: held, r = -0.6, 10 runs each.", (10, 10), "r = -0.6"),
        ("A: held, r = -0.6, 10 runs at each beta. B.", (10, 10), "r = -0.6. B"),
        ("A: held, B 1.00, C 0.51.", (), "B 1.00, C 0.51"),
        ("A: held.", (), ""),
        ("", (), ""),
    ],
)
def test_the_size_of_an_effect_is_as_the_answer_says_it(
    answer: str, runs: tuple[int, ...], expected: str, names: dict[str, Any]
) -> None:
    assert names["size_of"](Claim("A.", "", Verdict.HELD, runs=runs, answer=answer)) == expected


def test_each_claim_of_the_paper_is_of_a_figure_that_make_knows(names: dict[str, Any]) -> None:
    targets = "".join(path.read_text() for path in names["PAPER"].parent.glob("*.mk"))
    rows = [line.split("\t") for line in names["PAPER"].read_text().splitlines()]
    assert rows[0] == ["figure", "data", "claim", "paper"]
    assert all(len(row) == 4 and f"reproduce-{row[0]}: " in targets for row in rows[1:])


def test_claims_about_trainings_are_tallied_apart(names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of constructed codes and of counts hold without any training, and should not add to a headline."""
    counted = {"kind": "factors", "data_set": "dsprites", "provenance": "rendered", "rows": 9}
    about = {verdict: Claim("A.", "", verdict, "dsprites") for verdict in (Verdict.HELD, Verdict.TOO_FEW)}
    trained = told(names, *names["sources"](runs(("vae", 30, 8))), claims=(*about.values(), about[Verdict.HELD]))
    untrained = told(names, *names["sources"](as_table([counted])), claims=(about[Verdict.HELD],))
    rows = [row for page, claims in [*trained, *untrained] for row in names["rows_of"](page, claims)]
    words = "3 claims about trainings: 2 held, 1 too few runs; 1 claim about constructed codes or counts: 1 held."
    assert names["tallied"](rows) == words
    assert names["tallied"]([]) == "No claims yet."
    html = recipe("summary.py", monkeypatch)["tally"](rows)
    assert html.startswith("<p class=tally>4 claims of the paper</p><p class=tally>3 claims about trainings: <b ")
    assert html.count("<div class=bar") == 2


def test_the_table_of_all_claims_in_markdown(names: dict[str, Any]) -> None:
    claim = Claim(
        "Ours | best, on dsprites.", "", Verdict.HELD, "dsprites", runs=(5, 5), answer="A: held, by 1, 5 runs each."
    )
    pages = told(names, *names["sources"](runs(("vae", 30, 8))), claims=(claim,))
    markdown = names["as_markdown"](names["overview"](pages, ["figure3", "figure6"]), "laptop")
    lines = markdown.splitlines()
    assert lines[2].startswith(
        "1 claim about trainings: 1 held; 4 claims of which nothing was run. "
    )  # three of faces, one of chairs
    budget = "5 runs each | 30 steps of 8 images | dsprites (rendered): 5,000 images"
    assert lines[6] == f"| [t](figure3.md) | Ours \\| best. | held | by 1 | {budget} |  |"
    assert lines[7].startswith("|  | ")
    assert lines[10].startswith("| Figure 6 | ")


@pytest.mark.parametrize(
    ("data_set", "expected"),
    [
        ("dsprites", ", on dSprites"),
        ("dsprites (rendered, part)", ", on dSprites (rendered, part)"),
        ("faces", ", on the Basel faces"),
        ("faces-stand-in", ", on the stand-in for the Basel faces"),
        ("photos", ", on photos"),
        ("constructed codes", ", on constructed codes"),
    ],
)
def test_a_claim_names_its_data_set_as_people_write_it(data_set: str, expected: str, names: dict[str, Any]) -> None:
    assert names["on"](data_set) == expected
    for sentence in (f"Ours is best{expected}.", f"Ours is best, on {data_set}."):  # as now, and as older lines have it
        assert names["without_place"](Claim(sentence, "", Verdict.HELD, data_set)) == "Ours is best."


def test_a_page_begins_with_its_first_claims_and_all_that_are_not_held(names: dict[str, Any]) -> None:
    of_a = [Verdict.HELD, Verdict.NOT_HELD, Verdict.TOO_FEW]
    of_b = [Verdict.NOT_HELD, Verdict.STAND_IN, Verdict.NOT_HELD]
    made = [Claim(f"{place}", "", one, "a" if place < 3 else "b") for place, one in enumerate([*of_a, *of_b])]
    assert [claim.sentence for claim in names["leading"](made)] == ["0", "3", "1", "5"]
    page = names["Page"]("figure3", "t", "laptop", "", "", 1, 0, None)
    head = names["markdown"](page, made).partition("![t]")[0].split("\n\n")
    assert head[1:6] == [
        *["0: **held**.", "3: **not held**.", "1: **not held**.", "5: **not held**."],
        "6 claims: 1 held, 3 not held, 1 too few runs, 1 not tested on a stand-in.",
    ]
