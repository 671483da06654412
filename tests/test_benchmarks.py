"""The textbook that the benchmarks compare with computes the same, and the benchmarks run."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from helpers.tiny import write_tiny

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


def test_the_textbook_mixture_is_ours() -> None:
    import steps
    import textbook

    from tcvae_cli.estimators.mixtures import minibatch_weighted

    found = minibatch_weighted(*steps.posterior(40, 3), textbook.N)
    for ours, theirs in zip(found, textbook.mixture(*steps.posterior(40, 3), textbook.N), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_the_textbook_networks_are_ours(architecture: str) -> None:
    import textbook

    from tcvae_cli.models.vae import build_vae

    ours = build_vae(architecture, 4, (1, 64, 64), seed=0)
    for mine, theirs in zip((ours.encoder, ours.decoder), getattr(textbook, architecture)(4), strict=True):
        assert [p.shape for p in mine.parameters()] == [p.shape for p in theirs.parameters()]


def test_a_row_of_each_kind(tmp_path: Path) -> None:
    import growth
    import pairs
    import steps

    write_tiny(tmp_path / "tiny.h5")
    images = steps.some_images(str(tmp_path / "tiny.h5"), 64)
    rows = [steps.step_row(images, "mlp", "float32", 16, 1), steps.mixture_row(32, 1)]
    rows.append(pairs.command("version", ["--version"], 1))
    for row in rows:
        assert row.line().count("|") == 7
        assert 0 < row.ours < math.inf
    assert "2,048" in growth.table("B", "s", [(512, 0.5), (2048, 8.0)], 2)


def test_limits_count_the_products_of_each_layer() -> None:
    import steps

    from tcvae_cli.models.vae import build_vae

    encoder = 2 * (4096 * 1200 * 2 + 3 * (1200 * 1200 + 1200 * 8))
    decoder = 6 * (4 * 1200 + 2 * 1200 * 1200 + 1200 * 4096)
    assert steps.operations(build_vae("mlp", 4, (1, 64, 64), 0), (1, 64, 64)) == encoder + decoder


def test_the_command_says_what_it_needs() -> None:
    result = subprocess.run([sys.executable, str(FOLDER / "run.py"), "-h"], capture_output=True, text=True, check=True)
    assert "prepared dSprites" in result.stdout
