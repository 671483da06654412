"""Every objective trains: its loss falls, it resumes to the same bytes, and it does what its paper says."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from helpers.samples import sample
from tcvae_cli.errors import ArgumentError
from tcvae_cli.estimators.objective import minibatch_terms
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.logs import read_log
from tcvae_cli.files.runs import read_run
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data
from tcvae_cli.training.images import Images, Layout
from tcvae_cli.training.request import check_admitted
from tcvae_cli.training.state import new_state
from tcvae_cli.verbs.train import train

Verb = Callable[..., Any]
TRAIN = ("train", "--data", "small.h5", "--precision", "float32")
METHODS = {
    "vae": ("--objective", "vae"),
    "beta-vae": ("--objective", "beta-vae"),
    "beta-tcvae": (),
    "mss": ("--estimator", "mss"),
    "exact": ("--estimator", "exact"),
    "laplace": ("--posterior", "laplace"),
    "flow": ("--prior", "flow"),
    "annealed": ("--beta-anneal", "30", "--lambda-anneal", "30"),
    "factorvae": ("--objective", "factorvae", "--beta", "5"),
    "infogan": ("--objective", "infogan"),
}


def asked(method: str) -> dict[str, Any]:
    """Return as arguments of `train` what stands in METHODS as flags."""
    flags = METHODS[method]
    values = {name[2:].replace("-", "_"): value for name, value in zip(flags[::2], flags[1::2], strict=True)}
    numbers = {"beta": float, "beta_anneal": int, "lambda_anneal": int}
    return {
        "data": "small.h5",
        "precision": "float32",
        **{name: numbers.get(name, str)(value) for name, value in values.items()},
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_falls_and_every_verb_reads_the_run(tcvae: Verb, tmp_path: Path, method: str) -> None:
    run, log, codes = (str(tmp_path / name) for name in ("run", "log", "codes"))
    side_64 = {"data": "tiny.h5"} if method == "annealed" else {}  # where the images weigh more than growing weights
    train(**asked(method) | side_64, batch_size=32, steps=48, log=log, report_every=12, output=run)
    lines = read_log(log).lines
    key, sign = ("code_log_likelihood", -1) if method == "infogan" else ("loss", 1)
    assert sign * lines[-1][key] < sign * lines[0][key]
    assert tcvae("encode", run, "-o", codes)[0] == 0
    latents = 5 if method == "infogan" else 10
    assert read_codes(codes).mean.shape == (192, latents)
    assert (read_codes(codes).log_likelihood is None) == (method == "infogan")
    assert 0 <= json.loads(tcvae("mig", codes)[1])["mig"] <= 1
    found = json.loads(tcvae("estimate-tc", codes, "--samples", "500")[1])
    assert found["sum_agrees"]
    assert found["sampled_kl"] == pytest.approx(found["analytic_kl"], abs=6 * found["sampled_kl_standard_error"])
    assert tcvae("traverse", run, "-o", str(tmp_path / "walk.png"))[0] == 0
    assert tcvae("show", run)[0] == 0


@pytest.mark.parametrize("method", ["exact", "laplace", "flow", "annealed", "factorvae", "infogan"])
def test_resumed_training_ends_in_the_same_bytes(tcvae: Verb, tmp_path: Path, method: str) -> None:
    whole, resumed, checkpoint = (str(tmp_path / name) for name in ("whole", "resumed", "checkpoint"))
    flags = (*TRAIN, "--batch-size", "80", "--steps", "5", *METHODS[method])
    assert tcvae(*flags, "-o", whole, "--checkpoint", checkpoint, "--checkpoint-every", "3")[0] == 0
    assert tcvae("train", "--resume", checkpoint, "-o", resumed)[0] == 0
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()
    assert tcvae("encode", checkpoint)[0] == 0


def test_the_log_of_resumed_training_is_the_log(tcvae: Verb, tmp_path: Path) -> None:
    log, checkpoint, run = (tmp_path / name for name in ("log", "checkpoint", "run"))
    outputs = {"log": str(log), "output": str(run), "report_every": 4}
    kept = {"checkpoint": str(checkpoint), "checkpoint_every": 6}
    train("small.h5", precision="float32", batch_size=80, steps=11, **outputs, **kept)
    whole = log.read_text()
    assert read_log(log).steps == (4, 8, 11)
    log.write_text(whole + '{"step": 1')  # cut short
    train(resume=str(checkpoint), **outputs)
    assert log.read_text() == whole


def test_a_log_that_goes_on_behind_the_end_holds_means_of_the_steps_since(tcvae: Verb, tmp_path: Path) -> None:
    """A finished run is resumed with more steps: its last line ended at no multiple of a hundred."""

    def losses(log: str) -> list[float]:
        return read_log(tmp_path / log).series("loss")[1]

    checkpoint, flags = str(tmp_path / "checkpoint"), (*TRAIN, "--batch-size", "80", "-o", str(tmp_path / "run"))
    more = ("--log", str(tmp_path / "log"), "--checkpoint", checkpoint, "--checkpoint-every", "3")
    assert tcvae(*flags, "--steps", "3", *more)[0] == 0
    for steps in ("7", "8"):
        assert tcvae("train", "--resume", checkpoint, "--steps", steps, "-o", str(tmp_path / "run"), *more)[0] == 0
    log = str(tmp_path / "each")
    train("small.h5", precision="float32", batch_size=80, steps=8, log=log, report_every=1)
    each = losses("each")
    assert losses("log") == pytest.approx([sum(each[:3]) / 3, sum(each[3:]) / 5], rel=1e-5)


def test_annealing_is_that_of_the_authors() -> None:
    settings = Settings(objective="beta-tcvae", beta=6, steps=100, beta_anneal=10, lambda_anneal=20)
    assert settings.weights(1) == pytest.approx((1.0, 0.6, 1 - 0.9))
    assert settings.weights(10) == pytest.approx((1.0, 6.0, 1 - 0.45))
    assert settings.weights(19) == settings.weights(100) == pytest.approx((1.0, 6.0, 1.0))


def test_the_exact_estimator_is_the_mixture_of_all_images() -> None:
    z, mean, log_std = sample(12, 3)
    found = minibatch_terms(z, mean, log_std, 12, "exact")
    pair = (z[:, None] - mean) / log_std.exp()
    log_density = -0.5 * pair**2 - log_std - 0.5 * math.log(2 * math.pi)
    log_qz = torch.logsumexp(log_density.sum(2), 1) - math.log(12)
    log_prod_qzj = (torch.logsumexp(log_density, 1) - math.log(12)).sum(1)
    torch.testing.assert_close(found.total_correlation, log_qz - log_prod_qzj)
    with pytest.raises(ValueError, match="all 13 images"):
        minibatch_terms(z, mean, log_std, 13, "exact")
    with pytest.raises(ValueError, match="use mws"):
        minibatch_terms(z, mean, log_std, 12, "mss", probability=torch.full((12,), 1 / 12))
    with pytest.raises(ValueError, match="no estimator"):
        minibatch_terms(z, mean, log_std, 12, "mvs")


def test_a_run_of_factorvae_says_its_exact_total_correlation(tcvae: Verb, tmp_path: Path) -> None:
    run, codes = str(tmp_path / "run"), str(tmp_path / "codes")
    assert tcvae(*TRAIN, *METHODS["factorvae"], "--steps", "20", "--batch-size", "48", "-o", run)[0] == 0
    assert tcvae("encode", run, "-o", codes)[0] == 0
    found = json.loads(tcvae("estimate-tc", codes, "--samples", "2000")[1])
    final = read_run(run).header.final
    agreement = 4 * (final["total_correlation_standard_error"] + found["standard_error"]) + 1e-3
    assert final["total_correlation"] == pytest.approx(found["total_correlation"], abs=agreement)
    assert math.isfinite(final["discriminator_total_correlation"])


ONE = {
    "mws": ("beta-tcvae", "mws", "normal", "normal"),
    "mss": ("beta-tcvae", "mss", "normal", "normal"),
    "exact": ("beta-tcvae", "exact", "normal", "normal"),
    "laplace": ("beta-tcvae", "mws", "laplace", "laplace"),
    "flow": ("beta-tcvae", "mss", "normal", "flow"),
    "beta-vae": ("beta-vae", None, "normal", "normal"),
    "factorvae": ("factorvae", None, "normal", "normal"),
}


def first_gradients(objective: str, estimator: str | None, posterior: str, prior: str, beta: float) -> torch.Tensor:
    """Return the gradients of all weights, at the first step on 16 of 24 random images."""
    record = load_objective(objective)
    settings = Settings(
        objective=objective,
        beta=beta,
        estimator=estimator,
        latents=3,
        batch_size=16,
        steps=9,
        posterior=posterior,
        prior=prior,
    )
    pixels = np.random.default_rng(0).integers(0, 256, (24, 8), dtype=np.uint8)
    data = Data(Images(pixels, Layout((1, 8, 8), True)), None, torch.device("cpu"))
    state = new_state(settings, data.images.layout.input_shape, torch.device("cpu"))
    order = torch.randperm(24, generator=torch.Generator().manual_seed(1))
    record.step(state, (order[:16], order[8:])[: record.batches], data, settings)
    return torch.cat([parameter.grad.flatten() for parameter in state.model.parameters()])


@pytest.mark.parametrize("method", ONE)
def test_with_all_weights_one_every_objective_is_the_vae(method: str) -> None:
    objective, estimator, posterior, prior = ONE[method]
    found = first_gradients(objective, estimator, posterior, prior, 0.0 if method == "factorvae" else 1.0)
    wanted = first_gradients("vae", None, posterior, prior, 1.0)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
    assert float(wanted.abs().max()) > 0.1


def test_factorvae_weighs_the_kl_once_and_the_ratio_by_beta() -> None:
    record = load_objective("factorvae")
    settings = record.settings(beta=7, latents=3, batch_size=16, steps=9)
    pixels = np.random.default_rng(0).integers(0, 256, (24, 8), dtype=np.uint8)
    data = Data(Images(pixels, Layout((1, 8, 8), True)), None, torch.device("cpu"))
    state = new_state(settings, data.images.layout.input_shape, torch.device("cpu"))
    terms = record.step(state, (torch.arange(16), torch.arange(8, 24)), data, settings)
    wanted = terms["kl"] + 7 * terms["discriminator_total_correlation"] - terms["log_likelihood"]
    torch.testing.assert_close(terms["loss"], wanted)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_exact_over_too_many_images_is_refused_before_it_starts(architecture: str) -> None:
    names: tuple[str, ...] = ()
    description = Description("huge", 10**9, (64, 64), "binary", names, (), names, "imagined")
    data = SimpleNamespace(path="huge.h5", description=description, probability=None)
    settings = load_objective("beta-tcvae").settings(estimator="exact", architecture=architecture, steps=1)
    with pytest.raises(ArgumentError, match="exact encodes all 1,000,000,000 images at every step"):
        check_admitted(settings, data)
