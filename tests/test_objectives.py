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

from tcvae_cli.cli.train_settings import check_estimator
from tcvae_cli.datasets import dsprites
from tcvae_cli.errors import UsageError
from tcvae_cli.estimators.objective import minibatch_terms
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.data_set_writer import write_data_set
from tcvae_cli.files.data_sets import Description
from tcvae_cli.files.runs import read_run
from tcvae_cli.models.discriminator import Discriminator, permute_latents
from tcvae_cli.training.settings import Settings
from test_mixtures import sample

Verb = Callable[..., Any]
TRAIN = ("train", "--data", "tiny.h5", "--precision", "float32")
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


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_falls_and_every_verb_reads_the_run(
    tcvae: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("tcvae_cli.training.loop.LOG_INTERVAL", 12)
    run, log, codes = (str(tmp_path / name) for name in ("run", "log", "codes"))
    flags = ("--batch-size", "48", "--steps", "60", "--log", log, "-o", run)
    status, _, errors = tcvae(*TRAIN, *METHODS[method], *flags)
    assert status == 0, errors
    lines = [json.loads(line) for line in Path(log).read_text().splitlines()]
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


def test_annealing_is_that_of_the_authors() -> None:
    settings = Settings(
        *("beta-tcvae", 1.0, 6.0, 1.0, "mws", "mlp", 10, 64, 1e-3, 100, 0, "float32"), beta_anneal=10, lambda_anneal=20
    )
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
    with pytest.raises(ValueError, match="no estimator"):
        minibatch_terms(z, mean, log_std, 12, "mvs")


def test_a_discriminator_learns_a_known_total_correlation() -> None:
    """Two normals of correlation 0.9: TC = - ln(1 - 0.81) / 2."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        discriminator = Discriminator(2)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-4, betas=(0.5, 0.9))

    def draw(count: int) -> torch.Tensor:
        first, second = torch.randn(2, count, generator=generator)
        return torch.stack([first, 0.9 * first + math.sqrt(0.19) * second], dim=1)

    for _ in range(150):
        loss = discriminator.loss(draw(256), permute_latents(draw(256), generator)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = float(discriminator.log_ratio(draw(4000)).mean().detach())
    assert found == pytest.approx(-0.5 * math.log(1 - 0.81), abs=0.2)


def test_permuting_latents_keeps_each_one_and_breaks_their_ties() -> None:
    z = torch.arange(200.0)[:, None].repeat(1, 2)
    permuted = permute_latents(z, torch.Generator().manual_seed(0))
    assert torch.equal(permuted.sort(dim=0).values, z)
    assert abs(float(torch.corrcoef(permuted.T)[0, 1])) < 0.3


def write_correlated(path: Path) -> None:
    """A square near the diagonal: its two positions are correlated, so a plain VAE's latents are too."""
    packed = dsprites.render_combination(0, 5, 0).reshape(32, 32, -1)
    places = np.array([(x, y) for x in range(32) for y in range(32) if abs(x - y) <= 6])
    images = np.stack([np.unpackbits(packed[x, y]).reshape(64, 64) for x, y in places])
    names, sizes = ("x", "y"), (32, 32)
    description = Description("diagonal", len(images), (64, 64), "binary", names, sizes, names, "rendered")
    write_data_set(path, description, iter([images]), places, places / 31)


def test_factorvae_lowers_the_total_correlation_of_its_codes(tcvae: Verb, tmp_path: Path) -> None:
    write_correlated(tmp_path / "diagonal.h5")
    flags = ("--latents", "3", "--batch-size", "32", "--learning-rate", "2e-3", "--steps", "220")
    found = {}
    for objective, beta in (("vae", "1"), ("factorvae", "5")):
        run, log = str(tmp_path / objective), str(tmp_path / f"{objective}.jsonl")
        method = ("--objective", objective, "--beta", beta, "--precision", "float32")
        data = ("--data", str(tmp_path / "diagonal.h5"), "--log", log)
        assert tcvae("train", *data, *method, *flags, "-o", run)[0] == 0
        codes = tcvae("encode", run)[1]
        found[objective] = json.loads(tcvae("estimate-tc", "--samples", "2000", stdin=codes)[1])
    assert found["factorvae"]["total_correlation"] < 0.6 * found["vae"]["total_correlation"]
    assert found["factorvae"]["index_code_mi"] > 2  # not by knowing nothing
    final = read_run(str(tmp_path / "factorvae")).header["final"]
    agreement = 4 * (final["total_correlation_standard_error"] + found["factorvae"]["standard_error"])
    assert final["total_correlation"] == pytest.approx(found["factorvae"]["total_correlation"], abs=agreement)
    last = json.loads((tmp_path / "factorvae.jsonl").read_text().splitlines()[-1])
    assert math.isfinite(last["discriminator_total_correlation"])


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_exact_over_too_many_images_is_refused_before_it_starts(architecture: str) -> None:
    names: tuple[str, ...] = ()
    description = Description("huge", 10**9, (64, 64), "binary", names, (), names, "imagined")
    data = SimpleNamespace(path="huge.h5", description=description, probability=None)
    with pytest.raises(UsageError, match="exact encodes all 1,000,000,000 images at every step"):
        check_estimator({"estimator": "exact", "architecture": architecture, "shuffle_rows": None}, data)
