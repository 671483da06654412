"""What pages say of settings most of whose runs have one active latent, which MIG does not count against them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers.makefile import recipe
from helpers.result_lines import as_table, mig_line, over_beta, parsed, tc_line
from tcvae_cli.results import pair_with_mig

Recipe = Callable[[str], dict[str, Any]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """Return the names in a recipe."""
    return lambda name: recipe(f"{name}.py", monkeypatch)


def runs(*counts: int, **changes: Any) -> list[Any]:
    """Return lines of runs with these numbers of active latents; one latent tells two of the four factors."""
    about = {"gap_per_factor": [0.7, 0.6, 0.04, 0.0]} | changes
    return parsed(
        mig_line("vae", 1, seed, 0.3, active_latents=list(range(own)), **about) for seed, own in enumerate(counts)
    )


@pytest.mark.parametrize(
    ("compared", "expected"),
    [
        ({"A": (1, 1, 1)}, "All 3 runs of A have one active latent, which tells 2 of 4 factors and which MIG does not"),
        ({"A": (1, 1, 2)}, "2 of 3 runs of A have one active latent, which tells 2 of 4 factors and which MIG"),
        ({"A": (1, 0)}, "All 2 runs of A have at most one active latent, which tells"),
        ({"A": (1, 2)}, ""),  # not most
        ({"A": (1, 1), "B": (2, 2), "C": (1,)}, "All 2 runs of A and the 1 run of C have one active latent, which"),
        ({"A": (1,)}, "The 1 run of A has one active latent, which tells 2 of 4 factors and which MIG does not count "
         "against it."),
        ({str(name): (1, 1) for name in range(8)}, "All 2 runs of 0, all 2 runs of 1, all 2 runs of 2, all 2 runs of "
         "3, all 2 runs of 4 and those of 3 more settings have"),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_caveat(compared: dict[str, tuple[int, ...]], expected: str, names: Recipe) -> None:
    found = names("latents")["of_one_latent"]({name: runs(*counts) for name, counts in compared.items()})
    assert found.startswith(expected)
    assert bool(found) == bool(expected)


def test_a_caveat_says_no_more_than_lines_tell(names: Recipe) -> None:
    of_one_latent = names("latents")["of_one_latent"]
    lines = parsed(mig_line("vae", 1, seed, 0.3) for seed in range(3))  # older ones do not tell their active latents
    assert of_one_latent({"A": lines}) == ""
    for gaps in (None, "x", [None, 1.0]):
        told = of_one_latent({"A": runs(1, 1, gap_per_factor=gaps)})
        assert told == "All 2 runs of A have one active latent, which MIG does not count against them."


def test_active_latents_in_words(names: Recipe) -> None:
    in_words = names("latents")["active_in_words"]
    found = [in_words(lines) for lines in (runs(1, 9, 2), runs(1, 1), parsed([mig_line("vae", 1, 0, 0.3)]), [])]
    assert found == ["2 (1 to 9)", "1", "", ""]


def few_at(beta: float, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines whose runs have three active latents, but beta-VAE's at BETA one."""
    return [
        line | {"active_latents": [4] if (line["settings"]["objective"], line["settings"]["beta"]) == ("beta-vae", beta)
                else [0, 4, 5]} if line["kind"] == "mig" else line
        for line in lines
    ]  # fmt: skip


def test_answers_of_figure_2_tell_what_their_numbers_mean_little_by(names: Recipe) -> None:
    figure = names("figure2")
    caveat = " All 5 runs of beta-VAE at beta 10 have one active latent, which MIG does not count against them."
    plain = figure["claims"](as_table(over_beta()))
    found = figure["claims"](as_table(few_at(10, over_beta())))
    assert [claim.answer for claim in found] == [claim.answer + caveat for claim in plain]
    assert [claim.verdict for claim in found] == [claim.verdict for claim in plain]
    assert [one.answer for one in figure["claims"](as_table(few_at(7, over_beta())))][1] == plain[1].answer  # 10 and 4
    assert "| dsprites | beta-VAE | 10 | 5 | -110.000 | 0.184 | 1 |" in figure["body"](
        as_table(few_at(10, over_beta()))
    )


def test_answers_of_figure_3_tell_it_of_what_they_compare(names: Recipe) -> None:
    lines = [
        mig_line(objective, beta, seed, 0.3 + 0.01 * seed, active_latents=[0, 1] if beta == 6 else [0])
        for objective, beta in (("beta-vae", 4), ("beta-tcvae", 6))
        for seed in range(5)
    ]
    caveat = " All 5 runs of beta-VAE (4) have one active latent, which MIG does not count against them."
    claims = names("figure3")["claims"](as_table(lines))
    assert [claim.answer.endswith(caveat) for claim in claims] == [True, True, False, False]  # the last has no runs


def test_a_curve_depends_on_the_betas_beside_the_common_range(names: Recipe) -> None:
    over = names("over_beta")
    ours = np.array([[[4.0, 1], [0.0, 1]]])
    theirs = np.array([[[-3.0, 1], [-1.0, 1], [3.0, 1], [5.0, 1], [9.0, 1]]])
    assert over["common_range"](ours, theirs) == (0, 4)
    assert over["counting"](theirs, 0, 4) == [False, True, True, True, False]
    assert over["counting"](ours, 0, 4) == [True, True]


def test_figure_4_gives_the_correlation_without_runs_of_one_latent(names: Recipe) -> None:
    figure, uneven = (
        names("figure4"),
        [
            line | {"mig": line["mig"] + 0.01 * (place * 7 % 5)} if line["kind"] == "mig" else line
            for place, line in enumerate(over_beta())
        ],
    )
    lines = few_at(10, uneven)
    strong, weaker = figure["claims"](as_table(lines))
    kept = [line for line in lines if line.get("active_latents") != [4]]
    assert (strong.answer, strong.statistic) == tuple(  # all of beta-TCVAE's runs have three
        getattr(figure["claims"](as_table(uneven))[0], name) for name in ("answer", "statistic")
    )
    assert ". All 5 runs of beta-VAE at beta 10 have one active latent, which MIG" in weaker.answer
    points = pair_with_mig(as_table(kept), "total_correlation").panels["dsprites (rendered)"]
    from scipy.stats import spearmanr

    found = [spearmanr(np.concatenate(list(own.values()))).statistic for own in points.values()]  # of beta-VAE first
    q = abs(np.arctanh(found[1])) - abs(np.arctanh(found[0]))
    assert (
        f"show {found[1]:.2f} under beta-TCVAE (20 runs) and {found[0]:.2f} under beta-VAE (15 runs)" in weaker.answer
    )
    assert f", Cohen's q = {q:.2f}; this decides nothing." in weaker.answer
    assert f"| 3 (1 to 3) | 15 | {found[0]:.3f} | 4 |" in figure["body"](as_table(lines))


@pytest.mark.parametrize("rest", [np.empty((0, 2)), np.ones((2, 2)), np.ones((9, 2))])
def test_no_correlation_is_told_of_few_runs_or_of_equal_ones(rest: Any, names: Recipe) -> None:
    figure = names("figure4")
    assert figure["without_one_latent"]({figure["OURS"]: np.eye(4, 2), figure["PLAIN"]: rest}) == ""


def test_a_run_that_was_measured_by_two_shares_counts_by_the_lesser() -> None:
    line = mig_line("vae", 1, 0, 0.3)
    measured = [line | {"active": share, "active_latents": own} for share, own in ((0.05, [1]), (0.01, [1, 2]))]
    for lines in (measured, measured[::-1]):
        (found,) = pair_with_mig(as_table([*lines, tc_line(line, 0.1, -9.0)]), "elbo").lines.values()
        ((kept,),) = [of_beta for own in found.values() for of_beta in own.values()]
        assert kept["active_latents"] == [1, 2]
