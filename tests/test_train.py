"""Training as a function: the bytes of the verb, any order of calls, old checkpoints, and what it refuses."""

import dataclasses
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tcvae_cli
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.tensors import read_tensors, tensors_to_bytes
from tcvae_cli.objectives.settings import SINCE, Settings
from tcvae_cli.verbs.train import train

Verb = Callable[..., Any]
SHORT = {"batch_size": 64, "steps": 3, "precision": "float32"}


def test_a_run_in_memory_is_the_run_of_the_verb(tcvae: Verb, tmp_path: Path) -> None:
    typed, saved = tmp_path / "typed", tmp_path / "saved"
    flags = ("--batch-size", "64", "--steps", "3", "--precision", "float32", "--beta", "2", "--prior", "laplace")
    assert tcvae("train", "--data", "small.h5", *flags, "-o", str(typed))[0] == 0
    reports: list[tuple[int, dict[str, float]]] = []
    with open_data_set("small.h5") as data, warnings.catch_warnings(action="error"):
        run = train(data, beta=2, prior="laplace", **SHORT, on_report=lambda *report: reports.append(report))
        images = np.asarray(data.rows(slice(0, 5)))
    tcvae_cli.save(run, saved)
    assert saved.read_bytes() == typed.read_bytes()
    assert [step for step, _ in reports] == [3]
    assert list(reports[0][1])[-1] == "loss"
    again = tcvae_cli.load(saved)
    np.testing.assert_array_equal(run.posterior(images).mean, again.posterior(images).mean)


@pytest.mark.parametrize("objective", ["beta-tcvae", "infogan"])
def test_a_checkpoint_of_schema_1_is_resumed_and_encoded(workshop: Path, tmp_path: Path, objective: str) -> None:
    data, kept, old = str(workshop / "small.h5"), str(tmp_path / "kept"), str(tmp_path / "old")
    whole = train(data, objective, **SHORT, checkpoint=kept, checkpoint_every=2)
    header, tensors = read_tensors(kept, "a run")
    assert header is not None
    first = ["kind", "schema", "version", "settings", "data", "image_shape", "processes", "step", "final"]
    known = {**header, "schema": 1, "image_shape": [1, 32, 32]}
    for late in SINCE:
        del known["settings"][late]  # which the first versions did not have
    Path(old).write_bytes(tensors_to_bytes({name: known[name] for name in first}, tensors))
    resumed = train(resume=old)
    assert resumed.header == whole.header
    for name, tensor in whole.stored.tensors.items():
        np.testing.assert_array_equal(resumed.stored.tensors[name], tensor)
    assert tcvae_cli.encode(old).mean.shape == (192, whole.settings.latents)
    assert read_run(old).header.schema == 1


def test_a_finished_run_says_how_much_of_each_latent_varies(workshop: Path) -> None:
    run = train(str(workshop / "small.h5"), "vae", **SHORT)
    assert run.header.final is not None
    shares = np.array(run.header.final["mean_share"])
    codes = tcvae_cli.encode(run)
    spread, noise = codes.mean.astype(np.float64).var(0), np.exp(2 * codes.log_std.astype(np.float64)).mean(0)
    np.testing.assert_allclose(shares, spread / (spread + noise), rtol=1e-6)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("objective", "beta_tcvae"),
        ("beta", -1),
        ("beta", float("nan")),
        ("learning_rate", 0),
        ("batch_size", 1),
        ("latents", 2.5),
        ("steps", 0),
        ("beta_anneal", 10**400),
        ("seed", True),
        ("prior", "cauchy"),
        ("epochs", 0),
        ("memory", "much"),
        ("device", "abacus"),
        ("precision", "float16"),
        ("log", "-"),
        ("checkpoint_every", 5),
    ],
)
def test_a_wrong_argument_is_named(workshop: Path, argument: str, value: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        train(str(workshop / "small.h5"), **{argument: value})
    assert caught.value.where == argument
    assert "--" not in str(caught.value)


def test_on_resuming_only_what_was_given_can_contradict(workshop: Path, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    train(str(workshop / "small.h5"), "vae", seed=3, **SHORT, checkpoint=kept, checkpoint_every=3)
    longer = train(resume=kept, steps=4)
    assert (longer.settings.seed, longer.settings.objective, longer.header.step) == (3, "vae", 4)
    for name, value in (("seed", 0), ("objective", "beta-tcvae"), ("batch_size", 32)):
        with pytest.raises(ArgumentError) as caught:
            train(resume=kept, **{name: value})
        assert caught.value.where == name
    with pytest.raises(TcvaeError, match="is not the data set"):
        train(str(workshop / "biased.h5"), resume=kept)


# What shapes no weights, or is found out: the rows shuffled together follow from the memory.
NO_SETTINGS = {
    *("data", "memory", "device", "log", "checkpoint", "checkpoint_every", "resume", "output", "report_every"),
    *("evaluate_every", "pictures", "tensorboard"),
    *("block_bytes", "on_report", "hold", "progress", "say", "detail", "note"),
}
SETTINGS = [name for name in inspect.signature(train).parameters if name not in NO_SETTINGS]


def test_training_takes_every_setting_that_is_stored_and_the_epochs() -> None:
    stored = {field.name for field in dataclasses.fields(Settings)}
    assert set(SETTINGS) == stored - {"shuffle_rows"} | {"epochs", "rendezvous_timeout"}


@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_is_taken_and_forgotten(name: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        train("nowhere.h5", **{name: "nonsense"})  # before any file is opened
    assert refused.value.where == name
