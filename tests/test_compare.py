"""Many runs to a few numbers: against scipy, and by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcvae_cli import compare
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.line import Line, parse
from tcvae_cli.results.ranks import superiority
from tcvae_cli.results.statistics import summarise
from tcvae_cli.results.table import Table

Verb = Callable[..., Any]


def line(value: float, seed: int = 0, beta: float = 6, kind: str = "mig", **changes: Any) -> dict[str, Any]:
    settings = {"objective": "beta-tcvae", "beta": beta, "seed": seed, **changes.pop("settings", {})}
    main = {"mig": "mig", "score": "score", "estimate-tc": "total_correlation"}[kind]
    about = {"data_set": "dsprites", "provenance": "rendered", "estimator": "exact"}
    return {"kind": kind, main: value, **about, "settings": settings, **changes}


def results(*lines: dict[str, Any]) -> list[Line]:
    return [parse(json.dumps(one).encode(), f"line {number}") for number, one in enumerate(lines, 1)]


def test_summary_by_hand() -> None:
    found = summarise([4.0, 1.0, 2.0, 3.0, 10.0])
    assert (found.count, found.mean, found.median) == (5, 4, 3)
    assert (found.minimum, found.lower_quartile, found.upper_quartile, found.maximum) == (1, 2, 4, 10)
    assert found.mean_interval == pytest.approx((4 - 3.37, 4 + 3.37), abs=0.01)  # 2.132 sqrt(12.5 / 5)
    assert summarise([1.0, 2.0, 3.0, 4.0]).mean_interval is None
    assert summarise([2.0] * 9).mean_interval is None


def test_superiority_counts_ties_half() -> None:
    assert superiority([1, 2], [0, 1, 1, 3]) == (1 + 0.5 + 0.5 + 3) / 8


def test_settings_are_what_runs_differ_in() -> None:
    lines = [line(0.1 * s, s, beta) for beta in (10, 6) for s in range(3)]
    lines += [line(0.5, s, 6, settings={"alpha": 0}) for s in range(2)] + [line(0.3, 5, settings={"alpha": 1})]
    names = [group.setting.name for group in Table(results(*lines)).groups()]
    assert names == ["beta-TCVAE (6)", "beta-TCVAE (6), alpha 0", "beta-TCVAE (6), alpha 1", "beta-TCVAE (10)"]


def test_quantities_estimators_and_data_sets_are_not_mixed() -> None:
    lines = [
        line(0.1),
        line(0.2, estimator="histogram"),
        line(0.3, data_set="faces"),
        line(3, kind="estimate-tc"),
        line(0.4, kind="score", measure="sap", parts={"x": 2.0}),
        line(0.5, kind="score", measure="dci"),
    ]
    found = Table(results(*lines)).groups()
    assert [group.values for group in found] == [[0.5], [0.1], [0.3], [0.2], [0.4], [3]]
    assert [(g.quantity, g.values) for g in Table(results(*lines)).groups("parts.x")] == [("sap parts.x", [2])]


def test_results_measured_in_different_ways_are_different_settings() -> None:
    """Factors, L, samples: named where any two differ in them, even between runs of different settings."""
    lines = [line(0.1, 0, factors=["a", "b"]), line(0.2, 0, factors=["a"]), line(0.3, 0, 4, factors=["a", "b"])]
    lines += [line(0.7, s, kind="score", measure="higgins", per_vote=votes) for s in (0, 1) for votes in (5, 9)]
    lines += [line(3, kind="estimate-tc", samples=100), line(4, kind="estimate-tc", samples=200)]
    found = [(group.setting.name, len(group.values)) for group in Table(results(*lines)).groups()]
    assert found == [
        ("beta-TCVAE (6), per_vote 5", 2),
        ("beta-TCVAE (6), per_vote 9", 2),
        ("beta-TCVAE (4), factors a b", 1),
        ("beta-TCVAE (6), factors a", 1),
        ("beta-TCVAE (6), factors a b", 1),
        ("beta-TCVAE (6), samples 100", 1),
        ("beta-TCVAE (6), samples 200", 1),
    ]


@pytest.mark.parametrize("change", [{"seed": 1}, {"score": 0.8}])
def test_measuring_a_run_again_does_not_make_two_of_it(change: dict[str, Any]) -> None:
    first = line(0.7, kind="score", measure="higgins") | {"seed": 0}
    lines = [first, first | change]
    with pytest.raises(TcvaeError, match="measures the run of line 1 again, with"):
        Table(results(*lines)).groups()


def test_compare_end_to_end(tcvae: Verb, tmp_path: Path) -> None:
    lines = [line(0.1 * s + (beta == 6) / 2, s, beta) for beta in (4, 6) for s in range(5)]
    (tmp_path / "results").write_text("\n".join(map(json.dumps, lines)))
    status, output, errors = tcvae("compare", str(tmp_path / "results"))
    assert (status, errors) == (0, "")
    low, high = (json.loads(text) for text in output.splitlines())
    assert (low["setting"], low["count"], low["median"]) == ("beta-TCVAE (4)", 5, pytest.approx(0.2))
    (versus,) = high["versus"]
    assert (versus["setting"], versus["superiority"], versus["p"]) == ("beta-TCVAE (4)", 1, pytest.approx(2 / 252))
    assert [versus["shift"], *versus["shift_interval"]] == pytest.approx([0.5, 0.3, 0.7])
    assert tcvae("compare", stdin=(tmp_path / "results").read_bytes())[1] == output
    assert b"rank test" in tcvae("compare", str(tmp_path / "results"), "--format", "table")[1]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("mig", 7.5, "from 0 to 1"),
        ("mig", -1, "from 0 to 1"),
        ("mig_sup", 2, "from 0 to 1"),
        ("jemmig", -2, "0 or more"),
    ],
)
def test_a_number_that_cannot_be_is_noted(key: str, value: float, words: str) -> None:
    told: list[str] = []
    first, other = line(0.1) | {key: 0.5}, line(0.1, 1) | {key: value}
    compare(results(first, other), key, note=told.append)
    assert told[0] == f"1 line with a {key} outside its range, which is {words}: line 2 has {value:g}"


def test_a_number_at_an_end_of_its_range_is_not_noted() -> None:
    runs = [line(value, seed) for seed, value in enumerate((0, 1, 0.5, 1 + 1e-12, -1e-12))]
    compare(results(*runs), note=pytest.fail)


def test_a_line_that_does_not_tell_its_settings_says_so_where_they_are_needed() -> None:
    (unknown,) = results(line(0.1) | {"settings": None})
    with pytest.raises(TcvaeError, match="line 1: is of codes that do not tell their settings; leave this line out"):
        unknown.part("settings")


def test_compare_reads_what_we_print(tcvae: Verb) -> None:
    lines = tcvae("mig", "run_codes.safetensors")[1] + tcvae("score", "run_codes.safetensors", "--measure", "irs")[1]
    found = [json.loads(text) for text in tcvae("compare", stdin=lines)[1].splitlines()]
    assert [record["quantity"] for record in found] == ["irs", "mig"]


@pytest.mark.parametrize(
    ("lines", "flags", "status", "fault"),
    [
        ([line(0.1), line(0.2)], (), 1, "stdin, line 2: measures the run of stdin, line 1 again"),
        (
            [{"kind": "foo"}],
            (),
            1,
            "stdin, line 1: is of kind 'foo', and what can be compared is mig, estimate-tc and s",
        ),
        ([line(0.1), line(0.2, 1) | {"mig": None}], (), 1, "stdin, line 2: 'mig' is not a finite number"),
        ([line(0.1)], ("--value", "beauty"), 2, "--value: no result has a number 'beauty'"),
        ([line(0.1) | {"settings": [1]}], (), 1, "stdin, line 1: 'settings' is not an object"),
        ([line(0.1) | {"settings": "abc"}], (), 1, "stdin, line 1: 'settings' is not an object"),
        ([line("much")], (), 1, "stdin, line 1: 'mig' is not a finite number"),  # type: ignore[arg-type]
        ([line(1e308)], (), 1, "stdin, line 1: 'mig' is beyond 1e+100, whose squares and sums overflow"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tcvae: Verb, lines: list[dict[str, Any]], flags: tuple[str, ...], status: int, fault: str
) -> None:
    found, output, errors = tcvae("compare", *flags, stdin="\n".join(map(json.dumps, lines)).encode())
    assert (found, output, errors.count("\n")) == (status, b"", 1)
    assert errors.startswith(f"tcvae: {fault}")
