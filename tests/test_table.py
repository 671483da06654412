"""What is one run, what stands together, and what tells settings and data sets apart."""

from typing import Any

import pytest

from helpers.result_lines import mig_line, over_beta, parsed, tc_line
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.curves import line_names
from tcvae_cli.results.pairs import pair_with_mig
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Table

ONE = mig_line("vae", 1, 0, 0.25)
TC = tc_line(ONE, 0.5, -100.0)
OURS = Setting("beta-tcvae")


def test_runs_are_brought_together_in_order_of_beta() -> None:
    lines = [mig_line("beta-tcvae", beta, seed, beta / 10 + seed) for beta in (10, 2) for seed in (1, 0)]
    both = [*lines, *(tc_line(one, one["settings"]["beta"], -one["mig"]) for one in lines)]
    found = pair_with_mig(Table(parsed(both)), "elbo")
    assert found.panels == {"dsprites (rendered)": {OURS: {2: [(-1.2, 1.2), (-0.2, 0.2)], 10: [(-2, 2), (-1, 1)]}}}
    assert found.estimator_sentence == "exact (quadrature)"
    backwards = pair_with_mig(Table(parsed(reversed(both))), "total_correlation")
    assert backwards.panels["dsprites (rendered)"][OURS][2] == [(2, 0.2), (2, 1.2)]


@pytest.mark.parametrize("change", [{"data_digest": "sha256:1"}, {"settings": {"alpha": 0}}])
def test_a_run_is_its_data_and_settings(change: dict[str, Any]) -> None:
    other, told = mig_line("vae", 1, 0, 0.5, **change), []
    pair_with_mig(Table(parsed([ONE, TC, other]), told.append), "elbo")
    assert told == ["left out 1 of the lines, of runs without both a MIG and 'elbo'"]
    with pytest.raises(TcvaeError, match="results: have no run with both a MIG and 'elbo'"):
        pair_with_mig(Table(parsed([other, TC])), "elbo")


def test_the_two_numbers_of_a_pair_are_of_one_step() -> None:
    early = mig_line("vae", 1, 0, 0.5, step=50)
    with pytest.raises(TcvaeError, match="results: have no run with both a MIG and 'elbo'"):
        pair_with_mig(Table(parsed([early, TC])), "elbo")
    told: list[str] = []
    found = pair_with_mig(Table(parsed([early, ONE, tc_line(early, 0.25, -120.0), TC]), told.append), "elbo")
    assert found.panels == {"dsprites (rendered)": {Setting("vae"): {1: [(-100, 0.25)]}}}
    assert told == ["left out 1 line of checkpoints: the later step of the same run counts"]


def test_an_infogan_has_no_elbo() -> None:
    gan = mig_line("infogan", 1, 0, 0.2)
    lines, told = parsed([ONE, TC, gan, tc_line(gan, 0.1, None)]), []
    assert list(pair_with_mig(Table(lines, told.append), "elbo").panels["dsprites (rendered)"]) == [Setting("vae")]
    assert told == ["left out 2 of the lines, of runs without both a MIG and 'elbo'"]
    both = pair_with_mig(Table(lines), "total_correlation")
    assert list(both.panels["dsprites (rendered)"]) == [Setting("vae"), Setting("infogan")]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([ONE, TC, ONE | {"mig": 0.5}], "line 3: repeats line 1"),
        ([ONE, TC, TC | {"seed": 1}], "line 3: repeats line 2"),
        ([ONE, TC | {"total_correlation": "x"}], "line 2: 'total_correlation' is not a finite number"),
        (
            [ONE | {"settings": None}, ONE | {"settings": None, "mig": 0.5}, TC | {"settings": None}],
            "results: have no run with both.*; write the settings into the header of the codes",
        ),
        ([ONE | {"settings": [1]}, TC | {"settings": [1]}], "line 1: 'settings' is not an object"),
    ],
)
def test_what_cannot_be_joined_is_refused(lines: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(TcvaeError, match=fault):
        pair_with_mig(Table(parsed(lines)), "total_correlation")


def test_estimators_are_not_mixed() -> None:
    other = mig_line("vae", 1, 1, 0.5, estimator="histogram")
    for lines in (
        [other, tc_line(other, 0.5, -90.0)],
        [mig_line("vae", 1, 1, 0.5), tc_line(mig_line("vae", 1, 1, 0.5), 0.5, -90.0) | {"estimator": "mws"}],
    ):
        with pytest.raises(TcvaeError, match="results: mix the estimators"):
            pair_with_mig(Table(parsed([ONE, TC, *lines])), "elbo")


def test_lines_are_named_by_what_else_differs() -> None:
    lines = [*over_beta(), *over_beta(settings={"alpha": 0.0})]
    (panel,) = pair_with_mig(Table(parsed(lines)), "elbo").panels.values()
    assert list(map(str, panel)) == [
        f"{name}, alpha {alpha}" for name in ("beta-VAE", "beta-TCVAE") for alpha in (0, 1)
    ]


def test_what_differs_between_data_sets_tells_no_lines_apart() -> None:
    lines = [*over_beta(), *over_beta(data_set="faces", data_digest="sha256:1", settings={"steps": 7}, factors=["a"])]
    for panel in pair_with_mig(Table(parsed(lines)), "elbo").panels.values():
        assert list(panel) == [Setting("beta-vae"), OURS]


def names(lines: list[dict[str, Any]], x: str) -> set[str]:
    results = parsed(lines)
    return {setting.name for setting in line_names(Table(results), results, x)}


def test_fewer_steps_of_larger_batches_are_one_line() -> None:
    lines = [mig_line("vae", 1, 0, 0.1, settings={"batch_size": size, "steps": 800 // size}) for size in (8, 16)]
    assert names(lines, "settings.batch_size") == {"VAE"}
    assert names(lines, "settings.alpha") == {"VAE, batch_size 16, steps 50", "VAE, batch_size 8, steps 100"}
    odd = mig_line("vae", 1, 1, 0.1, settings={"batch_size": 8, "steps": 99})
    with pytest.raises(TcvaeError, match=r"line 3: differs in 'settings.steps' from line 1"):
        names([*lines, odd], "settings.batch_size")


def test_dots_lead_into_objects() -> None:
    (one,) = parsed([ONE])
    assert (one.find("settings.beta"), one.number("settings.beta"), one.find("mig")) == (1, 1, 0.25)
    assert (one.find("mig.x"), one.find("nothing"), one.number_or_none("settings.nothing")) == (None, None, None)
    assert (one.find("samples", 0), one.find("settings.x", 0), one.find("settings.beta.x", 0)) == (None, 0, 0)
    assert one.without("settings.beta", "mig") == one.without("mig").without("settings.beta")
    assert "beta" not in one.without("settings.beta")["settings"]
    assert one.without("settings.nothing") == one
    with pytest.raises(TcvaeError, match=r"line 1: has no 'settings.nothing'"):
        one.number("settings.nothing")


@pytest.mark.parametrize(
    ("schema", "fault"),
    [(3, "has schema 3, this version reads up to 2; upgrade tcvae"), (0, "has the schema 0"), ("2", "has the schema")],
)
def test_a_line_of_a_newer_schema_is_refused(schema: object, fault: str) -> None:
    with pytest.raises(TcvaeError, match=f"line 1: {fault}"):
        parsed([ONE | {"schema": schema}])
    assert parsed([ONE | {"schema": 2}]) == [ONE | {"schema": 2}]
