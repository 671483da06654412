"""What a training tells on the way: exact terms and MIG in its log, pictures of its walks, event files, columns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import tcvae_cli
from tcvae_cli import ArgumentError, TcvaeError, read_log
from tcvae_cli.cli.training_lines import in_columns

ASKED: dict[str, Any] = {
    "architecture": "conv",
    "latents": 2,
    "batch_size": 64,
    "precision": "float32",
    "device": "cpu",
}


def test_the_log_has_what_the_measuring_verbs_say_of_the_run(workshop: Path, tmp_path: Path) -> None:
    data, log = str(workshop / "biased.h5"), str(tmp_path / "log")  # of 192 images, so that all are looked at
    run = tcvae_cli.train(data, **ASKED, steps=3, log=log, evaluate_every=2)
    steps, migs = read_log(log).series("exact.mig")
    codes = tcvae_cli.encode(run, data, posterior_only=True)
    assert steps == [2, 3]
    assert migs[-1] == pytest.approx(tcvae_cli.mig(codes).mig, abs=1e-6)
    exact = tcvae_cli.decompose(codes, samples=1_000)
    *_, told, means = read_log(log).lines
    assert "elbo" in means  # which end the log
    assert told["exact.images"] == 192
    for term in ("index_code_mi", "total_correlation", "dimension_wise_kl"):
        assert told[f"exact.{term}"] == pytest.approx(getattr(exact, term), abs=1e-5)


def test_whoever_looks_changes_nothing_and_a_resumed_training_tells_the_same(workshop: Path, tmp_path: Path) -> None:
    data, names = str(workshop / "tiny.h5"), [str(tmp_path / name) for name in ("plain", "watched", "log", "kept")]
    plain, watched, log, kept = names
    tcvae_cli.train(data, **ASKED, steps=5, output=plain)
    watching = {"log": log, "evaluate_every": 2, "pictures": str(tmp_path / "walks" / "here"), "report_every": 1}
    tcvae_cli.train(data, **ASKED, steps=5, output=watched, checkpoint=kept, checkpoint_every=4, **watching)
    assert Path(plain).read_bytes() == Path(watched).read_bytes()
    whole = Path(log).read_bytes()
    tcvae_cli.train(resume=kept, device="cpu", output=watched, **watching)
    assert Path(log).read_bytes() == whole
    pictures = sorted((tmp_path / "walks" / "here").iterdir())
    assert [path.name for path in pictures] == [f"step_00000000{step}.png" for step in (2, 4, 5)]
    with Image.open(pictures[0]) as picture:
        assert picture.width > 300


def test_a_training_that_diverges_says_so_though_it_is_looked_at(workshop: Path, tmp_path: Path) -> None:
    asked = ASKED | {"learning_rate": 1e30, "steps": 3, "log": str(tmp_path / "log")}
    said: list[str] = []
    with pytest.raises(TcvaeError, match="the loss or a weight is not finite"):
        tcvae_cli.train(str(workshop / "tiny.h5"), **asked, evaluate_every=1, note=said.append)
    assert said == ["the log lacks the exact terms where codes are not finite"]


def test_images_without_factors_have_no_mig(workshop: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    tcvae_cli.train(str(workshop / "unlabelled.h5"), **ASKED, steps=1, log=str(log), evaluate_every=1)
    assert [json.loads(line)["exact"]["mig"] for line in log.read_text().splitlines() if "exact" in line] == [None]
    assert "exact.mig" not in read_log(log).terms


def test_tensorboard_reads_what_was_written(workshop: Path, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder, kept = str(tmp_path / "events"), str(tmp_path / "kept")
    reports: dict[int, dict[str, float]] = {}
    watching = {"tensorboard": folder, "pictures": str(tmp_path / "walks"), "evaluate_every": 2, "report_every": 1}
    data = str(workshop / "tiny.h5")
    told: dict[str, Any] = {"on_report": reports.__setitem__, **watching}
    tcvae_cli.train(data, **ASKED, steps=4, checkpoint=kept, checkpoint_every=2, **told)
    tcvae_cli.train(resume=kept, device="cpu", steps=4, **told)
    events = accumulator.EventAccumulator(folder).Reload()
    assert {tag.split("/")[0] for tag in events.Tags()["scalars"]} == {"mean", "exact"}
    elbos = [(event.step, event.value) for event in events.Scalars("mean/elbo")]
    assert elbos == [(step, pytest.approx(terms["elbo"], rel=1e-6)) for step, terms in sorted(reports.items())]
    assert [event.step for event in events.Scalars("exact/mig")] == [2, 4]
    assert [(image.step, image.width > 300) for image in events.Images("walks")] == [(2, True), (4, True)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"pictures": "walks"}, "evaluate_every"),
        ({"evaluate_every": 2}, "name a {log}"),
        ({"evaluate_every": 0, "log": "log"}, "evaluate_every"),
        ({"pictures": "", "evaluate_every": 1}, "is empty"),
        ({"tensorboard": ""}, "is empty"),
        ({"pictures": "tiny.h5/walks", "evaluate_every": 1}, "is not a folder"),
        ({"tensorboard": "tiny.h5"}, "tiny.h5"),
    ],
)
def test_what_nobody_could_see_is_refused(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(workshop)
    with pytest.raises((ArgumentError, TcvaeError)) as refused:
        tcvae_cli.train("tiny.h5", **ASKED, steps=1, **asked)
    assert said in f"{refused.value} {getattr(refused.value, 'cure', '')} {getattr(refused.value, 'argument', '')}"


def test_lines_stand_in_columns() -> None:
    lines: list[str] = []
    report: Callable[..., object] = in_columns(lines.append)
    for step in range(100, 2_200, 100):
        report(
            step, {"loss": 1e5, "capacity": 2.5e-3, "kl": 3.0, "minibatch_total_correlation": 78.7, "elbo": -1234.567}
        )
    assert lines[0].split() == ["step", "ELBO", "KL", "batch", "TC", "loss", "capacity"]
    assert lines[1].split() == ["100", "-1234.57", "3.00", "78.70", "1.00e+05", "2.5e-03"]
    assert {len(line) for line in lines} == {len(lines[0])}
    assert [place for place, line in enumerate(lines) if line == lines[0]] == [0, 21]
