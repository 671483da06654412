"""What is one run, what stands together, and what tells settings and data sets apart."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.result_lines import mig_line, over_beta, parsed, tc_line
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.curves import line_names, read_curves
from tcvae_cli.results.pairs import pair_with_mig
from tcvae_cli.results.repeats import measured_on
from tcvae_cli.results.setting import Setting
from tcvae_cli.results.table import Group, Table

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


def test_a_seed_is_one_repetition_of_all_betas() -> None:
    """Seed 2 lacks a run, and the order of the runs at one beta is by their numbers, not by their seeds."""
    runs = [("beta-vae", 1, 0), ("beta-vae", 1, 2), ("beta-tcvae", 1, 0), ("beta-tcvae", 4, 0)]
    runs += [("beta-tcvae", 1, 1), ("beta-tcvae", 4, 1), ("beta-vae", 1, 1), ("beta-tcvae", 4, 2)]
    migs = [mig_line(name, beta, seed, beta / 10 - seed / 100) for name, beta, seed in runs]
    lines = [*migs, *(tc_line(one, 10 * one["mig"], -100.0) for one in migs)]
    pairs = pair_with_mig(Table(parsed(lines)), "total_correlation")
    ours, plain, none = pairs.by_seed("dsprites (rendered)", [OURS, Setting("beta-vae"), Setting("another")])
    assert ours == pytest.approx(np.array([[[1, 0.1], [4, 0.4]], [[0.9, 0.09], [3.9, 0.39]]]))
    assert plain == pytest.approx(np.array([[[1, 0.1]], [[0.9, 0.09]]]))
    assert none.shape == (0, 0, 2)
    (alone,) = pairs.by_seed("dsprites (rendered)", [Setting("beta-vae")])
    assert alone.shape == (3, 1, 2)


def test_runs_that_name_no_seed_share_none() -> None:
    runs = [mig_line("beta-tcvae", beta, 0, beta / 10) for beta in (1, 4)]
    for own in runs:
        del own["settings"]["seed"]
    runs.append(runs[0] | {"mig": 0.3, "settings": runs[0]["settings"] | {"seed": None}})
    by_beta = [[line for own in some for line in (own, tc_line(own, 1.0, -100.0))] for some in (runs, runs[::2])]
    both, one = (pair_with_mig(Table(parsed(lines)), "elbo") for lines in by_beta)
    assert one.by_seed("dsprites (rendered)", [OURS])[0].shape == (2, 1, 2)
    assert both.by_seed("dsprites (rendered)", [OURS])[0].shape == (0, 2, 2)


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
        ([ONE, TC, ONE | {"mig": 0.5}], "line 3: measures the run of line 1 again"),
        ([ONE, TC, TC | {"seed": 1}], "line 3: measures the run of line 2 again"),
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


def test_settings_stand_in_the_order_of_their_numbers() -> None:
    words = ("capacity 0.5", "capacity 5", "capacity 25", "capacity 25.5", "capacity 100")
    found = sorted(Setting("annealed-vae", differences=(word,)) for word in sorted(words))
    assert [setting.differences for setting in found] == [(word,) for word in words]


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


def runs(*settings: dict[str, Any], seeds: int = 3, **changes: Any) -> list[dict[str, Any]]:
    """Return lines of mig of beta-VAE (4) and beta-TCVAE (6), each with its own SETTINGS."""
    methods = [("beta-vae", 4, 0.2), ("beta-tcvae", 6, 0.4)]
    return [
        mig_line(objective, beta, seed, level + 0.01 * seed, settings=own, **changes)
        for (objective, beta, level), own in zip(methods, [*settings, {}, {}][:2], strict=True)
        for seed in range(seeds)
    ]


def told_by(lines: list[dict[str, Any]]) -> tuple[list[Group], list[str]]:
    told: list[str] = []
    return Table(lines, told.append).groups(), told


def test_a_line_given_again_counts_once() -> None:
    once, silence = told_by(runs())
    assert silence == []
    assert told_by(runs() * 3) == (once, ["left out 12 lines given before: each counts once"])
    newest = [one | {"schema": 2, "estimator": "exact", "active": 0.01} for one in runs()]
    assert told_by([*runs(), *newest])[0] == once
    unknown = [one | {"settings": None} for one in runs()]
    assert told_by(unknown * 2)[0] == told_by(unknown)[0]
    assert len(told_by(unknown)[0][0].values) == 6


def test_runs_measured_before_and_after_schema_2_are_of_one_setting() -> None:
    newest = [one | {"schema": 2, "estimator": "exact", "active": 0.01} for one in runs()]
    assert told_by([*runs()[::2], *newest[1::2]]) == told_by(runs())
    score = {"kind": "score", "measure": "udr", "score": 0.5, "estimator": "median likeness, Spearman"}
    (old,) = parsed([runs()[0] | score])
    assert "active" not in old  # UDR had a rule of its own


def by_active(share: float, mig_sup: float) -> list[dict[str, Any]]:
    """Return lines of mig that were measured by another share of active latents."""
    return [one | {"active": share, "active_latents": [0], "mig_sup": mig_sup + one["mig"]} for one in runs()]


def test_active_tells_settings_apart_only_where_the_number_depends_on_it() -> None:
    few, many = by_active(0.05, 0.1), by_active(0.01, 0.2)
    mixed = [*few[::2], *many[1::2]]
    assert told_by(mixed) == told_by(runs())
    assert told_by([*few, *many]) == (
        told_by(runs())[0],
        ["left out 6 lines that differ from others only in `active`, or by it"],
    )
    both = Table([*few, *many]).groups("mig_sup")
    assert [group.setting.name for group in both] == [
        f"{name}, active {share}" for name in ("beta-VAE (4)", "beta-TCVAE (6)") for share in (0.01, 0.05)
    ]
    curves = read_curves(Table(mixed), "settings.beta", "mig")
    assert curves == read_curves(Table(runs()), "settings.beta", "mig")
    terms = [tc_line(one, 0.5, -100.0) for one in runs()]
    told: list[str] = []
    assert pair_with_mig(Table([*few, *many, *terms], told.append), "elbo") == pair_with_mig(
        Table([*runs(), *terms]), "elbo"
    )
    assert len(told) == 1
    (curve,) = read_curves(Table([*few, *many]), "active", "mig_sup").panels.values()
    assert {tuple(points) for points in curve.values()} == {(0.01, 0.05)}
    scored = [
        {**one, "kind": "score", "measure": "dci", "score": one["mig"], "estimator": "boosted-trees"}
        for one in (*few, *many)
    ]
    assert [len(group.values) for group in Table(scored).groups()] == [3] * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [({"mig": 0.9}, "other numbers"), ({"seed": 1, "mig": 0.9}, "the seed of measuring 1 instead of none")],
)
def test_a_run_measured_again_is_refused_and_how_it_differs_is_told(change: dict[str, Any], words: str) -> None:
    fault = f"result 7: measures the run of result 1 again, with {words}; give one of the two, since a run counts once"
    with pytest.raises(TcvaeError, match=fault):
        told_by([*runs(), {**runs()[0], **change}])


def test_a_run_in_two_precisions_is_refused() -> None:
    one, *others = runs()
    lines = [one | {"settings": one["settings"] | {"precision": number}} for number in ("float32", "bfloat16")]
    fault = "result 2: is the same run as result 1 in another precision; give one of the two"
    with pytest.raises(TcvaeError, match=fault):
        told_by([*lines, *others])
    with pytest.raises(TcvaeError, match=fault):
        pair_with_mig(Table([*lines, tc_line(one, 0.5, -100.0)]), "elbo")


def test_a_checkpoint_and_its_finished_run_are_one_run() -> None:
    finished = runs()
    early = [{**one, "step": 50, "mig": one["mig"] / 2} for one in finished]
    note = "left out 6 lines of checkpoints: the later step of the same run counts"
    for lines in ([*early, *finished], [*finished, *early]):
        assert told_by(lines) == (told_by(finished)[0], [note])
    assert told_by(early)[1] == []  # checkpoints alone are what there is
    note = "finished runs stand beside 2 lines of checkpoints of other runs"
    assert told_by([*early[:2], *finished[2:]])[1] == [note]
    longer = runs({"steps": 200}, {"steps": 200}, step=200)  # trained for longer from the start: another setting
    assert [len(group.values) for group in told_by([*finished, *longer])[0]] == [3] * 4


def test_checkpoints_of_a_run_are_the_points_of_a_curve_over_steps() -> None:
    lines = [mig_line("vae", 1, 0, 0.001 * step, step=step) for step in (50, 100)]
    told: list[str] = []
    (panel,) = read_curves(Table(lines, told.append), "step", "mig").panels.values()
    assert (panel, told) == ({Setting("vae"): {50: [0.05], 100: [0.1]}}, [])


def test_data_sets_are_told_apart_by_digest() -> None:
    """Two folders of one name are two data sets."""
    lines = [
        line
        for digest in ("sha256:0123456789", "sha256:fedcba9876", None)
        for line in runs(data_set="photos", provenance="folder", data_digest=digest)
    ]
    titles = [f"photos (folder; {word})" for word in ("digest unknown", "sha256:01234567", "sha256:fedcba98")]
    groups, told = told_by(lines)
    assert ([group.data_set for group in groups], told) == ([title for title in titles for _ in range(2)], [])
    assert {len(group.values) for group in groups} == {3}
    assert Table(lines).data_sets() == titles
    assert Table(runs()).data_sets() == ["dsprites (rendered)"]


def test_settings_that_differ_are_told_even_between_objectives() -> None:
    lines = runs({"steps": 60, "batch_size": 128}, {"steps": 300, "batch_size": 256})
    groups, told = told_by(lines)
    assert [group.setting.name for group in groups] == ["beta-VAE (4)", "beta-TCVAE (6)"]
    steps, sizes = "steps 60 (beta-VAE (4)), 300 (beta-TCVAE (6))", "128 (beta-VAE (4)), 256 (beta-TCVAE (6))"
    assert told == [f"runs on dsprites differ in more than objective and beta: batch_size {sizes}; {steps}"]


def test_settings_that_differ_are_told_with_who_has_which_however_many_they_are() -> None:
    betas, sizes = (1, 2, 4, 6, 8), {"beta-vae": 64, "beta-tcvae": 512}
    lines = [mig_line(name, beta, 0, 0.1, settings={"batch_size": sizes[name]}) for name in sizes for beta in betas]
    lines[0]["settings"]["steps"] = 60
    in_order = "beta-VAE (2), beta-VAE (4), beta-VAE (6) and 2 more"
    assert told_by(lines)[1] == [
        "runs on dsprites differ in more than objective and beta: "
        f"batch_size 64 (beta-VAE), 512 (beta-TCVAE); steps 60 (beta-VAE (1)), 100 ({in_order})"
    ]


@pytest.mark.parametrize("kind", ["claim", "page"])
def test_claims_are_no_results(kind: str) -> None:
    with pytest.raises(
        TcvaeError, match="result 2: is a claim or the page of some, which are no results; give the res"
    ):
        Table([ONE, {"kind": kind, "data_set": "dsprites"}])


@pytest.mark.parametrize("own", [{"estimator": None}, {"precision": "bfloat16"}, {"prior": "normal"}])
def test_what_goes_without_saying_is_not_told(own: dict[str, Any]) -> None:
    assert told_by(runs(own))[1] == []
    assert told_by([{**one, "settings": one["settings"] | {"own": 1}} for one in runs()[:3]] + runs()[3:])[1] == []


def test_what_stands_in_the_names_is_not_told_again() -> None:
    lines = [*runs({"steps": 60}, {"steps": 300}), *runs({"steps": 300}, {"steps": 60})]
    groups, told = told_by(lines)
    assert [group.setting.name for group in groups] == [
        f"{name}, steps {steps}" for name in ("beta-VAE (4)", "beta-TCVAE (6)") for steps in (60, 300)
    ]
    assert told == []


def test_runs_that_are_to_be_alike_are_refused_with_the_key_in_which_they_differ() -> None:
    lines = [*runs(), mig_line("beta-vae", 4, 9, 0.5, settings={"alpha": 0.0})]
    with pytest.raises(TcvaeError, match="result 7: differs in 'alpha' from result 1; plot them apart"):
        Table(lines).require_alike()
    Table(lines).require_alike("settings.alpha")
    Table([*runs(), *runs({"alpha": 0.0}, data_set="faces", data_digest="sha256:1")]).require_alike()


MANY = [
    *over_beta(),
    *({**one, "step": 50} for one in over_beta()[:6]),
    *runs({"steps": 60}, data_digest="sha256:1"),
    *runs(data_set="faces", data_digest="sha256:2", seeds=2),
    mig_line("vae", 1, 0, 0.1) | {"settings": None},
]


@given(st.permutations(range(len(MANY))), st.lists(st.integers(0, len(MANY) - 1), max_size=5))
@settings(max_examples=25)
def test_the_order_of_lines_and_giving_some_again_change_nothing(order: list[int], again: list[int]) -> None:
    def read(lines: list[dict[str, Any]]) -> list[object]:
        table = Table(lines, lambda sentence: None)
        pairs = [pair_with_mig(table, number) for number in ("elbo", "total_correlation")]
        return [table.groups(), *pairs, read_curves(table, "settings.beta", "mig"), table.data_sets()]

    assert read([MANY[place] for place in [*order, *again]]) == read(MANY)


def test_the_lines_of_one_run_at_one_step_are_found_once() -> None:
    """Not those of its checkpoint, of another seed or of the same settings on other data."""
    lines = parsed([ONE, TC, ONE, ONE | {"step": 50}, mig_line("vae", 1, 1, 0.5), ONE | {"data_digest": "sha256:1"}])
    assert measured_on(lines, ONE["settings"] | {"precision": "bfloat16"}, "sha256:0", 100) == lines[:2]


@pytest.mark.parametrize(
    ("data_set", "told"), [(None, "their settings or data set: they"), ("dsprites", "their settings: they")]
)
def test_codes_that_tell_no_settings_are_said_to_be_one(data_set: str | None, told: str) -> None:
    about = {"data_set": data_set, "provenance": None, "data_digest": None, "step": None, "settings": None}
    lines = [mig_line("vae", 1, 0, mig) | about for mig in (0.1, 0.2, 0.3, 0.4)]
    notes: list[str] = []
    table = Table(lines, notes.append)
    assert [len(group.values) for group in table.groups() + table.groups("mig")] == [4, 4]
    assert notes == [f"4 results are of codes that do not tell {told} count as one setting"]
    Table(lines[:1], notes.append).groups()
    assert len(notes) == 1
