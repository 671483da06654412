"""Extreme numbers: training ends in a run or in a clear word; what is measured stays finite and within its bounds."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from helpers.awkward import awkward_posterior
from helpers.command import call
from tcvae_cli.estimators.decomposition import integrate, sample_entropy
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

Tally = Callable[[str, int, int], None]
SIDE = 4


def write(path: Path, images: np.ndarray, grey: bool = False) -> None:
    """Images with one factor that varies, and one more where there are enough of them."""
    rows = len(images)
    classes = np.stack([np.arange(rows) % 2, np.arange(rows) * 3 // rows], axis=1)
    names = ("one", "other")
    binary = images.max() <= 1 and not grey
    described = Description(
        "extreme", rows, images.shape[1:], "binary" if binary else "grey", names, (2, 3), names, "made up"
    )
    write_data_set(path, Source(described, iter([images]), classes, classes.astype(float)))


def pixels(kind: str) -> np.ndarray:
    random = np.random.default_rng(0)
    noise = random.integers(0, 2, (30, SIDE, SIDE), dtype=np.uint8)
    return {
        "zeros": np.zeros_like(noise),
        "ones": np.ones_like(noise),
        "black": np.zeros_like(noise),
        "white": np.full_like(noise, 255),
        "constant": np.repeat(noise[:1], 30, axis=0),
        "duplicates": np.repeat(noise[:3], 10, axis=0),
        "noise": noise,
        "two": noise[:2],
        "three": noise[:3],
    }[kind]


def check_measures(codes: str) -> None:
    """MIG within 0 and 1, information within its entropies, TC above -3 standard errors; or one line that says why."""
    status, line, errors = call("mig", codes)
    if status == 0:
        record = json.loads(line)
        assert 0 <= record["mig"] <= 1 + 1e-9
        rows = record["rows"]
        for entropy, row in zip(record["factor_entropy"], record["mutual_information"], strict=True):
            assert all(-1e-6 <= nats <= entropy + 1e-6 <= math.log(rows) + 2e-6 for nats in row)
    else:
        assert (status, errors.count("\n")) == (1, 1)
    status, line, errors = call("estimate-tc", codes, "--samples", "300")
    if status == 0:
        record = json.loads(line)
        least = -3 * (record["standard_error"] or 0) - 1e-6
        assert record["total_correlation"] >= least
        assert least <= record["index_code_mi"] <= math.log(record["rows"]) - least
        assert record["dimension_wise_kl"] >= -1e-6
    else:
        assert (status, errors.count("\n")) == (1, 1)
    status, line, errors = call("score", codes, "--measure", "sap,modularity,irs,kim-mnih,higgins")
    assert "Traceback" not in errors
    for text in line.splitlines():
        assert -1e-9 <= json.loads(text)["score"] <= 1 + 1e-9


OBJECTIVES = (
    "",
    "--objective beta-vae",
    "--objective vae",
    "--objective factorvae",
    "--estimator mss",
    "--estimator exact",
    "--posterior laplace --prior laplace",
    "--prior flow",
    "--likelihood gaussian",
)
TRAININGS = [
    *[(kind, "") for kind in ("zeros", "ones", "black", "white", "constant", "duplicates")],
    *[(kind, flags) for kind in ("two", "three") for flags in OBJECTIVES],
    *[("noise", flags) for flags in OBJECTIVES],
    ("noise", "--learning-rate 1e3"),
    ("noise", "--learning-rate 1e3 --objective factorvae"),
    ("noise", "--learning-rate 1e-30"),
    ("noise", "--learning-rate 1e3 --likelihood gaussian"),
    ("noise", "--batch-size 2"),
    ("noise", "--batch-size 7"),
    ("noise", "--batch-size 29"),
    ("noise", "--batch-size 29 --estimator mss"),
    ("noise", "--batch-size 100000"),
    ("noise", "--latents 1"),
    ("noise", "--latents 1 --objective factorvae"),
    ("noise", "--latents 64"),
    ("noise", "--latents 64 --estimator exact"),
    ("noise", "--beta 0"),
    ("noise", "--beta 1e6"),
    ("noise", "--beta 1e6 --objective beta-vae"),
    ("noise", "--beta 1e6 --estimator mss"),
    ("noise", "--beta 1e38"),
    ("noise", "--beta 1e300"),
    ("noise", "--alpha 0 --gamma 0 --beta 0"),
    ("noise", "--alpha 1e9 --gamma 1e9"),
    ("white", "--likelihood gaussian"),
    ("constant", "--likelihood gaussian"),
    ("constant", "--objective factorvae"),
]


def test_training_ends_in_a_run_or_in_a_clear_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torture: bool, tally: Tally
) -> None:
    monkeypatch.chdir(tmp_path)
    chosen, refused = TRAININGS if torture else TRAININGS[::6], 0
    for kind, flags in chosen:
        write(Path("data.h5"), pixels(kind), grey=kind == "black")
        Path("run").unlink(missing_ok=True)
        steps = 25 if torture else 4
        status, _, errors = call(*f"train --data data.h5 --precision float32 --steps {steps} {flags} -o run".split())
        if status:
            refused += 1
            assert status in (1, 2), (kind, flags)
            assert errors.splitlines()[-1].startswith("tcvae: ")
            assert "Traceback" not in errors
            assert not Path("run").exists()
            continue
        status, _, errors = call("encode", "run", "-o", "codes")
        assert status == 0, (kind, flags, errors)
        check_measures("codes")
    tally("extreme trainings", len(chosen), refused)


@pytest.mark.long
@pytest.mark.parametrize("samples", [200, 1000])
@pytest.mark.parametrize("kind", ["far 5", "far 10", "far 50", "far 1e4", "further", "clusters", "tails", "corners"])
def test_errors_of_the_decomposition_cover_the_truth(kind: str, samples: int, tally: Tally) -> None:
    known = integrate(awkward_posterior(kind, images=2000, latents=10))
    truth = sample_entropy(known, 40_000, torch.Generator().manual_seed(1_000_000))
    covered = 0
    for seed in range(300):
        found = sample_entropy(known, samples, torch.Generator().manual_seed(seed))
        covered += abs(found.joint_entropy - truth.joint_entropy) <= 1.96 * found.standard_error
    assert covered >= 270
    tally("decompositions whose error must cover the truth", 300, 0)


def made_up(kind: str) -> dict[str, Any]:
    """Codes of extreme shapes."""
    random = np.random.default_rng(1)
    rows, latents = {"two": (2, 1), "one": (1, 3), "wide": (40, 64), "narrow": (40, 1)}.get(kind, (60, 4))
    classes = np.stack([np.arange(rows) % 2, np.arange(rows) * 3 // rows], axis=1)
    mean, log_std = random.normal(size=(rows, latents)), np.full((rows, latents), math.log(0.1))
    if kind == "collapsed":
        log_std[:] = math.log(1e-6)
    elif kind == "grown":
        log_std[:] = math.log(1e3)
    elif kind == "both":
        log_std[:, 0], log_std[:, 1] = math.log(1e-6), math.log(1e3)
    elif kind == "within one latent":
        log_std[:30], log_std[30:] = math.log(1e-6), math.log(1e3)
    elif kind == "far":
        mean *= 1e8
    elif kind == "far and sharp":
        mean, log_std = mean * 1e8, log_std * 0 - 30
    elif kind == "at the limits":
        mean[:, 0], log_std[:, 0], log_std[:, 1] = 1e15 * np.sign(mean[:, 0]), 40, -40
    elif kind == "one outlier":
        mean[0] = 1e6
    elif kind == "constant":
        mean[:] = 0
    elif kind == "duplicates":
        mean[:] = mean[:1]
        mean[::2] += 1
    elif kind == "the prior":
        mean[:], log_std[:] = 0, 0
    codes = {"mean": mean.astype(np.float32), "log_std": log_std.astype(np.float32), "factor_classes": classes}
    if kind == "rare":
        weight = np.full(rows, 1e-30)
        weight[0] = 1
        codes["probability"] = (weight / weight.sum()).astype(np.float64)
    return {name: np.ascontiguousarray(tensor) for name, tensor in codes.items()}


KINDS = (
    "two",
    "one",
    "wide",
    "narrow",
    "collapsed",
    "grown",
    "both",
    "within one latent",
    "far",
    "far and sharp",
    "at the limits",
    "one outlier",
    "constant",
    "duplicates",
    "the prior",
    "rare",
)


def test_measures_of_extreme_codes_stay_within_their_bounds(tmp_path: Path, torture: bool, tally: Tally) -> None:
    for kind in KINDS if torture else KINDS[:7]:
        safetensors.numpy.save_file(made_up(kind), tmp_path / "codes")
        check_measures(str(tmp_path / "codes"))
    tally("measures of extreme codes", len(KINDS), 0)
