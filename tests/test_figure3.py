"""The verdicts of figure 3, on scores that are made for them."""

from typing import Any

import pytest

from helpers.makefile import recipe
from tcvae_cli.results.setting import Setting

OURS = Setting("beta-tcvae", 6)
SETTINGS = {
    **{"vae": Setting("vae"), "beta_vae": Setting("beta-vae", 4), "infogan": Setting("infogan")},
    **{"factorvae": Setting("factorvae", 35), "beta_tcvae": OURS},
}


def around(level: float, runs: int = 5) -> list[float]:
    """Return runs of MIG from LEVEL on, which are told apart."""
    return [level + 0.001 * run for run in range(runs)]


def scores(**changed: list[float]) -> dict[Setting, list[float]]:
    """Return MIG of runs of figure 3's settings."""
    return {setting: changed.get(name, around(0.1)) for name, setting in SETTINGS.items()}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return recipe("figure3.py", monkeypatch)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"beta_vae": around(0.2), "beta_tcvae": around(0.3)}, "held"),
        ({"beta_vae": [0.2, 0.2, 0.2, 0.9, 0.9], "beta_tcvae": around(0.3)}, "too few runs"),  # perhaps by chance
        ({"beta_vae": around(0.3), "beta_tcvae": around(0.2)}, "not held"),
        ({"beta_vae": around(0.3), "beta_tcvae": around(0.3)}, "too few runs"),
        ({"beta_vae": around(0.2), "beta_tcvae": around(0.3, runs=4)}, "too few runs"),
    ],
)
def test_the_highest_median(changed: dict[str, list[float]], expected: str, page: dict[str, Any]) -> None:
    assert page["highest"]("d", scores(**changed)).verdict == expected
    others = {setting: values for setting, values in scores(**changed).items() if setting != SETTINGS["infogan"]}
    assert page["highest"]("d", others).verdict == "too few runs"  # "of all" is of all five
    del others[OURS]
    assert page["highest"]("d", others).verdict == "too few runs"


def test_ranks_and_medians_must_say_the_same(page: dict[str, Any]) -> None:
    """Runs in two clusters are the larger in 320 of 441 pairs, P = 0.006, and have the lower median all the same."""
    larger = around(0.301, 11) + around(0.6, 10)
    higher = around(0.1, 10) + around(0.35, 11)
    held = page["highest"]("d", scores(beta_tcvae=larger, beta_vae=higher))
    assert (held.estimate.above < 0.05, held.verdict, held.needed) == (True, "too few runs", None)
    not_held = page["highest"]("d", scores(beta_tcvae=higher, beta_vae=larger))
    assert (not_held.estimate.below < 0.05 / 4, not_held.verdict) == (True, "too few runs")
    assert held.answer.endswith(" Medians and ranks say the opposite of each other.")
    assert not_held.answer.endswith(" Medians and ranks say the opposite of each other.")


def test_no_number_of_runs_makes_up_for_a_method_that_was_not_run(page: dict[str, Any]) -> None:
    apart = scores(beta_vae=[0.1, 0.2, 0.3, 0.4, 0.5], beta_tcvae=[0.15, 0.25, 0.35, 0.45, 0.55])
    fewer = {setting: values for setting, values in apart.items() if setting != SETTINGS["infogan"]}
    assert page["highest"]("d", apart).needed > 5
    for name in ("highest", "near"):
        claim = page[name]("d", fewer)
        assert (claim.needed, claim.answer.endswith(" Not run: InfoGAN.")) == (None, True)
    answer = page["highest"]("d", fewer).answer
    assert (
        "than those of beta-VAE (4), the nearest of 3 others, medians 0.350 and 0.300 so far, 5 runs each. " in answer
    )
    assert answer.endswith(" Not run: InfoGAN.")


def test_the_answer_names_the_closest_other(page: dict[str, Any]) -> None:
    claim = page["highest"]("d", scores(beta_vae=around(0.2), beta_tcvae=around(0.3)))
    assert claim.answer == (
        "beta-TCVAE (beta 6) has the highest median MIG of five methods, on d: held, its runs are typically higher by "
        "0.100 (0.098 to 0.102) than those of beta-VAE (4), the nearest of 4 others, medians 0.302 and 0.202, "
        "5 runs each."
    )


@pytest.mark.parametrize(
    ("beta_tcvae", "vae", "near", "poor"),
    [
        (around(0.31), around(0.3), "held", "too few runs"),  # none poor, of five
        ([0.1] * 4 + [0.3] * 5 + [0.32], around(0.3, runs=10), "too few runs", "held"),
        (around(0.3, runs=4), around(0.1), "too few runs", "too few runs"),
        (around(0.3, runs=30), around(0.5), "not held", "not held"),
        ([0.0] * 5, around(0.1), "not held", "too few runs"),
    ],
)
def test_where_the_median_and_the_lowest_runs_stand(
    beta_tcvae: list[float], vae: list[float], near: str, poor: str, page: dict[str, Any]
) -> None:
    of_all = scores(beta_tcvae=beta_tcvae, vae=vae)
    assert (page["near"]("d", of_all).verdict, page["poor"]("d", of_all).verdict) == (near, poor)


@pytest.mark.parametrize("level", [0.0, -0.1])
def test_no_share_is_taken_of_what_is_not_above_0(level: float, page: dict[str, Any]) -> None:
    none = dict.fromkeys(SETTINGS.values(), [level] * 10)
    near, poor = page["near"]("d", none), page["poor"]("d", none)
    assert (near.verdict, near.needed, poor.verdict, poor.needed) == ("too few runs", None, "too few runs", None)
    assert near.answer.endswith("too few runs. No run has a MIG above 0, to which another could be near.")
    assert poor.answer.endswith(f"Its median MIG is {level:.3f}, of which no half can be poor.")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([0.3] * 4, "of 4 runs, 0 are poor, a share of 0.000 (no interval), which is tested against 10%. Whether they"),
        ([0.3] * 10, "All runs have one MIG."),
        ([0.1, *[0.3] * 4], "of 5 runs, 1 is poor, "),
    ],
)
def test_few_runs_and_equal_ones_are_told_apart(runs: list[float], expected: str, page: dict[str, Any]) -> None:
    assert expected in page["poor"]("d", scores(beta_tcvae=runs)).statistic


def test_a_typical_difference_is_not_called_one_of_medians(page: dict[str, Any]) -> None:
    """Of runs in two clusters, where the two say something else."""
    ours, theirs = [0.0, 0.1, 0.4, 0.45, 0.5], [0.05, 0.08, 0.1, 0.45, 0.5]
    claim = page["below"]("d", scores(beta_vae=ours, factorvae=theirs))
    shift = sorted(one - other for one in ours for other in theirs)[12]
    assert 0 <= shift < 0.1
    assert f"its runs are typically lower by {shift:.2f} (" in claim.answer
    assert "), medians 0.100 and 0.400 so far, 5 runs each." in claim.answer
    told = f"medians 0.100 and 0.400; by the median over all pairs of runs, one of FactorVAE is lower by {shift:.3f} ("
    assert claim.statistic.startswith(told)


def test_the_best_of_few_runs_is_not_the_best_of_a_method(page: dict[str, Any]) -> None:
    few = scores(beta_tcvae=around(0.31), infogan=[0.1])
    assert page["near"]("d", few).verdict == "too few runs"


def test_two_clusters_are_told_with_the_share_of_the_upper(page: dict[str, Any]) -> None:
    runs = [*around(0.1, 6), *around(0.47, 4)]
    claim = page["poor"]("d", scores(beta_tcvae=runs))
    assert "Cut in two at 0.287, the upper cluster (mean 0.471) has a share of 0.400 (90%" in claim.statistic


@pytest.mark.parametrize(
    ("factorvae", "beta_vae", "expected"),
    [
        (around(0.1), around(0.2), "held"),
        ([0.1, 0.1, 0.1, 0.9, 0.9], around(0.2), "too few runs"),  # lower, perhaps by chance
        (around(0.3), around(0.2), "not held"),
        (around(0.1, runs=4), around(0.2), "too few runs"),
        ([], around(0.2), "too few runs"),
    ],
)
def test_factorvae_beside_beta_vae(
    factorvae: list[float], beta_vae: list[float], expected: str, page: dict[str, Any]
) -> None:
    assert page["below"]("d", scores(factorvae=factorvae, beta_vae=beta_vae)).verdict == expected
