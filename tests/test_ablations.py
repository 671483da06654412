"""The pages of the ablations and of batch size: each verdict on runs made up for it."""

from collections.abc import Callable
from typing import Any

import pytest

from helpers.makefile import recipe
from helpers.result_lines import ablated, as_table, mig_line, parsed
from tcvae_cli.errors import TcvaeError
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
        ("appendix-estimators", "estimator", "mss", "mws"),
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
    assert f" is {gain:.3f} (" in claim.statistic
    assert f"a difference of {gain:.{3 if abs(gain) < 0.005 else 2}f} (" in claim.answer
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
    """The two are alike, but so few runs that spread so far leave differences beyond 0.1 possible."""
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


def test_estimators_are_those_that_were_run(page: Page) -> None:
    claims = page("appendix-estimators")["claims"]
    body = page("appendix-estimators")["body"]
    pair = {"mws": 0.0, "mss": 0.0}
    two, three = (as_table(ablated("estimator", levels)) for levels in (pair, {**pair, "exact": 0.0}))
    assert [claim.verdict for lines in (two, three) for claim in claims(lines)] == ["held", "held"]
    assert "exact less that with mws" not in body(two)
    assert "exact less that with mws" in body(three)
