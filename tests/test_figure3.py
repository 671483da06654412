"""The verdicts of figure 3, on scores that are made for them."""

import pytest

from helpers.makefile import recipe
from tcvae_cli.results.setting import Setting

OURS = Setting("beta-tcvae", 6)
SETTINGS = {
    **{"vae": Setting("vae"), "beta_vae": Setting("beta-vae", 4), "infogan": Setting("infogan")},
    **{"factorvae": Setting("factorvae", 35), "beta_tcvae": OURS},
}


def scores(**changed: list[float]) -> dict[Setting, list[float]]:
    """Return MIG of runs of figure 3's settings."""
    return {setting: changed.get(name, [0.1, 0.1, 0.1]) for name, setting in SETTINGS.items()}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"beta_vae": [0.2, 0.2, 0.2], "beta_tcvae": [0.3, 0.3, 0.4]}, "held"),
        ({"beta_vae": [0.2, 0.2, 0.9], "beta_tcvae": [0.0, 0.3, 0.3]}, "too few runs"),  # higher, perhaps by chance
        ({"beta_vae": [0.3, 0.3, 0.3], "beta_tcvae": [0.2, 0.2, 0.25]}, "not held"),
        ({"beta_vae": [0.3, 0.3, 0.3], "beta_tcvae": [0.3, 0.3, 0.3]}, "too few runs"),
        ({"beta_vae": [0.2, 0.2, 0.2], "beta_tcvae": [0.3, 0.3]}, "too few runs"),
    ],
)
def test_the_highest_median(changed: dict[str, list[float]], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    highest = recipe("figure3.py", monkeypatch)["highest"]
    assert highest("d", scores(**changed)).verdict == expected
    others = {setting: values for setting, values in scores(**changed).items() if setting != SETTINGS["infogan"]}
    assert highest("d", others).verdict == "too few runs"  # "of all" is of all five
    del others[OURS]
    assert highest("d", others).verdict == "too few runs"


@pytest.mark.parametrize(
    ("beta_tcvae", "vae", "near", "poor"),
    [
        ([0.31, 0.32, 0.33], [0.1, 0.1, 0.3], "held", "too few runs"),  # none poor, of three
        ([0.1, 0.3, 0.32], [0.1, 0.1, 0.3], "too few runs", "held"),
        ([0.1, 0.3], [0.1, 0.1, 0.3], "too few runs", "too few runs"),
        ([0.3] * 12, [0.5] * 3, "not held", "not held"),
        ([0.0, 0.0, 0.0], [0.1, 0.1, 0.1], "not held", "held"),
    ],
)
def test_where_the_median_and_the_lowest_run_stand(
    beta_tcvae: list[float], vae: list[float], near: str, poor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, of_all = recipe("figure3.py", monkeypatch), scores(beta_tcvae=beta_tcvae, vae=vae)
    assert (page["near"]("d", of_all).verdict, page["poor"]("d", of_all).verdict) == (near, poor)


@pytest.mark.parametrize(
    ("factorvae", "beta_vae", "expected"),
    [
        ([0.1, 0.1, 0.1], [0.2, 0.2, 0.2], "held"),
        ([0.1, 0.1, 0.9], [0.2, 0.2, 0.2], "too few runs"),  # lower, perhaps by chance
        ([0.3, 0.3, 0.3], [0.2, 0.2, 0.2], "not held"),
        ([0.1, 0.1], [0.2, 0.2, 0.2], "too few runs"),
        ([], [0.2, 0.2, 0.2], "too few runs"),
    ],
)
def test_second_verdict(
    factorvae: list[float], beta_vae: list[float], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = recipe("figure3.py", monkeypatch)
    assert page["below"]("d", scores(factorvae=factorvae, beta_vae=beta_vae)).verdict == expected
