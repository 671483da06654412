"""`train --resume`: to the same bytes, or a clear word on why a checkpoint cannot be gone on from."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tcvae_cli
from helpers.command import call
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.tensors import read_tensors, tensors_to_bytes

TRAIN = ("train", "--data", "tiny.h5", "--batch-size", "32", "--precision", "float32")
Verb = Callable[..., Any]


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_resumed_training_ends_in_the_same_bytes(tcvae: Verb, tmp_path: Path, architecture: str) -> None:
    whole, resumed, checkpoint = (str(tmp_path / name) for name in ("whole", "resumed", "checkpoint"))
    flags = (*TRAIN, "--architecture", architecture)
    assert tcvae(*flags, "--steps", "9", "-o", whole, "--checkpoint", checkpoint, "--checkpoint-every", "5")[0] == 0
    assert read_run(checkpoint).header.step == 5
    assert tcvae("train", "--resume", checkpoint, "-o", resumed)[0] == 0
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()
    status, _, errors = tcvae("train", "--resume", checkpoint, "--beta", "4", "-o", resumed)
    assert status == 2
    assert "--beta: is 4.0, but" in errors
    assert tcvae("encode", checkpoint, "-o", str(tmp_path / "codes"))[0] == 0


@pytest.fixture(scope="module")
def checkpoint(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of step 2 of 3."""
    folder = tmp_path_factory.mktemp("checkpoint")
    flags = ("--batch-size", "64", "--steps", "3", "--checkpoint-every", "2", "-o", str(folder / "run"))
    data = ("--data", str(workshop / "small.h5"))
    assert call("train", *data, *flags, "--checkpoint", str(folder / "checkpoint"))[0] == 0
    return folder / "checkpoint"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("generator_state", lambda tensor: tensor.astype(np.int8)),
        ("generator_state", lambda tensor: tensor[:-1]),
        ("optimizer.0.step", None),
        ("optimizer.0.step", lambda tensor: tensor[None]),
        ("optimizer.0.exp_avg", lambda tensor: tensor[:1]),
        ("optimizer.0.exp_avg_sq", lambda tensor: tensor.astype(np.float64)),
        ("optimizer.99.exp_avg", lambda tensor: np.zeros(3, np.float32)),
        ("optimizer.-1.exp_avg", lambda tensor: np.zeros(3, np.float32)),
        ("sums.loss", lambda tensor: np.zeros(3, np.float32)),
        ("summed_steps", lambda tensor: np.array(0)),
        ("summed_steps", None),
    ],
)
def test_a_checkpoint_that_training_cannot_go_on_from_is_refused(
    tcvae: Verb,
    checkpoint: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[np.ndarray | None], np.ndarray] | None,
) -> None:
    header, tensors = read_tensors(str(checkpoint), "a checkpoint")
    assert header is not None
    old = tensors.pop(name, None)
    if change is not None:
        tensors[name] = np.ascontiguousarray(change(old))
    changed = tmp_path / "checkpoint"
    changed.write_bytes(tensors_to_bytes(header, tensors))
    status, _, errors = tcvae("train", "--resume", str(changed), "-o", str(tmp_path / "more"))
    assert (status, errors.splitlines()[-1]) == (
        1,
        f"tcvae: {changed}: the state to go on from does not fit its weights; train again",
    )


def test_resuming_with_epochs_counts_the_checkpoints_batches(tcvae: Verb, tmp_path: Path) -> None:
    checkpoint, run = str(tmp_path / "checkpoint"), str(tmp_path / "run")
    flags = ("--data", "small.h5", "--batch-size", "48", "--steps", "2", "--checkpoint", checkpoint)
    assert tcvae("train", *flags, "--checkpoint-every", "2", "-o", run)[0] == 0
    assert tcvae("train", "--resume", checkpoint, "--epochs", "2", "-o", run)[0] == 0
    assert read_run(run).header.step == 2 * 192 // 48


ASKED: dict[str, Any] = {"data": "tiny.h5", "batch_size": 64, "precision": "float32", "device": "cpu"}


@pytest.mark.parametrize("last", [3, 9])  # in a step on the way, and in the very last one
def test_ctrl_c_in_python_keeps_a_last_checkpoint(tcvae: Verb, tmp_path: Path, last: int) -> None:
    kept, whole, resumed = (str(tmp_path / name) for name in ("kept", "whole", "resumed"))

    def interrupt(step: int, terms: dict[str, float]) -> None:
        if step == last:
            signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        tcvae_cli.train(**ASKED, steps=9, checkpoint=kept, report_every=1, on_report=interrupt, output=resumed)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert read_run(kept).header.step == last
    assert not Path(resumed).exists()
    tcvae_cli.train(**ASKED, steps=9, output=whole)
    tcvae_cli.train(resume=kept, device="cpu", output=resumed)
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()


def test_a_second_ctrl_c_does_not_wait(tcvae: Verb, tmp_path: Path) -> None:
    def interrupt(step: int, terms: dict[str, float]) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        tcvae_cli.train(**ASKED, steps=9, checkpoint=str(tmp_path / "kept"), report_every=1, on_report=interrupt)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not (tmp_path / "kept").exists()


def test_training_handles_no_signal_that_is_not_its_own(tcvae: Verb, tmp_path: Path) -> None:
    handlers: list[Any] = []

    def look(step: int, terms: dict[str, float]) -> None:
        handlers.append(signal.getsignal(signal.SIGINT))

    asked = {**ASKED, "steps": 1, "on_report": look, "checkpoint": str(tmp_path / "kept")}
    thread = threading.Thread(target=tcvae_cli.train, kwargs=asked)
    thread.start()
    thread.join()
    tcvae_cli.train(**{**asked, "checkpoint": None})
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        tcvae_cli.train(**asked)
    finally:
        signal.signal(signal.SIGINT, before)
    assert handlers == [signal.default_int_handler, signal.default_int_handler, signal.SIG_IGN]


def test_two_trainings_into_one_file_are_told(workshop: Path, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("checkpoint", "log", "output")}
    own = {name: str(tmp_path / f"own_{name}") for name in files}
    notes: list[str] = []
    another: list[str] = []
    settings: dict[str, Any] = {"batch_size": 96, "latents": 2, "steps": 4, "report_every": 1, "checkpoint_every": 1}

    def train_another(step: int, terms: dict[str, float]) -> None:
        if step == 2:
            with pytest.raises(tcvae_cli.TcvaeError, match="log: is the log of another training that runs"):
                tcvae_cli.train(workshop / "small.h5", **settings, **(own | {"log": files["log"]}))
            tcvae_cli.train(
                workshop / "small.h5", **settings, **(own | {"checkpoint": files["checkpoint"]}), note=another.append
            )

    tcvae_cli.train(workshop / "small.h5", **settings, **files, on_report=train_another, note=notes.append)
    said = f"another training writes {files['checkpoint']} too, and the later one is kept: give each its own"
    assert (notes, another) == ([said], [])  # the other began and ended between two steps, and saw nothing
    assert tcvae_cli.read_log(files["log"]).steps == (1, 2, 3, 4)
    tcvae_cli.train(workshop / "small.h5", **settings, **files, note=another.append)
    assert another == []
