"""Claims as result lines: the rules of their verdicts, and what a line keeps."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.claim import Claim, read_claims
from tcvae_cli.results.estimates import Estimate
from tcvae_cli.results.line import Line
from tcvae_cli.results.ranks import shift
from tcvae_cli.results.verdict import (
    Verdict,
    decide_above,
    decide_below,
    decide_within,
    is_stand_in,
    runs_needed,
    runs_needed_within,
)

WHOLE = Claim(
    sentence='A "sentence" of the paper, é\nin two lines.',
    statistic="0.1 | <b>x</b>",
    verdict=Verdict.NOT_HELD,
    data_set="dsprites (rendered)",
    runs=(3, 4),
    estimate=Estimate(0.1, -0.25, 1 / 3, (3, 4), above=0.4, below=0.6, level=0.05),
    numbers={"chance": 0.02},
    figure="figure3",
    answer="Ours is better: not held, by -0.1.",
    needed=12,
    paper="Figure 3: 0.5",
)


def test_an_estimate_in_words() -> None:
    assert str(Estimate(0.1, -0.2, 0.3, (5,))) == "0.100 (90% interval -0.200 to 0.300)"
    assert str(Estimate(0.1, math.nan, math.nan, (3,))) == "0.100 (no interval)"
    assert str(Estimate(-0.00016, -0.0, 4e-5, (5,))) == "-0.0002 (90% interval 0.000 to 4e-05)"


def part_of(above: float, runs: int = 5) -> Estimate:
    return Estimate(1 - above, -1, 1, (runs, runs), above=above, below=1 - above)


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ([0.05, 0.01], "held"),
        ([0.04, 0.06], "too few runs"),
        ([0.01, 0.98, 0.5], "too few runs"),  # a P of 0.02 among three is nothing to wonder at
        ([0.01, 0.985, 0.5], "not held"),
        ([0.96], "not held"),
        ([math.nan, 0.01], "too few runs"),
        ([], "too few runs"),
    ],
)
def test_all_parts_must_lie_above_and_none_below(chances: list[float], expected: str) -> None:
    parts = [part_of(chance) for chance in chances]
    assert decide_above(*parts) == expected == decide_below(*(-part for part in parts))
    assert decide_above(*(part_of(chance, 4) for chance in chances)) == "too few runs"


@pytest.mark.parametrize(
    ("low", "high", "p", "expected"),
    [
        (-0.09, 0.05, 0.4, "held"),
        (-0.11, 0.05, 0.4, "too few runs"),
        (-0.05, 0.11, 0.06, "too few runs"),
        (0.01, 0.09, 0.04, "not held"),
        (math.nan, math.nan, 0.5, "too few runs"),
    ],
)
def test_no_difference_is_held_by_what_the_interval_excludes(low: float, high: float, p: float, expected: str) -> None:
    assert decide_within(Estimate(0.0, low, high, (5, 5)), 0.1, p) == expected
    assert decide_within(Estimate(0.0, low, high, (5, 4)), 0.1, p) == "too few runs"


def test_as_many_runs_as_are_needed_decide_4_times_of_5() -> None:
    """For a difference of 0.8 deviations; scipy's Welch test, and ranks, on as many runs as a P seen in 10 asks for."""
    above = float(scipy.stats.norm.sf(0.8 / math.sqrt(2 / 10)))
    needed = runs_needed(part_of(above, 10))
    assert needed == 20
    first, second = np.random.default_rng(0).normal(size=(2, 2000, needed))
    t = scipy.stats.ttest_ind(first + 0.8, second, axis=1, equal_var=False, alternative="greater")
    assert np.mean(t.pvalue <= 0.05) == pytest.approx(0.8, abs=0.03)
    ranks = [shift(one + 0.8, other).above <= 0.05 for one, other in zip(first[:500], second, strict=False)]
    assert np.mean(ranks) == pytest.approx(0.8, abs=0.05)


def test_needed_runs_of_few_of_many_parts_and_of_none() -> None:
    assert runs_needed(shift([3, 4, 5], [0, 1, 2])) == 5
    one, two = part_of(0.1), part_of(0.2)
    assert (runs_needed(one), runs_needed(one, one), runs_needed(two, one)) == (19, 27, 46)
    assert {runs_needed(part_of(0.5)), runs_needed(one, -two), runs_needed(part_of(math.nan)), runs_needed()} == {None}
    assert runs_needed(part_of(0.42)) == 759
    assert runs_needed(part_of(0.45)) is None  # it takes 1,957
    assert runs_needed_within(Estimate(0.0, -0.2, 0.2, (10, 10), error=0.1), 0.1) == 86
    assert runs_needed_within(Estimate(0.2, 0.1, 0.3, (10, 10), error=0.1), 0.1) is None


@pytest.mark.parametrize("claim", [WHOLE, Claim("s", "t", Verdict.STAND_IN), Claim("", "", Verdict.TOO_FEW, "d", (1,))])
def test_a_claim_survives_its_line(claim: Claim, tmp_path: Path) -> None:
    line = json.dumps(claim.record(), allow_nan=False)
    (tmp_path / "lines").write_text(f'{{"kind": "mig", "mig": 1}}\n{line}\n{line}\n')
    assert read_claims(tmp_path / "lines") == [claim, claim]


def test_a_line_of_an_older_version_is_read(tmp_path: Path) -> None:
    newer = ("answer", "needed", "paper", "level", "p_above", "p_below")
    older = {key: value for key, value in WHOLE.record().items() if key not in newer}
    (tmp_path / "lines").write_text(json.dumps(older))
    found = Estimate(0.1, -0.25, 1 / 3, (3, 4))
    assert read_claims(tmp_path / "lines") == [replace(WHOLE, answer="", needed=None, paper="", estimate=found)]


def test_what_a_line_says() -> None:
    record = WHOLE.record()
    assert list(record.items())[:3] == [("kind", "claim"), ("schema", 2), ("figure", "figure3")]
    assert (record["verdict"], record["runs"], record["estimate"]) == ("not held", [3, 4], 0.1)
    assert (record["interval"], record["numbers"]) == ([-0.25, 1 / 3], {"chance": 0.02})
    assert type(record["verdict"]) is str


def test_numbers_that_are_none_are_null() -> None:
    claim = Claim(
        "s", "t", Verdict.TOO_FEW, estimate=Estimate(math.nan, math.nan, math.nan, (2,)), numbers={"r": math.nan}
    )
    record = json.loads(json.dumps(claim.record(), allow_nan=False))
    assert (record["runs"], record["estimate"], record["interval"], record["numbers"]) == ([2], None, None, {"r": None})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"verdict": "certain"}, "line 1: has the verdict 'certain'; give one of held, not held, too few runs"),
        ({"runs": "three"}, "line 1: 'runs' is not a list of numbers"),
        ({"needed": "many"}, "line 1: 'needed' is not a finite number"),
        ({"interval": [1]}, "line 1: 'interval' is not two numbers"),
        (
            {"estimate": 0.1, "interval": [5, -5]},
            "line 1: has the estimate 0.1 outside its interval from 5 to -5",
        ),
        ({"estimate": 0.1, "interval": [0.2, 0.3]}, "line 1: has the estimate 0.1 outside its interval from 0.2 to"),
        ({"numbers": [1]}, "line 1: 'numbers' is not an object"),
        ({"estimate": "0.1"}, "line 1: 'estimate' is not a finite number"),
    ],
)
def test_a_line_that_is_no_claim_is_refused(changes: dict[str, object], fault: str, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(json.dumps({**WHOLE.record(), **changes}))
    with pytest.raises(TcvaeError, match=fault):
        read_claims(tmp_path / "lines")


def test_stand_ins_are_told_by_where_they_come_from() -> None:
    assert is_stand_in(Line({"provenance": "stand-in for the Basel faces"}, "line"))
    assert not is_stand_in(Line({"provenance": "rendered from the published geometry"}, "line"))


@pytest.mark.parametrize("package", ["results", "figures"])
def test_the_public_names_are_there_and_none_is_that_of_a_module(package: str) -> None:
    import importlib

    module = importlib.import_module(f"tcvae_cli.{package}")
    for home, names in module.NAMES.items():
        for name in names:
            assert getattr(module, name) is getattr(importlib.import_module(f"tcvae_cli.{package}.{home}"), name)
            assert not (Path(str(module.__file__)).parent / f"{name}.py").exists()
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing
