"""How labels become classes, and what is said where classes tell little or images have none."""

import json
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from tcvae_cli import Codes
from tcvae_cli.datasets.labels import factor_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import read_codes

Verb = Callable[..., Any]
LARGE = 2**53  # and LARGE + 1 are one number in float64


@pytest.mark.parametrize(
    ("labels", "classes", "called"),
    [
        (np.array([LARGE + 1, LARGE, LARGE + 1]), [1, 0, 1], [str(LARGE), str(LARGE + 1)]),
        (np.array([2**64 - 1, 0, 2**64 - 2], dtype=np.uint64), [2, 0, 1], ["0", str(2**64 - 2), str(2**64 - 1)]),
        ([str(LARGE + 1), str(LARGE), ""], [1, 0, -1], [str(LARGE), str(LARGE + 1)]),
        ([str(-LARGE - 1), f"-{LARGE}.0"], [0, 1], [str(-LARGE - 1), f"-{LARGE}.0"]),
        (np.array([LARGE + 1] * 2), [0, 0], [str(LARGE + 1)]),
        (["0.1", "0.10000000000000000001", ".1"], [0, 1, 0], ["0.1", "0.10000000000000000001"]),
        (np.array([LARGE, 1]), [1, 0], []),  # these float64 has
        (["10", "9.0", "9", "1e1"], [1, 0, 0, 1], []),
        (["1e300", "", "7"], [1, -1, 0], ["7", "1E+300"]),
        (np.array([0.5, np.nan, -1], dtype=np.float32), [1, -1, 0], []),
        (["1e400", "9"], [1, 0], ["9", "1e400"]),  # infinity is no number, so these are words, the number first
    ],
)
def test_different_labels_are_different_classes(
    labels: Sequence[Any], classes: Sequence[int], called: Sequence[str]
) -> None:
    factor = factor_of("number", labels)
    assert factor.classes.tolist() == classes
    assert list(factor.class_names) == called
    known = factor.classes >= 0
    assert (np.isfinite(factor.values) == known).all()


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        (np.array([0, 2**64 - 1], dtype=np.uint64), "18446744073709551615, more than 63 bits have"),  # not -1
        ([0, 1e300], "1e+300, and its floats lack whole numbers there"),
        ([0, 2.0**53], "9.0072e+15, and its floats lack whole numbers there"),
        (np.array([0, 2**24], dtype=np.float32), "1.67772e+07, and its floats lack whole numbers there"),
        (np.array([0, 2048], dtype=np.float16), "2048, and its floats lack whole numbers there"),
        (torch.tensor([0, 256], dtype=torch.bfloat16), "256, and its floats lack whole numbers there"),
    ],
)
def test_classes_that_may_have_become_one_are_refused(factors: Any, fault: str) -> None:
    with pytest.raises(TcvaeError, match=re.escape(f"codes: `factors` holds {fault}; number the classes")):
        Codes.of(np.eye(2), np.eye(2), factors)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int64", "uint64"])
def test_classes_of_any_type_are_the_same_classes(kind: str) -> None:
    codes = Codes.of(np.eye(2), np.eye(2), np.array([0, 2047], dtype=kind))
    assert codes.factor_classes is not None
    assert codes.factor_classes.tolist() == [[0], [2047]]


def written(path: Path, **tensors: torch.Tensor) -> str:
    """Return the path of a third party's codes."""
    safetensors.torch.save_file(tensors, path)
    return str(path)


def test_bfloat16_is_read_and_what_is_not_ours_is_passed_by(tcvae: Verb, tmp_path: Path) -> None:
    mean, log_std = torch.randn(64, 2, generator=torch.Generator().manual_seed(0)), torch.full((64, 2), -1.0)
    mean, classes = mean.bfloat16(), torch.arange(64)[:, None] % 2
    beside = {"z": mean.cfloat(), "weights": -mean, "flags": mean > 0, "small": mean.to(torch.float8_e4m3fn)}
    halves = written(tmp_path / "halves", mean=mean, log_std=log_std.bfloat16(), factor_classes=classes, **beside)
    whole = written(tmp_path / "whole", mean=mean.float(), log_std=log_std, factor_classes=classes)
    results = [tcvae("mig", path) for path in (halves, whole)]
    assert results[0] == results[1]
    assert results[0][0] == 0
    assert tcvae("show", halves)[0] == 0
    wrong = written(tmp_path / "wrong", mean=mean.cfloat(), log_std=log_std)
    assert tcvae("mig", wrong)[2] == f"tcvae: {wrong}: `mean` is of type C64; store floats as float32\n"


def test_types_of_a_newer_safetensors_are_passed_by(tcvae: Verb, tmp_path: Path) -> None:
    entries = {
        "half": {"dtype": "F4", "shape": [4], "data_offsets": [0, 2]},
        "mean": {"dtype": "F32", "shape": [2, 1], "data_offsets": [2, 10]},
        "log_std": {"dtype": "F32", "shape": [2, 1], "data_offsets": [10, 18]},
    }
    text, numbers = json.dumps(entries).encode(), np.array([0, 1, 0, 0], "<f4").tobytes()
    (tmp_path / "codes").write_bytes(struct.pack("<Q", len(text)) + text + b"12" + numbers)
    assert read_codes(tmp_path / "codes").mean.tolist() == [[0], [1]]
    assert tcvae("show", str(tmp_path / "codes"))[0] == 0


@pytest.mark.parametrize(
    ("names", "fault", "cure"),
    [
        (("mu", "logvar"), "mean", "store `mu` as `mean`, and half of `logvar` as `log_std`"),
        (("z_mean", "z_log_sigma"), "mean", "store `z_mean` as `mean`, and `z_log_sigma` as `log_std`"),
        (("mean", "std"), "log_std", "store the logarithm of `std` as `log_std`"),
        (("encoder.loc", "encoder.var"), "mean", "store `encoder.loc` as `mean`, and half the logarithm of `encoder.v"),
        (("log_std", "z"), "mean", "give the output of `tcvae encode`"),
    ],
)
def test_what_others_call_it_is_told(tcvae: Verb, tmp_path: Path, names: Sequence[str], fault: str, cure: str) -> None:
    path = written(tmp_path / "codes", **{name: torch.zeros(4, 2) for name in names})
    status, _, errors = tcvae("mig", path)
    assert status == 1
    assert errors.startswith(f"tcvae: {path}: has no tensor `{fault}`, so it holds no codes; {cure}")


@pytest.mark.parametrize("kind", [torch.int64, torch.uint8, torch.bool])
def test_the_classes_of_one_factor_may_be_one_column_without_an_axis(
    tcvae: Verb, tmp_path: Path, kind: torch.dtype
) -> None:
    mean, classes = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)), (torch.arange(20) % 2).to(kind)
    flat = written(tmp_path / "flat", mean=mean, log_std=mean * 0, factor_classes=classes)
    column = written(tmp_path / "column", mean=mean, log_std=mean * 0, factor_classes=classes[:, None])
    assert tcvae("mig", flat) == tcvae("mig", column)
    assert tcvae("mig", flat)[0] == 0
    odd = written(tmp_path / "odd", mean=mean, log_std=mean * 0, factor_classes=classes[:19])
    assert "`factor_classes` has the shape [19, 1], not one row of classes for each of 20" in tcvae("mig", odd)[2]
