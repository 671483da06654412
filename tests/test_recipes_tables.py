"""The pages of tables 1 and 2 and of the appendices on metrics, on constructed results; constructed codes."""

import math
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.result_lines import as_table
from tcvae_cli.results.table import Table

ROOT = Path(__file__).parent.parent


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


@pytest.mark.parametrize(("provenance", "told"), [("rendered from the geometry", True), ("converted", False)])
def test_table2_says_that_it_counts_what_was_rendered_here(recipe: Any, provenance: str, told: bool) -> None:
    page, results = recipe("table2"), as_table([factors(provenance=provenance)])
    assert ("confirms the rendering rather than the paper" in page["body"](results)) == told
    assert ("737,280 rendered images" in page["claims"](results)[0].statistic) == told


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
    assert "| Kim & Mnih | axis-aligned | 1.000 | 0.500 | 50% | yes | yes |" in page["body"](lines)
    assert "Higgins et al. 30%, Kim & Mnih 30%, MIG 3%. L was 5, 500; S was 100." in page["body"](lines)


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
    assert (claim.verdict, claim.needed) == (expected, None)  # more runs would tell nothing, more seeds may
    assert f" from the exact value where it is furthest (S = 100, mean of {seeds} draws of samples)" in claim.answer
    assert claim.answer.endswith(f" 1 run. About {needed} new draws at each S would do." if needed else " 1 run.")
    assert claim.estimate.value == pytest.approx(away)
    assert f"| 100 | {seeds} | {0.2 + away:.4f} | {away:+.4f} |" in page["body"](lines)


def test_samples_tell_by_which_factors_the_mean_is_away(recipe: Any) -> None:
    """Two gaps err by 0.02 and -0.01 at the least S, of which MIG has the mean."""
    lines = sampled(0.005, 0.01)
    for line in lines:
        away = (0.02, -0.01) if line["samples"] == 100 else (0, 0)
        line |= {"factors": ["scale", "pos|X"], "gap_per_factor": [0.1 + away[0], 0.3 + away[1]]}
    told = " at S = 100 the mean gap less the exact one is scale +0.0200, pos\\|X -0.0100. "
    body = recipe("appendix-mig-samples")["body"]
    assert told in body(as_table(lines))
    assert "less the exact one" not in body(as_table(sampled(0.005, 0.01)))


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
    claims = recipe("appendix-metric-L")["claims"](lines)
    assert [claim.verdict for claim in claims] == expected
    assert ("gives P " in claims[1].statistic) == bool(claims[1].estimate and claims[1].estimate.above >= 0)


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
    without_place = recipe("page")["without_place"]
    for claim in recipe(name)["claims"](lines):
        assert (name, without_place(claim), claim.paper) in listed
