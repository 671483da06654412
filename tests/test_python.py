"""The package from Python: docs/python.md does what it says, and a result's record is the line that its verb prints."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tcvae_cli
from tcvae_cli.files.provenance import printable_json
from tcvae_cli.progress import Advance
from tcvae_cli.verbs.decompose import decompose_by_samples

PAGE = (Path(__file__).parents[1] / "docs/python.md").read_text()
Verb = Callable[..., tuple[int, bytes, str]]


def line_of(result: Any) -> bytes:
    """Return the line that a result stands for."""
    return printable_json(result.record()).encode() + b"\n"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(block, names)
    assert capsys.readouterr().out.startswith("108 images of (32, 32)\n[(10, ")
    assert {path.name for path in tmp_path.iterdir()} == {
        *(
            "squares.h5",
            "run.safetensors",
            "codes.safetensors",
            "real-codes.safetensors",
            "real.h5",
            "walk.gif",
            "strips.png",
            "page.html",
            "results.jsonl",
            "box.pdf",
            "box.png",
            "runs",
        )
    }


def test_training_gives_the_bytes_of_the_verb(tcvae: Verb, workshop: Path, tmp_path: Path) -> None:
    run = tcvae_cli.train("tiny.h5", steps=4, batch_size=64, precision="float32", device="cpu")
    tcvae_cli.save(run, tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == (workshop / "run.safetensors").read_bytes()


def test_every_public_name_is_there_documented_and_listed() -> None:
    for name in tcvae_cli.__all__:
        assert getattr(tcvae_cli, name).__doc__, name
    assert set(tcvae_cli.__all__) < set(dir(tcvae_cli))
    for package in (tcvae_cli.figures, tcvae_cli.results):
        assert dir(package) == sorted(package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tcvae_cli.nonsense


def test_codes_in_memory_are_the_bytes_of_the_verb(tcvae: Verb, workshop: Path, tmp_path: Path) -> None:
    for data, trained in (("tiny.h5", "run.safetensors"), ("biased.h5", "run.safetensors")):
        assert tcvae("encode", trained, "--data", data, "--seed", "3", "-o", str(tmp_path / "by_verb"))[0] == 0
        codes = tcvae_cli.encode(tcvae_cli.load(trained, device="cpu"), data, seed=3)
        tcvae_cli.save(codes, tmp_path / "saved")
        assert (tmp_path / "saved").read_bytes() == (tmp_path / "by_verb").read_bytes()
        again = tcvae_cli.load(tmp_path / "saved")
        tcvae_cli.save(again, tmp_path / "saved")  # over the file that they were read from
        assert (tmp_path / "saved").read_bytes() == (tmp_path / "by_verb").read_bytes()


def test_a_run_survives_loading_and_saving(tcvae: Verb, workshop: Path, tmp_path: Path) -> None:
    tcvae_cli.save(tcvae_cli.load("run.safetensors", device="cpu"), tmp_path / "run.safetensors")
    assert (tmp_path / "run.safetensors").read_bytes() == (workshop / "run.safetensors").read_bytes()


def test_codes_of_your_own_arrays_are_measured_like_a_file_of_them(tcvae: Verb, tmp_path: Path) -> None:
    read = tcvae_cli.load("codes.safetensors")
    for arrays in ((read.mean, read.log_std), (torch.from_numpy(read.mean), torch.from_numpy(read.log_std))):
        codes = tcvae_cli.Codes.of(*arrays, factors=read.factor_classes)
        tcvae_cli.save(codes, tmp_path / "own")
        assert (
            line_of(tcvae_cli.mig(codes))
            == tcvae("mig", "codes.safetensors")[1]
            == tcvae("mig", str(tmp_path / "own"))[1]
        )


def test_objects_that_hold_arrays_are_equal_to_themselves_only(tcvae: Verb) -> None:
    codes, other = (tcvae_cli.load("codes.safetensors") for _ in range(2))
    run = tcvae_cli.load("run.safetensors", device="cpu")
    for one in (codes, run, run.stored, run.posterior(np.zeros((1, 64, 64))), tcvae_cli.walk(run, frames=2)):
        assert one in {one: "by identity"}
    assert codes != other


def test_nobody_writes_into_results(tcvae: Verb) -> None:
    gap, terms = tcvae_cli.mig("codes.safetensors"), tcvae_cli.decompose("codes.safetensors", samples=100)
    walk = tcvae_cli.walk("run.safetensors", frames=2, device="cpu")
    for array in (gap.mutual_information, gap.winner, terms.kl_per_latent, terms.marginal_entropy, walk.frames):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


@pytest.mark.parametrize("results", ["results.jsonl", ["one.jsonl", "two.jsonl"], [Path("one.jsonl")]])
def test_names_of_files_are_no_results(results: Any) -> None:
    for take in (tcvae_cli.compare, tcvae_cli.figures.box):
        with pytest.raises(tcvae_cli.ArgumentError, match="results: are names, not results; read the files by"):
            take(results)


def test_one_name_is_one_name(tcvae: Verb) -> None:
    named = tcvae_cli.mig("codes.safetensors", factor="factor_1")
    assert line_of(named) == line_of(tcvae_cli.mig("codes.safetensors", factor=["factor_1"]))
    (found,) = tcvae_cli.scores(["codes.safetensors"], "modularity")
    assert line_of(found) == line_of(tcvae_cli.score("codes.safetensors", "modularity"))
    for take in (tcvae_cli.scores, tcvae_cli.portraits):
        for one in ("codes.safetensors", tcvae_cli.load("codes.safetensors")):
            with pytest.raises(tcvae_cli.ArgumentError, match=r"codes: are not in a list; give \[codes\]"):
                take(one)


def test_what_is_no_run_codes_or_walk_is_not_saved(tcvae: Verb, tmp_path: Path) -> None:
    with pytest.raises(tcvae_cli.ArgumentError, match="thing: is a MigResult; give a run, codes or a walk"):
        tcvae_cli.save(tcvae_cli.mig("codes.safetensors"), tmp_path / "mig")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["report_every", "checkpoint_every"])
def test_a_training_reports_and_keeps_after_whole_steps(workshop: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(tcvae_cli.ArgumentError, match=f"{name}: is 0; give 1 or more"):
        tcvae_cli.train(workshop / "tiny.h5", checkpoint=str(tmp_path / "kept"), **{name: 0})


RECORDS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "mig": (lambda codes: tcvae_cli.mig(codes), ("mig",)),
    "mig of the data set": (
        lambda codes: tcvae_cli.mig(codes, factors="tiny.h5", ceiling=True),
        ("mig", "--factors", "tiny.h5", "--ceiling"),
    ),
    "mig sampled": (
        lambda codes: tcvae_cli.mig(codes, method="monte-carlo", samples=50, seed=1),
        ("mig", "--method", "monte-carlo", "--samples", "50", "--seed", "1"),
    ),
    "mig of bins": (
        lambda codes: tcvae_cli.mig(codes, method="histogram", active=0),
        ("mig", "--method", "histogram", "--active", "0"),
    ),
    "decompose": (lambda codes: tcvae_cli.decompose(codes, samples=200), ("estimate-tc", "--samples", "200")),
    "decompose by mws": (
        lambda codes: tcvae_cli.decompose(codes, estimator="mws", batch_size=32, samples=200),
        ("estimate-tc", "--estimator", "mws", "--batch-size", "32", "--samples", "200"),
    ),
    "score": (
        lambda codes: tcvae_cli.score(codes, "modularity", bins=5),
        ("score", "--measure", "modularity", "--bins", "5"),
    ),
    "score learnt": (
        lambda codes: tcvae_cli.score(codes, "sap", train=80, test=40, seed=2),
        ("score", "--measure", "sap", "--train", "80", "--test", "40", "--seed", "2"),
    ),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize(
    "codes", ["run_codes.safetensors", Path("run_codes.safetensors"), None], ids=["name", "path", "codes"]
)
def test_a_record_is_the_line_that_the_verb_prints(tcvae: Verb, name: str, codes: Any) -> None:
    compute, (verb, *flags) = RECORDS[name]
    result = compute(tcvae_cli.load("run_codes.safetensors") if codes is None else codes)
    status, line, errors = tcvae(verb, "run_codes.safetensors", *flags)
    assert (status, errors) == (0, "")
    assert line_of(result) == line


def test_a_match_is_the_line_that_the_verb_prints(tcvae: Verb, tmp_path: Path) -> None:
    tcvae_cli.save(tcvae_cli.load("run_codes.safetensors"), tmp_path / "other")
    result = tcvae_cli.match(tcvae_cli.load("run_codes.safetensors"), tmp_path / "other")
    assert line_of(result) == tcvae("match", "run_codes.safetensors", str(tmp_path / "other"))[1]
    assert [pair.latent == pair.other for pair in result.pairs] == [True] * 10


def test_one_decomposition_is_that_of_several_numbers_of_samples(tcvae: Verb) -> None:
    several = decompose_by_samples("run_codes.safetensors", [100, 300])
    assert [line_of(one) for one in several] == [
        line_of(tcvae_cli.decompose("run_codes.safetensors", samples=samples)) for samples in (100, 300)
    ]


def test_udr_of_codes_in_memory_and_in_files(tcvae: Verb) -> None:
    codes = tcvae_cli.load("run_codes.safetensors")
    first, second = tcvae_cli.scores([codes, "run_codes.safetensors"], ["udr"])
    assert first.score == second.score == pytest.approx(first.score)
    with pytest.raises(tcvae_cli.ArgumentError, match=r"measure: udr compares runs with each other"):
        tcvae_cli.score(codes, "udr")


WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "method": (lambda codes: tcvae_cli.mig(codes, method="guess"), "method: is 'guess'; choose among exact"),
    "tolerance": (lambda codes: tcvae_cli.mig(codes, tolerance=-1), "tolerance: is -1; give a number of nats above 0"),
    "ceiling": (
        lambda codes: tcvae_cli.mig(codes, ceiling=True),
        "ceiling: needs the images; name their data set with factors",
    ),
    "active": (lambda codes: tcvae_cli.mig(codes, active=1), "active: is 1; give a share"),
    "factor": (lambda codes: tcvae_cli.mig(codes, factor=["hat"]), "factor: there is no factor hat"),
    "samples": (
        lambda codes: tcvae_cli.decompose(codes, samples=1),
        "samples: is 1; give a number from 100 to 1,000,000",
    ),
    "batch": (
        lambda codes: tcvae_cli.decompose(codes, estimator="mws", batch_size=1),
        "batch_size: is 1; give 2 or more",
    ),
    "estimator": (
        lambda codes: tcvae_cli.decompose(codes, estimator="best"),
        "estimator: is 'best'; choose among exact",
    ),
    "no measure": (lambda codes: tcvae_cli.score(codes, ["sap"]), "measure: is a list; give the name of one"),  # type: ignore[arg-type]
    "measures": (lambda codes: tcvae_cli.scores([codes], [["sap"]]), "measures: is a list; give a word"),  # type: ignore[list-item]
    "no measures": (lambda codes: tcvae_cli.scores([codes], 3), "measures: is an int; give a word"),  # type: ignore[arg-type]
    "factors in lists": (lambda codes: tcvae_cli.mig(codes, factor=[["x"]]), "factor: is a list; give a word"),  # type: ignore[list-item]
    "methods": (lambda codes: tcvae_cli.mig(codes, method=["exact"]), "method: is ['exact']; choose"),  # type: ignore[arg-type]
    "name": (lambda codes: tcvae_cli.prepare(["dsprites"], output="x.h5"), "name: there is no data set ['dsprites']"),  # type: ignore[arg-type]
    "resize": (
        lambda codes: tcvae_cli.prepare("folder", source=".", output="x.h5", resize="stretch"),
        "resize: is 'stretch'; choose among crop, pad, squash",
    ),
    "value": (lambda codes: tcvae_cli.compare([], ["mig"]), "value: is a list; give the key of a number"),  # type: ignore[arg-type]
    "y": (lambda codes: tcvae_cli.figures.curve([], "samples", ["mig"]), "y: is a list; give the key"),  # type: ignore[arg-type]
    "extension": (lambda codes: tcvae_cli.figures.figure_bytes(list, ["png"]), "output: cannot draw ['png']"),  # type: ignore[arg-type]
    "measure": (lambda codes: tcvae_cli.score(codes, "beauty"), "measure: there is no measure 'beauty'"),
    "votes": (lambda codes: tcvae_cli.score(codes, "kim-mnih", per_vote=1), "per_vote: one image has no variance"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_named(tcvae: Verb, name: str) -> None:
    use, message = WRONG[name]
    with pytest.raises(tcvae_cli.ArgumentError) as error:
        use("run_codes.safetensors")
    assert str(error.value).startswith(message)


def test_any_order_of_calls_gives_the_same(tcvae: Verb, tmp_path: Path) -> None:
    def calls() -> list[Callable[[], bytes]]:
        run, codes = tcvae_cli.load("run.safetensors", device="cpu"), tcvae_cli.load("run_codes.safetensors")
        return [
            lambda: line_of(tcvae_cli.mig(codes)),
            lambda: line_of(tcvae_cli.decompose(codes, samples=200)),
            lambda: tcvae_cli.encode(run).mean.tobytes(),
            lambda: line_of(tcvae_cli.score(codes, "sap-r2")),
            lambda: np.asarray(run.decode(codes.mean[:5])).tobytes(),
        ]

    forwards = [call() for call in calls()]
    assert [call() for call in reversed(calls())] == forwards[::-1]
    assert json.loads(forwards[0])["kind"] == "mig"


def test_the_public_estimators_compute_mig(tcvae: Verb) -> None:
    from tcvae_cli.estimators import Posterior, mutual_information_gap

    codes = tcvae_cli.load("codes.safetensors")
    posterior = Posterior.from_tensors(torch.from_numpy(codes.mean), torch.from_numpy(codes.log_std))
    gap, _ = mutual_information_gap(posterior, torch.from_numpy(codes.factor_classes))
    assert float(gap.mig) == tcvae_cli.mig(codes).mig


def test_scores_read_one_file_at_a_time_unless_udr_compares_them(tcvae: Verb, workshop: Path) -> None:
    first, second, effort = workshop / "codes.safetensors", workshop / "late.safetensors", tcvae_cli.Effort(test=100)

    @contextlib.contextmanager
    def late(label: str, total: int | None, *, unit: str = "") -> Iterator[Advance]:
        yield lambda count, note="": None
        second.write_bytes(first.read_bytes())

    with pytest.raises(tcvae_cli.TcvaeError, match=r"late\.safetensors"):
        tcvae_cli.scores([first, second], ["modularity", "udr"], effort=effort, progress=late)
    one, other = tcvae_cli.scores([first, second], ["modularity"], effort=effort, progress=late)
    assert (one.path, other.path) == (str(first), str(second))
    assert one.score == other.score


def frozen_objects(code: str) -> int:
    """Return how many objects Python no longer looks through for cycles, after some code in a process of its own."""
    script = f"import gc\n{code}\nprint(gc.get_freeze_count())"
    return int(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300).stdout
    )


def test_only_a_process_of_one_command_freezes_its_objects(workshop: Path) -> None:
    assert frozen_objects(f"import tcvae_cli; tcvae_cli.mig({str(workshop / 'codes.safetensors')!r})") == 0
    given = ["tcvae", "mig", str(workshop / "codes.safetensors")]
    command = f"import sys; from tcvae_cli.__main__ import run; sys.argv = {given!r}"
    assert frozen_objects(f"{command}; out, sys.stdout = sys.stdout, sys.stderr; run(); sys.stdout = out") > 1000
