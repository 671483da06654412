"""`train` from its first step to its last: objectives, logs, refusals, and the same bytes for the same command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcvae_cli.files.headers import LogHeader
from tcvae_cli.files.logs import read_log
from tcvae_cli.files.runs import read_run

TRAIN = ("train", "--data", "small.h5", "--batch-size", "32", "--precision", "float32")
Verb = Callable[..., Any]


def test_training_lowers_the_loss_and_logs_it(tcvae: Verb, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    status, _, errors = tcvae(*TRAIN, "--steps", "200", "--log", str(log), "-o", str(tmp_path / "run"))
    assert status == 0
    assert "6 TC(z)" in errors
    found, run = read_log(log), read_run(str(tmp_path / "run"))
    assert found.steps == (100, 200)
    assert found.lines[1]["elbo"] > found.lines[0]["elbo"]
    assert found.lines[1]["elbo"] == pytest.approx(found.lines[1]["log_likelihood"] - found.lines[1]["kl"], abs=1e-2)
    assert found.header == LogHeader(run.header.settings, run.header.data, run.header.processes)
    final = run.header.final
    assert final["kl"] == pytest.approx(sum(final["kl_per_latent"]))


@pytest.mark.parametrize(
    "flags", [("--objective", "vae"), ("--objective", "beta-vae"), ("--estimator", "mss"), ("--alpha", "0")]
)
def test_every_objective_trains(tcvae: Verb, tmp_path: Path, flags: tuple[str, ...]) -> None:
    assert tcvae(*TRAIN, "--steps", "2", *flags, "-o", str(tmp_path / "run"))[0] == 0


def test_all_weights_one_trains_exactly_like_a_vae(tcvae: Verb, tmp_path: Path) -> None:
    elbos = []
    for name, flags in (("tc", ("--beta", "1")), ("vae", ("--objective", "vae"))):
        tcvae(*TRAIN, "--steps", "3", *flags, "-o", str(tmp_path / name))
        elbos.append(read_run(str(tmp_path / name)).header.final["elbo"])
    assert elbos[0] == pytest.approx(elbos[1], rel=1e-4)


def test_same_command_same_bytes(tcvae: Verb, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "ab"]
    for file in files:
        flags = ("--data", "tiny.h5", "--batch-size", "64", "--steps", "4", "--beta", "6")
        assert tcvae(*TRAIN, *flags, "-o", str(file))[0] == 0
    assert files[0].read_bytes() == files[1].read_bytes() == Path("run.safetensors").read_bytes()


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tcvae: Verb, tmp_path: Path) -> None:
    run, checkpoint = tmp_path / "run", tmp_path / "checkpoint"
    flags = ("--learning-rate", "1e30", "--steps", "50", "--checkpoint", str(checkpoint), "--checkpoint-every", "1")
    status, _, errors = tcvae(*TRAIN, *flags, "-o", str(run))
    assert status == 1
    assert "not finite" in errors.splitlines()[-1]
    assert "--learning-rate" in errors.splitlines()[-1]
    assert not run.exists()
    assert read_run(str(checkpoint)).header.step >= 1


def test_a_single_exploding_step_is_refused(tcvae: Verb, tmp_path: Path) -> None:
    status, _, errors = tcvae(*TRAIN, "--steps", "1", "--learning-rate", "1e30", "-o", str(tmp_path / "run"))
    assert status == 1
    assert "not finite" in errors.splitlines()[-1]
