"""The pages of the ablations and of batch size: each verdict on runs made up for it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from helpers.makefile import ROOT, recipe
from helpers.result_lines import ablated, as_table, estimated, mig_line, parsed
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results import read_claims
from tcvae_cli.results.table import Table

Page = Callable[[str], dict[str, Any]]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return the names in a recipe of a page."""
    return lambda name: recipe(f"{name}.py", monkeypatch)


@pytest.mark.parametrize(
    ("name", "key", "first", "second"),
    [
        ("appendix-alpha", "alpha", 0.0, 1.0),
        ("appendix-flow", "prior", "flow", "normal"),
    ],
)
@pytest.mark.parametrize(("gain", "expected"), [(0.001, "held"), (0.08, "not held"), (-0.08, "not held")])
def test_no_difference(
    page: Page, name: str, key: str, first: object, second: object, gain: float, expected: str
) -> None:
    recipe = page(name)
    lines = ablated(key, {first: gain, second: 0})
    (claim,) = recipe["claims"](as_table(lines))
    assert (claim.verdict, claim.needed) == (expected, None)
    assert f"the mean MIG with {first:{'g' if key == 'alpha' else ''}} less that with " in claim.statistic
    assert claim.statistic.startswith("on average over betas 1, 4 and 6, ")
    assert f" is {gain:.3f} (" in claim.statistic
    assert f"a difference of {gain:.3f} (" in claim.answer
    assert claim.sentence == f"{recipe['SAYING'].words}, on dSprites."
    (few,) = recipe["claims"](as_table(ablated(key, {first: gain}, (1,))))
    assert (few.verdict, few.needed) == ("too few runs", None)


def test_runs_that_differ_in_more_are_refused(page: Page) -> None:
    lines = [*ablated("alpha", {0.0: 0, 1.0: 0}), mig_line("beta-tcvae", 1, 9, 0.5, settings={"steps": 7})]
    with pytest.raises(TcvaeError, match="line 31: differs in 'steps' from line 6"):
        page("ablation")["split"](as_table(lines), "alpha")


def test_runs_of_other_methods_are_left_out_with_a_note(page: Page) -> None:
    """beta-VAE would change the difference: its MIG is 0.9 with alpha 0 and 0.1 with 1."""
    lines = ablated("alpha", {0.0: 0, 1.0: 0})
    others = [
        mig_line("beta-vae", 6, seed, 0.9 - 0.8 * alpha, settings={"alpha": alpha})
        for alpha in (0.0, 1.0)
        for seed in range(9)
    ]
    notes: list[str] = []
    mixed = Table(parsed([*lines, *others]), notes.append)
    assert page("appendix-alpha")["claims"](mixed) == page("appendix-alpha")["claims"](as_table(lines))
    assert any(note.startswith("left out 18 runs of methods other than beta-tcvae") for note in notes)


def test_to_find_no_difference_takes_runs_that_would_show_one(page: Page) -> None:
    """The two are alike, but so few runs that spread so far leave differences beyond the margin possible."""
    wide = [0.1, 0.2, 0.3, 0.4, 0.5]
    strata = {6.0: {"mss": wide, "mws": wide}}
    of_pages = page("appendix-estimators")
    found = page("ablation")["no_difference"](of_pages["SAYING"], "d", strata, ("mss", "mws"))
    assert (found.verdict, found.groups) == ("too few runs", (5, 5))
    more = dict.fromkeys(map(float, range(found.needed // 5 + 1)), strata[6.0])  # as many runs, at several betas
    assert page("ablation")["no_difference"](of_pages["SAYING"], "d", more, ("mss", "mws")).verdict == "held"
    strata[6.0] = {"mss": [0.1, 0.2, 0.3], "mws": [0.4, 0.5, 0.6]}
    assert page("ablation")["no_difference"](of_pages["SAYING"], "d", strata, ("mss", "mws")).verdict == "too few runs"


def test_the_difference_is_that_within_each_beta(page: Page) -> None:
    """One beta has more runs of the one, another of the other: that moves no mean."""
    strata = {1.0: {"a": [0.1] * 9, "b": [0.2]}, 4.0: {"a": [0.5], "b": [0.6] * 9}, 6.0: {"a": [0.9]}}
    recipe = page("ablation")
    assert recipe["compare"](strata, "a", "b").difference().value == pytest.approx(-0.1)


def test_a_page_tells_the_difference_at_each_beta_and_that_of_the_claim(page: Page) -> None:
    """At one beta 0.04 for, at the other 0.04 against: that is no difference on average."""
    lines = [*ablated("alpha", {0.0: 0.04, 1.0: 0}, (4,)), *ablated("alpha", {0.0: 0, 1.0: 0.04}, (10,))]
    recipe = page("appendix-alpha")
    (claim,) = recipe["claims"](as_table(lines))
    body = page("ablation")["body"](as_table(lines), "alpha", recipe["VALUES"])
    assert "| data set | beta | alpha 0 less 1 |" in body
    told = [row.split(" | ")[1:] for row in body.splitlines()[-3:]]
    assert [(beta, cell.split(" (")[0]) for beta, cell in told] == [
        ("4", "0.040"),
        ("10", "-0.040"),
        ("4 and 10, on average", "0.000"),
    ]
    assert told[-1][1].removesuffix(" |") in claim.answer
    assert page("ablation")["NO_DIFFERENCE"] in body
    alone = [line for line in lines if line["settings"]["alpha"]]
    assert "less" not in page("ablation")["body"](as_table(alone), "alpha", recipe["VALUES"])


@pytest.mark.parametrize("figure", ["figure2", "figure3", "figure5"])
def test_no_difference_is_less_than_what_pages_call_a_difference_of_methods(page: Page, figure: str) -> None:
    """NO_DIFFERENCE says so on every page that has the margin."""
    of_methods = re.compile("At equal ELBO|highest median|falls below|is above that of")
    claims = read_claims(ROOT / f"results/laptop/{figure}.claims.jsonl")
    leads = [claim.estimate for claim in claims if of_methods.search(claim.sentence) and claim.verdict == "held"]
    margin = page("ablation")["MARGIN"]
    assert all(lead and lead.value > margin for lead in leads)
    assert f"within {margin:g} of MIG on both sides" in " ".join((ROOT / "docs/verdicts.md").read_text().split())


@pytest.mark.parametrize(("gain", "expected"), [(0.1, "held"), (0, "too few runs"), (-0.1, "not held")])
def test_batch_size(page: Page, gain: float, expected: str) -> None:
    claims = page("appendix-batch-size")["claims"]
    sizes = {64 * 4**power: gain * power for power in range(3)}
    (found,) = claims(as_table(ablated("batch_size", sizes, (6,))))
    assert found.verdict == expected
    assert found.estimate.value == pytest.approx(gain / 2)  # a step is two doublings
    assert f" by {abs(gain) / 2:.3f} (" in found.answer
    (few,) = claims(as_table(ablated("batch_size", {64: 0.0}, (6,))))
    assert few.verdict == "too few runs"


def test_the_slope_over_batch_sizes_is_that_of_means(page: Page) -> None:
    """Slopes of 0.1 and 0.3 a doubling, whatever the level of each beta and how many runs a size has."""
    curves = [{"64": [0.1], "256": [0.3, 0.3, 0.3]}, {"64": [0.0, 0.2], "128": [0.4], "256": [0.6, 0.8]}]
    assert page("appendix-batch-size")["slope"](curves).value == pytest.approx(0.2)


def test_estimators_at_equal_beta_and_at_equal_kl(page: Page) -> None:
    """MSS penalises twice as much as MWS: MIG differs by a hundredth of the KL at equal beta, and not at equal KL."""
    recipe = page("appendix-estimators")
    alike = recipe["claims"](as_table(estimated({"mws": 0.4, "mss": 0.8})))
    assert [claim.verdict for claim in alike] == ["not held", "held", "held"]
    assert [claim.estimate.value for claim in alike] == pytest.approx([-0.4 * (2 + 4 + 8) / 300, 0, 0], abs=1e-3)
    apart = recipe["claims"](as_table(estimated({"mws": 0.4, "mss": 0.8}, {"mss": 0.05})))
    assert [claim.verdict for claim in apart[1:]] == ["not held"] * 2
    assert "over the KL that both reach" in apart[1].statistic
    assert [claim.sentence for claim in apart] == [f"{one.words}, on dSprites." for one in recipe["SAYINGS"]]
    assert apart[2].groups == (6, 6)


def test_estimators_that_share_no_kl_are_not_compared_there(page: Page) -> None:
    found = page("appendix-estimators")["claims"](as_table(estimated({"mws": 0.1, "mss": 1})))
    assert [claim.verdict for claim in found[1:]] == ["too few runs"] * 2
    assert "no KL in common" in found[1].statistic
    few = [line for line in estimated({"mws": 0.4, "mss": 0.8}) if line["settings"]["seed"] < 4]
    assert {claim.verdict for claim in page("appendix-estimators")["claims"](as_table(few))} == {"too few runs"}


def test_estimators_are_those_that_were_run(page: Page) -> None:
    recipe = page("appendix-estimators")
    body = recipe["body"](as_table(estimated({"mws": 0.4, "mss": 0.8})))
    assert ("| mss less mws | KL | " in body, "exact" in body.split("How estimators differ")[1]) == (True, False)
    body = recipe["body"](as_table(estimated({"mws": 0.4, "exact": 0.1})))
    rows = [line for line in body.splitlines() if "| exact less mws |" in line]
    equal = ["beta 2", "beta 4", "beta 8", "beta 2, 4 and 8, on average", "KL", "ELBO"]
    assert [row.split(" | ")[2] for row in rows] == equal
    assert "| none in common |" not in "".join(rows[:4])
    assert "same betas" not in body
    (alone,) = {claim.answer.split(": ")[1] for claim in recipe["claims"](as_table(estimated({"mws": 0.4})))[1:]}
    assert alone.startswith("too few runs")


def test_estimators_at_other_betas_are_told_of(page: Page) -> None:
    lines = estimated({"mws": 0.4, "exact": 0.1})
    kept = [one for one in lines if (one["settings"]["estimator"], one["settings"]["beta"]) != ("exact", 2)]
    body = page("appendix-estimators")["body"](as_table(kept))
    assert body.startswith(
        "Not all estimators were trained at the same betas, on dSprites: exact at 4 and 8; mws at 2, "
    )
    assert "| beta 4 and 8, on average | " in body


def test_a_claim_and_its_table_have_one_interval(page: Page) -> None:
    """Also where a seed has no run at some beta."""
    recipe = page("appendix-estimators")
    runs = as_table(estimated({"mws": 0.4, "mss": 0.8})[:-2])
    claim, *_ = recipe["claims"](runs)
    (row,) = [row for row in recipe["body"](runs).splitlines() if "on average" in row and "mss less mws" in row]
    assert f"a difference of {row.split(' | ')[3]}, 5 to 6 runs at each beta" in claim.answer.replace(" so far", "")


def test_the_report_knows_these_claims(page: Page) -> None:
    """The list is of what the report shows where nothing was run."""
    listed = {(one.figure, one.claim, one.paper) for one in page("listed")["of_the_paper"]()}
    for name in ("appendix-alpha", "appendix-flow", "appendix-batch-size"):
        assert (name, f"{page(name)['SAYING'].words}.", page(name)["SAYING"].paper) in listed
    for one in page("appendix-estimators")["SAYINGS"]:
        assert ("appendix-estimators", f"{one.words}.", one.paper) in listed
