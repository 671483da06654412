"""What the page of a run is measured on: all images, a part of many, results that lie beside the run."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tcvae_cli
from tcvae_cli.progress import TcvaeWarning, labelled, quiet, silent
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.encode import encode_rows
from tcvae_cli.verbs.inputs import run_in
from tcvae_cli.verbs.report_beside import known_beside
from tcvae_cli.verbs.report_measured import Measuring, measured
from tcvae_cli.verbs.shared_images import sampled_rows

Verb = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(tcvae: Verb, workshop: Path, tmp_path: Path) -> Run:
    """Return a run, alone in a folder."""
    alone = tmp_path / "run.safetensors"
    alone.write_bytes(Path("run.safetensors").read_bytes())
    return run_in(alone, "cpu")


def lay_beside(run: Run, **other: Any) -> None:
    """Write the results of a run beside it, as a sweep does, with OTHER in place of what the MIG tells."""
    codes = tcvae_cli.encode(run, "tiny.h5")
    folder = Path(run.stored.path).parent
    (folder / "mig.json").write_text(json.dumps(tcvae_cli.mig(codes).record() | other))
    (folder / "estimate-tc.json").write_text(json.dumps(tcvae_cli.decompose(codes, note=quiet).record()))


def test_codes_of_some_rows_are_those_of_all(tcvae: Verb, workshop: Path) -> None:
    run, rows = run_in("run.safetensors", "cpu"), np.array([3, 50, 51, 190])
    with tcvae_cli.open_data_set("tiny.h5") as data:
        every, some = tcvae_cli.encode(run, data), encode_rows(run, data, rows)
    for name in ("mean", "log_std"):
        np.testing.assert_allclose(getattr(some, name), getattr(every, name)[rows], atol=1e-5)
    np.testing.assert_array_equal(some.factor_classes, every.factor_classes[rows])
    assert some.log_likelihood is not None
    assert some.data.rows == len(some.log_likelihood) == 4


def test_a_biased_part_has_its_own_probabilities(tcvae: Verb, workshop: Path) -> None:
    run = run_in("run.safetensors", "cpu")
    with tcvae_cli.open_data_set("biased.h5") as data:
        rows = np.flatnonzero(data.probability > 0)[:5]
        some = encode_rows(run, data, rows)
        assert some.probability is not None
        np.testing.assert_allclose(some.probability, data.probability[rows] / data.probability[rows].sum())


def test_no_image_of_probability_0_is_drawn(tcvae: Verb, workshop: Path) -> None:
    with tcvae_cli.open_data_set("biased.h5") as data:
        likely = np.arange(data.description.rows) % 3 == 0
        some = replace(data, probability=likely / likely.sum())
    np.testing.assert_array_equal(sampled_rows(some, 1000), np.flatnonzero(likely))
    assert set(sampled_rows(some, 5)) < set(np.flatnonzero(likely))


def test_many_images_are_measured_by_a_part_of_them_which_is_said(run: Run) -> None:
    said: list[str] = []
    how = Measuring(0.01, "cpu", silent, said.append, most=100)
    with tcvae_cli.open_data_set("tiny.h5") as data:
        part = measured(run, data, how, quiet)
        again = measured(run, data, how, quiet)
    assert part.gap is not None
    assert part.gap == again.gap
    assert part.gap["rows"] == part.terms["rows"] == 100
    assert part.basis.startswith("Measured on 100 of 192 images, drawn at random: ")
    assert len(set(said)) == 1
    assert "100 of 192 images" in said[0]


def test_results_beside_a_run_stand_for_its_own(run: Run) -> None:
    lay_beside(run, mig=0.875)  # which tells where it is from
    said: list[str] = []
    with tcvae_cli.open_data_set("tiny.h5") as data:
        found = measured(run, data, Measuring(0.01, "cpu", silent, said.append, most=100), quiet)
    assert (found.gap or {})["mig"] == 0.875
    assert found.terms["rows"] == 192
    assert found.basis.startswith("MIG and the ELBO: results beside the run, of all 192 images. ")
    assert said == []
    with tcvae_cli.open_data_set("unlabelled.h5") as other:  # they are not of these images
        assert measured(run, other, Measuring(0.01, "cpu", silent, quiet), quiet).gap is None


@pytest.mark.parametrize(
    "other",
    [
        {"mig": None},
        {"step": 77},
        {"factors": ["scale"]},
        {"gap_per_factor": [0.1]},
        {"gap_per_factor": "many"},
        {"mutual_information": [[0.1], [0.2], [0.3], [0.4]]},
        {"mutual_information": None},
        {"rmig": "much"},
    ],
    ids=str,
)
def test_other_results_do_not(run: Run, other: dict[str, Any]) -> None:
    lay_beside(run, **other)
    known = known_beside(run)
    assert known.gap is None
    assert known.terms is not None


def test_runs_without_images_show_what_lies_beside_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_beside(run, mig=0.875)
    monkeypatch.chdir(Path(run.stored.path).parent)
    with pytest.warns(TcvaeWarning, match="its data set is not here"):
        page = tcvae_cli.report("run.safetensors")
    assert b"0.875" in page
    assert b"results beside the run" in page


def test_runs_that_lack_the_same_are_named_in_one_note(run: Run, tcvae: Verb) -> None:
    other = Path(run.stored.path).with_name("other.safetensors")
    other.write_bytes(Path(run.stored.path).read_bytes())
    status, _, errors = tcvae("report", run.stored.path, str(other), "--data", "unlabelled.h5", "--walks")
    assert (status, errors.count("\n")) == (0, 1)
    assert "and 1 more: its data set has no labels" in errors


def test_labels_of_progress_name_the_run() -> None:
    labels: list[str] = []

    def listen(label: str, total: int | None, *, unit: str = "") -> Any:
        labels.append(label)
        return silent(label, total, unit=unit)

    with labelled(listen, "2 of 3: ")("encoding", 5) as advance:
        advance(5)
    assert labels == ["2 of 3: encoding"]
