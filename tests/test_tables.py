"""Tables at any width of the terminal: nothing in them is cut, and what one run cannot tell is a dash."""

import dataclasses
import io
import json
import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

import tcvae_cli as tcvae
from helpers.result_lines import mig_line, parsed, tc_line
from tcvae_cli.cli.compare import tables as comparison_tables
from tcvae_cli.cli.estimate_tc import tables as decomposition_tables
from tcvae_cli.cli.match import table as match_table
from tcvae_cli.cli.mig import tables as mig_tables
from tcvae_cli.cli.rendering import print_table
from tcvae_cli.cli.score import table as score_table
from tcvae_cli.progress import quiet
from tcvae_cli.results import Line
from tcvae_cli.verbs.mig_result import MigResult

LONG = "a name of more letters than there are columns and_with_a_word_that_has_forty_of_them"


def codes() -> tcvae.Codes:
    """Return codes of 24 images, whose first latent tells the first factor."""
    classes = np.indices((4, 6)).reshape(2, -1).T
    mean = np.stack([classes[:, 0] * 2.0, classes[:, 1] // 3 * 4.0, np.zeros(24)], axis=1)
    return tcvae.Codes.of(mean, np.full((24, 3), -2.0), classes)


def runs() -> list[Line]:
    """Return results of settings with long names."""
    lines = [
        mig_line("beta-tcvae", beta, seed, 0.123456 * seed, data_set=LONG, settings={"architecture": which})
        for beta in (4, 6)
        for which in (LONG, "mlp")
        for seed in range(3)
    ]
    return parsed(lines)


def wide_codes() -> tcvae.Codes:
    """Return codes of 20 factors and 32 latents."""
    draws = np.random.default_rng(0)
    classes = draws.integers(0, 3, (40, 20))
    mean = np.concatenate([classes * draws.random(20), np.zeros((40, 12))], axis=1)
    return tcvae.Codes.of(mean, np.full((40, 32), -2.0), classes)


TABLES: dict[str, Callable[[], object]] = {
    "mig": lambda: mig_tables([tcvae.mig(codes(), note=quiet)], [LONG], True),
    "mig of several": lambda: mig_tables([tcvae.mig(codes(), note=quiet)] * 2, [LONG, "b"], False),
    "score": lambda: score_table(tcvae.scores([codes()], ["sap-r2", "modularity", "irs"], note=quiet), True),
    "estimate-tc": lambda: decomposition_tables([tcvae.decompose(codes())], [LONG]),
    "estimate-tc of several": lambda: decomposition_tables([tcvae.decompose(codes())] * 2, [LONG, "b"]),
    "match": lambda: match_table(tcvae.match(codes(), codes()), LONG, "b"),
    "compare": lambda: comparison_tables(tcvae.compare(runs(), note=quiet)),
}


def printed(table: object, width: int) -> str:
    file = io.StringIO()
    print_table(table, width, file)
    return file.getvalue()


def numbers_in(text: str) -> Counter[str]:
    return Counter(word for word in re.findall(r"\S+", text) if re.search(r"\d", word))


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("verb", TABLES)
def test_nothing_is_cut_at_any_width(verb: str, width: int) -> None:
    whole, narrow = printed(TABLES[verb](), 1000), printed(TABLES[verb](), width)
    assert max(map(len, narrow.splitlines())) <= width
    assert narrow.splitlines().count(narrow.splitlines()[0]) == 1  # the title
    assert numbers_in(whole) <= numbers_in(narrow)  # a list repeats the heads
    assert Counter(filter(str.isalnum, whole)) <= Counter(filter(str.isalnum, narrow))


@pytest.fixture(scope="module")
def wide() -> MigResult:
    names = tuple(f"factor_with_a_long_name_{number}" for number in range(20))
    return dataclasses.replace(tcvae.mig(wide_codes(), note=quiet), factors=names)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_number_of_a_large_result_appears_whole(wide: MigResult, width: int) -> None:
    """At four digits, in a line of its own factor or latent, and nothing is cut by an ellipsis."""
    text = printed(mig_tables([wide], ["wide.codes"], True), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    shown = (wide.mutual_information, wide.factor_entropy, wide.gap_per_factor)
    numbers = [number for array in shown for number in array.ravel().tolist()] + [wide.mig_sup, wide.rmig, wide.mig]
    assert Counter(f"{number:z.4f}" for number in numbers) <= numbers_in(text)
    assert "N = 40 images, no sampling" in " ".join(text.split())


COMMAND = "\x1b[31m[red]\tx\ny \u202e"


@pytest.mark.parametrize("width", [40, 100])
def test_nothing_in_a_table_commands_the_terminal(width: int) -> None:
    lines = [
        mig_line(COMMAND, 4, seed, 0.5, estimator=COMMAND, measure=COMMAND, data_set=COMMAND, settings={"note": note})
        for seed in range(2)
        for note in ("", COMMAND)
    ]
    found = tcvae.compare(parsed(lines), note=quiet)
    table = printed(comparison_tables(found), width)
    assert all(letter.isprintable() for letter in table.replace("\n", ""))
    assert "[red]" in table


def test_few_runs_have_no_interval_and_one_no_p() -> None:
    told: list[str] = []
    lines = [mig_line("vae", 1, 0, 0.1), *(mig_line("beta-tcvae", 6, seed, 0.2 + seed / 5) for seed in range(4))]
    tcvae.compare([*lines, *(tc_line(line, 0.5, -3.0) for line in lines)], note=told.append)  # of two quantities
    found = tcvae.compare(lines, note=quiet)
    single, several = (json.loads(json.dumps(record)) for record in found.records())
    assert (single["mean_interval"], single["versus"][0]["p"]) == (None, None)
    assert (several["mean_interval"], several["versus"][0]["p"]) == (None, None)
    assert (single["versus"][0]["superiority"], single["versus"][0]["shift_interval"]) == (0, None)
    assert told == [
        "2 settings have fewer than 5 runs: no interval, which needs 5",
        "one setting has a single run: no P, which needs 2",
    ]
    table = printed(comparison_tables(found), 100)
    assert re.search(r"VAE  +1  0.1000 +- ", table)
    assert re.search(r"0.0000  +- ", table)


def test_many_settings_are_summarised_and_not_tested() -> None:
    told: list[str] = []
    lines = [mig_line("beta-vae", beta, 0, 1 / beta) for beta in range(2, 103)]
    records = tcvae.compare(lines, note=told.append).records()
    assert [len(records), records[0]["versus"]] == [101, []]
    assert told[2:] == ["101 settings of dsprites (rendered) are not tested against one another: at most 100 are"]
    assert len(tcvae.compare(lines[1:], note=quiet).records()[0]["versus"]) == 99


def test_the_title_of_a_table_has_the_short_name_of_a_data_set() -> None:
    lines = [
        mig_line("vae", 1, seed, 0.1 * seed, provenance="converted from x: y; part of z: 5 rows") for seed in (0, 1)
    ]
    table = printed(comparison_tables(tcvae.compare(lines, note=quiet), parsed([{**lines[0], "rmig": 0.1}])), 100)
    assert table.splitlines()[:4] == [
        "mig ↑   exact (quadrature)",
        "dsprites (converted from x, part): no sampling",
        "↑ higher is better, ↓ lower is better",
        "--value compares another number: rmig",
    ]


def test_runs_that_are_all_the_same_have_no_interval_and_a_note() -> None:
    told: list[str] = []
    lines = [mig_line(name, 4, seed, mig) for name, mig in (("vae", 0.3), ("beta-tcvae", 0.4)) for seed in range(5)]
    for record in tcvae.compare(lines, note=told.append).records():
        assert (record["mean_interval"], record["versus"][0]["shift_interval"]) == (None, None)
    note = (
        "2 settings have runs that are all the same: no interval of their mean, nor of the shift between two of these"
    )
    assert told == [note]
