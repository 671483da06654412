"""The answers that a page begins with: a claim in words, its verdict, and how large the effect is."""

import math
import runpy
from pathlib import Path

import pytest

from tcvae_cli.results import Claim, Estimate, Verdict

ANSWERS = runpy.run_path(str(Path(__file__).parents[1] / "recipes" / "answers.py"))
LEAD = Estimate(0.0714, 0.021, 0.1249, (10, 10))


@pytest.mark.parametrize(
    ("claim", "size", "expected"),
    [
        (
            Claim("A.", "", Verdict.HELD, estimate=LEAD),
            "by 0.07 (0.02 to 0.12)",
            "A: held, by 0.07 (0.02 to 0.12), 10 runs each.",
        ),
        (
            Claim("A.", "", Verdict.TOO_FEW, runs=(5, 9), estimate=LEAD, needed=23),
            "by 0.07 (0.02 to 0.12)",
            "A: too few runs, by 0.07 (0.02 to 0.12) so far, 5 to 9 runs each. About 23 new runs each would do.",
        ),
        (
            Claim("A.", "", Verdict.NOT_HELD, runs=(30,), needed=23),
            "r = -0.30",
            "A: not held, r = -0.30, 30 runs.",
        ),
        (
            Claim("A.", "", Verdict.TOO_FEW, runs=(30,), needed=45),
            "r = -0.30",
            "A: too few runs, r = -0.30 so far, 30 runs. About 45 new runs would do.",
        ),
        (Claim("A.", "", Verdict.TOO_FEW), "", "A: too few runs."),
        (
            Claim("A.", "", Verdict.TOO_FEW, estimate=Estimate(math.nan, math.nan, math.nan, (1,))),
            "",
            "A: too few runs, 1 run.",
        ),
        (Claim("A.", "", Verdict.STAND_IN), "", "A: not tested on a stand-in."),
    ],
)
def test_an_answer(claim: Claim, size: str, expected: str) -> None:
    assert ANSWERS["answered"](claim, size).answer == expected


def test_an_answer_ends_with_what_no_runs_make_up_for() -> None:
    answer = ANSWERS["answered"](Claim("A.", "", Verdict.TOO_FEW, runs=(9, 9)), "by 0.07", "Not run: VAE.").answer
    assert answer == "A: too few runs, by 0.07 so far, 9 runs each. Not run: VAE."


def test_an_answer_says_what_a_group_of_runs_is() -> None:
    claim = Claim("A.", "", Verdict.TOO_FEW, runs=(9, 9), needed=20)
    told = ANSWERS["answered"](claim, "by 0.07", "", ANSWERS["AT_EACH_BETA"])
    assert told.answer == (
        "A: too few runs, by 0.07 so far, 9 runs at each beta. About 20 new runs at each beta would do."
    )
    assert ANSWERS["runs_told"](told) == "9 runs at each beta"
    assert ANSWERS["runs_told"](claim) == "9 runs each"


def test_a_guess_of_runs_has_two_digits() -> None:
    assert [ANSWERS["roughly"](count) for count in (5, 23, 155, 996)] == ["5", "23", "160", "1,000"]


def test_a_chance_is_never_0() -> None:
    assert [ANSWERS["chance"](p) for p in (0.0, 0.00099, 0.00123, 0.5)] == [*["P < 0.001"] * 2, "P = 0.0012", "P = 0.5"]


def test_an_effect_has_the_word_for_its_side() -> None:
    assert ANSWERS["by"](LEAD, "higher", "lower") == "higher by 0.07 (0.02 to 0.12)"
    assert ANSWERS["by"](-LEAD, "higher", "lower") == "lower by 0.07 (0.02 to 0.12)"
    assert ANSWERS["by"](-LEAD, "higher", "lower", str) == "lower by 0.071 (90% interval 0.021 to 0.125)"


def test_a_share_in_per_cent() -> None:
    assert ANSWERS["in_per_cent"](Estimate(0.3, 0.087, 0.607, (10,))) == "30% (9% to 61%)"
    assert ANSWERS["in_per_cent"](Estimate(0.3, math.nan, math.nan, (3,))) == "30%"


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.0714, 0.021, 0.1249, "0.07 (0.02 to 0.12)"),
        (-0.001, -0.2, 0.004, "-0.001 (-0.200 to 0.004)"),
        (0.104, 0.0995, 0.109, "0.104 (0.100 to 0.109)"),
        (0.0, 0.0, 0.221, "0.00 (0.00 to 0.22)"),
        (0.3, math.nan, math.nan, "0.30"),
        (0.3, -math.inf, 0.5, "0.30"),
        (0.3, 0.3, 0.3, "0.30"),  # of runs that are all the same
    ],
)
def test_an_estimate_in_brief(value: float, low: float, high: float, expected: str) -> None:
    assert ANSWERS["in_brief"](Estimate(value, low, high, (5, 5))) == expected
