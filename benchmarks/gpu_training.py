"""Sections of gpu_check.py: trainings on the device against the same on the CPU, and against one that was cut off."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from gpu_rows import Bench, Row
from steps import some_images

from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.state import Data
from tcvae_cli.training.images import Images
from tcvae_cli.training.loop import train
from tcvae_cli.training.state import new_state
from tcvae_cli.verbs.train import train as train_run

Asked = Mapping[str, Any]
CLOSE = 1e-2  # of terms after a few steps, in float32 but for the convolutions, whose products CUDA rounds to TF32
COUNTS = ("real_told", "generated_told")  # which may differ by whole images
CASES: dict[str, Asked] = {
    "beta-TCVAE": {"objective": "beta-tcvae"},
    "beta-TCVAE, mss": {"objective": "beta-tcvae", "estimator": "mss"},
    "beta-TCVAE, exact": {"objective": "beta-tcvae", "estimator": "exact"},
    "beta-TCVAE, Laplace": {"objective": "beta-tcvae", "posterior": "laplace", "prior": "laplace"},
    "beta-TCVAE, flow": {"objective": "beta-tcvae", "prior": "flow"},
    "beta-TCVAE, annealed": {"objective": "beta-tcvae", "beta_anneal": 4, "lambda_anneal": 3},
    "beta-TCVAE, conv": {"objective": "beta-tcvae", "architecture": "conv"},
    "beta-TCVAE, Gaussian": {"objective": "beta-tcvae", "likelihood": "gaussian"},
    "beta-VAE": {"objective": "beta-vae"},
    "VAE": {"objective": "vae"},
    "AnnealedVAE": {"objective": "annealed-vae", "capacity_anneal": 3},
    "DIP-VAE-I": {"objective": "dip-vae-i"},
    "DIP-VAE-II": {"objective": "dip-vae-ii"},
    "FactorVAE": {"objective": "factorvae"},
    "FactorVAE, conv": {"objective": "factorvae", "architecture": "conv"},
    "InfoGAN": {"objective": "infogan", "architecture": "conv"},
}
FEW = ("beta-TCVAE, mss",)  # of the cases, in a tiny check


def objectives(bench: Bench) -> Iterator[Row]:
    """Take some steps of every objective on the CPU and on the device, with the same noise."""
    rows, batch, steps = (150, 64, 5) if not bench.tiny else (20, 8, 2)
    images = some_images(bench.data, rows)  # of which the last batch is short
    for name, asked in CASES.items():
        if bench.tiny and name not in FEW:
            continue
        settings = {"batch_size": batch, "steps": steps, "seed": 3, **asked}
        expected, found = (terms(images, settings, device) for device in (torch.device("cpu"), bench.device))
        apart = {term: difference(found[term], value) for term, value in expected.items() if term not in COUNTS}
        worst = max(apart, key=lambda term: apart[term])
        yield Row(f"{name}: terms after {steps} steps", apart[worst], most=CLOSE, note=f"worst in {worst}")


def difference(found: float, expected: float) -> float:
    """Return the difference of two terms, in parts of them where they are above 1 nat."""
    return abs(found - expected) / max(1.0, abs(expected))


def terms(images: Images, settings: Asked, device: torch.device) -> dict[str, float]:
    """Return the terms of the last step of a training in float32, whose noise is a function of seed and step."""
    wanted = load_objective(settings["objective"]).settings(**settings)
    state = new_state(wanted, images.input_shape, device)
    if state.counter is None:
        state.count_on(device, wanted.seed)
    reports: list[dict[str, float]] = []
    train(
        state,
        Data(images.on(device), None, device),
        wanted,
        lambda state, report: reports.append(report or {}),
        report_every=1,
    )
    return reports[-1]


def resumed(bench: Bench) -> Iterator[Row]:
    """Compare the bytes of a run with those of one that was cut off in the middle, alone."""
    steps = bench.size(400, 4)
    for objective in ("beta-tcvae", "factorvae")[: bench.size(2, 1)]:
        whole, half, again = (str(bench.folder / f"{objective}-{name}.safetensors") for name in ("a", "half", "b"))
        asked = {"batch_size": bench.size(2048, 64), "seed": 5, "device": bench.device.type, "note": print}
        train_run(bench.data, objective, steps=steps, output=whole, **asked)
        train_run(bench.data, objective, steps=steps // 2, checkpoint=half, checkpoint_every=steps // 2, **asked)
        train_run(bench.data, steps=steps, resume=half, output=again, device=bench.device.type, note=print)
        same = Path(whole).read_bytes() == Path(again).read_bytes()
        yield Row(f"{objective}: resumed to the same bytes", float(same), least=1)
