"""What every measure must keep to, whatever the codes: shares from 0 to 1, information at most a factor's entropy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import tcvae_cli
from tcvae_cli import Codes, Effort, TcvaeError
from tcvae_cli.estimators.scores.registry import MEASURES

pytestmark = pytest.mark.filterwarnings("ignore::tcvae_cli.progress.TcvaeWarning")  # notes on so few images
Verb = Callable[..., Any]
METHODS = ("exact", "monte-carlo", "histogram")
CLASSES = torch.cartesian_prod(torch.arange(4), torch.arange(3)).repeat_interleave(3, 0)
NOISE = torch.randn(36, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
MEAN = CLASSES[:, [0, 1, 1]] * torch.tensor([1, -0.7, 2], dtype=torch.float64) + 0.2 * NOISE
PLAIN = {"mean": MEAN, "log_std": torch.full_like(MEAN, -3), "factor_classes": CLASSES}
OF_ANY = [name for name in MEASURES if name != "infomec-discrete"]  # which these latents are too fine for
BOOSTED = ("float16", "float64 near 0", "denormal probability")  # of which the trees of dci are grown, which take long
EFFORT = Effort(per_vote=4, train=24, test=12)


def likely(*shares: tuple[int, float]) -> torch.Tensor:
    """Return p(n) of (images, p) one after the other."""
    return torch.cat([torch.full((images,), p, dtype=torch.float64) for images, p in shares])


KINDS = {
    "float16": {"mean": MEAN.half(), "log_std": PLAIN["log_std"].half(), "probability": likely((36, 1 / 36)).half()},
    "bfloat16": {"mean": MEAN.bfloat16(), "log_std": PLAIN["log_std"].bfloat16()},
    "float64": {},
    "float16 far off": {"mean": (MEAN + 1e3).half(), "log_std": PLAIN["log_std"].half()},
    "float32 far off": {"mean": (MEAN + 1e8).float(), "log_std": PLAIN["log_std"].float()},
    "float64 far off": {"mean": MEAN + 1e8},
    "float16 near 0": {"mean": (1e-7 * MEAN).half(), "log_std": PLAIN["log_std"].half() - 16},
    "float64 near 0": {"mean": 1e-200 * MEAN, "log_std": PLAIN["log_std"] - 30},
    "narrow": {"log_std": PLAIN["log_std"] - 36},
    "wide": {"log_std": PLAIN["log_std"] + 40},
    "probability 0": {"probability": likely((24, 1 / 24), (12, 0))},
    "denormal probability": {"probability": likely((18, 1 / 18), (18, 5e-324))},
    "one probable image": {"probability": likely((1, 1), (35, 5e-324))},
    "a rare value": {"factor_classes": (torch.arange(72) < 2).long().view(36, 2)},
    "one latent": {"mean": MEAN[:, :1], "log_std": PLAIN["log_std"][:, :1]},
    "nothing": {"mean": 0 * MEAN + 3.3},
}


@pytest.fixture(params=KINDS)
def codes(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    tensors = {name: tensor.contiguous() for name, tensor in (PLAIN | KINDS[request.param]).items()}
    safetensors.torch.save_file(tensors, tmp_path / "codes")
    return str(tmp_path / "codes")


@pytest.mark.parametrize("method", METHODS)
def test_mig_and_its_relatives_keep_to_their_bounds(codes: str, method: str) -> None:
    try:
        found = tcvae_cli.mig(codes, method=method, samples=20)
    except TcvaeError as error:
        assert "uncertain" in str(error)  # noqa: PT017
        return
    json.dumps(found.record(), allow_nan=False)
    assert ((found.gap_per_factor >= 0) & (found.gap_per_factor <= 1)).all()
    assert all(0 <= share <= 1 for share in (found.mig, found.mig_sup))
    information, most = found.mutual_information, found.factor_entropy
    assert ((information >= 0) & (information <= most[:, None])).all()
    assert 0 <= found.rmig <= most.max()
    assert found.jemmig >= 0


def test_every_score_keeps_to_its_bounds(codes: str, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["codes"]
    left_out = (set() if kind in BOOSTED else {"dci"}) | ({"omes"} if kind == "a rare value" else set())  # has no pairs
    for found in tcvae_cli.scores([codes], [name for name in OF_ANY if name not in left_out], effort=EFFORT):
        json.dumps(found.record(), allow_nan=False)
        assert 0 <= found.score <= 1, found.measure
        for name, numbers in found.parts.items():
            if name != "votes" and (found.measure, name) != ("dci-lasso", "importance"):  # what has no bounds
                flat, most = np.ravel(numbers), np.log(4) if name == "mutual_information" else 1
                assert ((flat >= 0) & (flat <= most + 1e-12)).all(), (found.measure, name)


def test_an_offset_of_float64_codes_changes_no_measure() -> None:
    here, there = (Codes.of(MEAN + at, PLAIN["log_std"], CLASSES) for at in (0.0, 1e8))
    for measure in OF_ANY:
        plain, moved = (tcvae_cli.score(one, measure, train=24, test=12, per_vote=4) for one in (here, there))
        assert moved.active_latents == (0, 1, 2)
        assert moved.score == pytest.approx(plain.score, abs=1e-3), measure
    for method in METHODS:
        plain, moved = (tcvae_cli.mig(one, method=method, samples=30) for one in (here, there))
        error = 3 * (plain.standard_error or 0)
        assert moved.mig == pytest.approx(plain.mig, abs=1e-4 + error), method


@pytest.mark.parametrize("share", [1e-4, 1e-9, 4e-12])
def test_a_rare_value_that_a_latent_tells_has_a_gap_of_one(share: float) -> None:
    """Far from all others, it is told exactly: I = H(v), however small that is."""
    mean = torch.tensor([[-3.0, 0], [3, 0], [0, 0], [40, 0]], dtype=torch.float64)
    rare = torch.tensor([[0], [0], [0], [1]])
    weight = likely((3, (1 - share) / 3), (1, share))
    codes = Codes.of(mean, torch.full_like(mean, -2), rare, weight)
    found = tcvae_cli.mig(codes)
    assert found.mig == pytest.approx(1, abs=1e-2)
    assert found.mutual_information[0, 0] <= found.factor_entropy[0]
    with pytest.raises(TcvaeError, match="less than what sampling leaves uncertain of information"):
        tcvae_cli.mig(codes, method="monte-carlo", samples=100)


def test_a_value_too_rare_for_float64_is_refused(tcvae: Verb, tmp_path: Path) -> None:
    tensors = PLAIN | KINDS["one probable image"]
    safetensors.torch.save_file(tensors, tmp_path / "codes")
    for method in METHODS:
        status, output, errors = tcvae("mig", str(tmp_path / "codes"), "--method", method)
        assert (status, output, errors.count("\n")) == (1, b"", 1)
        assert "H(v) of factor factor_0 is 9.9e-320 nats, less than what" in errors
        assert ("--method exact" in errors) == (method == "monte-carlo")


def test_the_first_of_latents_that_are_equal_but_for_rounding_is_named() -> None:
    """Three copies of a latent, moved and scaled: rounding alone would choose among them."""
    scale = torch.tensor([3.0, -0.1, 0.7], dtype=torch.float64)
    found = tcvae_cli.mig(Codes.of(MEAN[:, :1] * scale + 10 * scale, -3 + scale.abs().log().expand(36, 3), CLASSES))
    assert found.winner.tolist() == [0, 0]
    assert found.runner_up is not None
    assert found.runner_up.tolist() == [1, 1]
    assert found.mig == pytest.approx(0, abs=1e-9)
