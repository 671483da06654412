"""Known numbers: each row is complete and possible, and none of them gets into a mean, an interval or a test."""

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import tcvae_cli as tcvae
from helpers.result_lines import mig_line, parsed
from tcvae_cli.results import PublishedNumber, published
from tcvae_cli.results.estimators import MEASURES, SENTENCES
from tcvae_cli.results.published_numbers import SUMMARY, all_published
from tcvae_cli.results.ranges import is_possible
from tcvae_cli.text import LONGEST

Verb = Callable[..., Any]
PAPER = {"factors": ["posX", "posY", "scale", "orientation"], "rows": 737_280}
OURS = {
    "mig": {name for kind, name in SENTENCES if kind == "mig"},
    "total_correlation": {name for kind, name in SENTENCES if kind == "estimate-tc"},
} | {measure: {name} for measure, (name, _) in MEASURES.items()}


def told(number: PublishedNumber) -> list[float]:
    """Return the numbers that a row tells, in the order of their size but for the mean."""
    values = [getattr(number, name) for name in SUMMARY]
    return [value for value in values if value is not None]


@pytest.mark.parametrize("number", all_published(), ids=lambda number: f"{number.source}, {number.quantity}")
def test_every_row_is_complete_and_possible(number: PublishedNumber) -> None:
    assert number.source
    assert 0 < len(number.told) <= LONGEST  # readers cut a longer one
    assert number.origin in ("published", "re-run", "read off a figure")
    assert number.estimator in {None, *OURS[number.quantity]}
    key = number.quantity if number.quantity in ("mig", "total_correlation") else "score"
    assert told(number)
    assert all(math.isfinite(value) and is_possible(key, value) for value in (*told(number), *(number.values or ())))
    ordered = [value for value in told(number) if value != number.mean]
    assert ordered == sorted(ordered)
    assert number.spread is None or 0 <= number.spread < 1
    assert number.runs is None or number.runs > 0
    assert number.values is None or len(number.values) == number.runs
    assert (number.steps is None) == (number.batch_size is None)
    assert number.images is not None
    assert json.loads(json.dumps(number.record()))["told"] == number.told


def test_a_row_is_not_given_twice() -> None:
    keys = [(one.data_set, one.source, one.setting, one.quantity) for one in all_published()]
    assert len(set(keys)) == len(keys)


def test_the_data_sets_have_the_factors_that_are_scored() -> None:
    every = {name for one in tcvae.published("dsprites") for name in one.factors or ()}
    assert every == {"shape", "scale", "orientation", "posX", "posY"}
    assert tcvae.published is published


def test_known_numbers_change_no_number_of_the_results() -> None:
    lines = parsed(mig_line("vae", 1, seed, 0.1 * seed, **PAPER) for seed in range(5))
    alone, both = tcvae.compare(lines), tcvae.compare(lines, published="dsprites", note=lambda said: None)
    assert both.panels == alone.panels
    assert {one.number.quantity for one in both.published} == {"mig"}
    assert both.records()[: len(alone.records())] == alone.records()


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({}, {"monte-carlo": (), "histogram": ("estimator", "factors"), None: ()}),
        ({"estimator": "histogram"}, {"monte-carlo": ("estimator",), "histogram": ("factors",), None: ()}),
        ({"rows": 15_360}, {"monte-carlo": ("images",), "histogram": ("estimator", "factors", "images")}),
        ({"data_set": "faces"}, {"monte-carlo": ("data_set",)}),
    ],
)
def test_each_tells_in_what_it_differs_from_the_results(
    changes: dict[str, Any], differs: dict[str | None, tuple[str, ...]]
) -> None:
    line = mig_line("beta-tcvae", 6, 0, 0.4, **{**PAPER, "estimator": "exact", "schema": 2, **changes})
    found = tcvae.compare(parsed([line]), published="dsprites", note=lambda said: None).published
    by_estimator = {one.number.estimator: one.differs for one in found if one.number.source != "Saha et al. 2025"}
    assert by_estimator | differs == by_estimator


def test_notes_tell_of_other_quantities_and_of_nothing_known() -> None:
    lines, notes = parsed([mig_line("vae", 1, 0, 0.1, **PAPER) | {"mig_sup": 0.3}]), list[str]()
    tcvae.compare(lines, published="dsprites", note=notes.append)
    histograms = sum(one.estimator == "histogram" for one in published("dsprites") if one.quantity == "mig")
    assert f"{histograms} by another estimator" in notes[-1]
    found = tcvae.compare(lines, "mig_sup", published="dsprites", note=notes.append)
    assert (found.published, notes[-1]) == ((), "no number of mig_sup on dsprites is known")


def test_without_results_they_stand_alone(tcvae: Verb) -> None:
    status, output, errors = tcvae("compare", "--published", "dsprites")
    found = [json.loads(line) for line in output.splitlines()]
    assert (status, errors, {line["kind"] for line in found}) == (0, "", {"published"})
    assert len(found) == len(published("dsprites"))
    table = tcvae("compare", "--published", "shapes3d", "--value", "sap", "--format", "table")[1].decode()
    assert ("0.0848 ± 0.0848" in table, "mig" in table, "numbers above" in table) == (True, False, False)


def test_results_are_piped_in_and_all_kinds_have_one_head(tcvae: Verb) -> None:
    line = json.dumps(mig_line("vae", 1, 0, 0.1, **PAPER)).encode()
    output = tcvae("compare", "--published", "dsprites", "--format", "tsv", stdin=line)[1].decode()
    rows = [row.split("\t") for row in output.splitlines()]
    assert [kind for kind, _ in itertools.groupby(row[0] for row in rows)] == ["kind", "compare", "published"]
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (
            ["--published", "chairs"],
            "--published: has no numbers of 'chairs'; did you mean cars3d? There are cars3d, dsprites, shapes3d",
        ),
        (
            ["--published", "cars3d", "--value", "dci"],
            "--value: no number of 'dci' is known; choose among higgins, kim-m",
        ),
    ],
)
def test_what_is_not_known_is_refused(tcvae: Verb, flags: list[str], fault: str) -> None:
    status, output, errors = tcvae("compare", *flags)
    assert (status, output, errors.count("\n")) == (2, b"", 1)
    assert errors.startswith(f"tcvae: {fault}")


def test_what_compare_prints_is_no_result(tcvae: Verb) -> None:
    line = json.dumps(mig_line("vae", 1, 0, 0.1, **PAPER)).encode()
    for lines in (tcvae("compare", stdin=line)[1], line + b"\n" + tcvae("compare", "--published", "dsprites")[1]):
        status, _, errors = tcvae("compare", stdin=lines)
        assert (status, errors.count("\n")) == (1, 1)
        assert "is a line that compare prints, which is no result" in errors
