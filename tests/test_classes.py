"""How labels become classes, and what is said where classes tell little or images have none."""

import doctest
import json
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from helpers.command import call
from tcvae_cli import Codes, mig, score, scores
from tcvae_cli.datasets.labels import factor_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files import renamed
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.progress import TcvaeWarning
from tcvae_cli.results.line import Line
from tcvae_cli.results.setting import name_settings
from tcvae_cli.verbs import factor_bins
from tcvae_cli.verbs.factor_bins import binned

Verb = Callable[..., Any]


def no_one(sentence: str) -> None:
    """Take a note that the test is not about."""


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


def test_labels_by_another_name_are_told(tcvae: Verb, tmp_path: Path) -> None:
    path = written(tmp_path / "codes", mean=torch.zeros(4, 2), log_std=torch.zeros(4, 2), labels=torch.arange(4))
    cure = "store `labels` as `factor_classes`, or give a labelled data set with --factors"
    assert tcvae("mig", path)[2] == f"tcvae: {path}: has no factor labels to score; {cure}\n"


@pytest.mark.parametrize(
    ("classes", "fault"),
    [
        ([-1, 1], "factor factor_0 has one value only beside -1, a label not known, so no score; number classes from"),
        ([1, 1], "factor factor_0 has one value only, so no score; measure images that differ in a factor"),
        ([-1, -1], "factor factor_0 has no labels, so no score; measure images that differ in a factor"),
        ([[2, 0], [2, 1]], "factor factor_0 has one value only, so no score; name some by factor, of factor_1"),
    ],
)
def test_why_a_factor_cannot_be_scored_is_told(classes: list[int], fault: str) -> None:
    with pytest.raises(TcvaeError, match=f"^codes: {fault}"):
        mig(Codes.of(np.eye(2), np.zeros((2, 2)), classes))


def test_a_data_set_of_one_class_has_nothing_to_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", images=np.zeros((4, 8, 8)), labels=["a"] * 4)
    call("prepare", "arrays", "--source", str(tmp_path / "own.npz"), "-o", str(tmp_path / "own.h5"))
    with pytest.raises(TcvaeError, match=r"has no factor of two classes, so no score; measure images that differ"):
        mig(Codes.of(np.eye(4), np.zeros((4, 4))), factors=tmp_path / "own.h5")


@pytest.mark.parametrize(("shift", "words"), [(0, ", words in their order"), (None, "")])
def test_what_words_cut_into_bins_are_is_told(tmp_path: Path, shift: int | None, words: str) -> None:
    labels = [str(k // 2) if shift is None else f"w{k // 2}" for k in range(24)]
    np.savez(tmp_path / "own.npz", images=np.zeros((24, 8, 8)), labels=labels)
    call("prepare", "arrays", "--source", str(tmp_path / "own.npz"), "-o", str(tmp_path / "own.h5"))
    codes = Codes.of(np.random.default_rng(0).normal(size=(24, 2)), np.zeros((24, 2)))
    result = mig(codes, factors=tmp_path / "own.h5", factor_bins=3, note=no_one)
    assert result.notes == (f"cut into 3 bins: factor_0 (of 12 classes{words})",)


@pytest.mark.parametrize("kind", [torch.int64, torch.uint8, torch.bool])
def test_the_classes_of_one_factor_may_be_one_column_without_an_axis(
    tcvae: Verb, tmp_path: Path, kind: torch.dtype
) -> None:
    mean, classes = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)), (torch.arange(20) % 2).to(kind)
    flat = written(tmp_path / "flat", mean=mean, log_std=mean * 0, factor_classes=classes)
    column = written(tmp_path / "column", mean=mean, log_std=mean * 0, factor_classes=classes[:, None])
    assert tcvae("mig", flat) == tcvae("mig", column)
    assert tcvae("mig", flat)[0] == 0
    real = written(tmp_path / "real", mean=mean, log_std=mean * 0, factor_classes=mean * 2)
    cure = "number the classes from 0 on, and store real values as `factor_values`"
    assert tcvae("mig", real)[2] == f"tcvae: {real}: `factor_classes` is float32, not integers; {cure}\n"
    odd = written(tmp_path / "odd", mean=mean, log_std=mean * 0, factor_classes=classes[:19])
    assert "`factor_classes` has the shape [19, 1], not one row of classes for each of 20" in tcvae("mig", odd)[2]


def real_values(mean: np.ndarray | None = None) -> Codes:
    """Return codes of 600 images and three factors, each of whose values is its own class; perfect without MEAN."""
    random = np.random.default_rng(0)
    values = random.random((600, 3))
    classes = values.argsort(0).argsort(0)
    log_std = np.where(np.arange(6) < 3, -2.0, 0.0) * np.ones((600, 1))
    perfect = np.concatenate([4 * values - 2, random.standard_normal((600, 3))], 1)
    return Codes.of(perfect if mean is None else mean, log_std, classes)


def test_real_values_are_refused_as_classes_and_cut_into_bins_on_request() -> None:
    noise = np.random.default_rng(1).standard_normal((600, 6))
    with pytest.raises(TcvaeError) as refused:
        mig(real_values())
    wanted = "codes: factor factor_0 has a class of its own for each of 600 images, so no score; cut it into bins by "
    assert str(refused.value).startswith(f"{wanted}factor_bins=10")
    told: list[str] = []
    perfect, random = (mig(codes, factor_bins=10, note=told.append) for codes in (real_values(), real_values(noise)))
    cut = ", ".join(f"factor_{k} (of 600 classes)" for k in range(3)).replace(", factor_2", " and factor_2")
    assert told == [f"cut into 10 bins: {cut}"] * 2
    assert (perfect.mig > 0.7, random.mig < 0.01) == (True, True)
    assert (perfect.factor_bins, perfect.notes, perfect.rows_used) == (10, (told[0],), (600,) * 3)
    assert perfect.factor_entropy == pytest.approx(np.log(10))


@pytest.mark.parametrize("measure", ["sap", "irs", "modularity", "kim-mnih"])
def test_scores_of_classes_refuse_them_too(measure: str) -> None:
    with pytest.raises(TcvaeError, match="has a class of its own for each of 600 images"):
        score(real_values(), measure, train=60, test=30)
    result = score(real_values(), measure, train=300, test=100, factor_bins=5, note=no_one)
    assert result.record()["factor_bins"] == 5


def test_scores_of_order_take_them_and_all_leaves_out_the_rest() -> None:
    told: list[str] = []
    results = scores([real_values()], None, note=told.append)
    found = {result.measure: result for result in results}
    assert [(name, result.notes) for name, result in found.items()] == [
        ("dci-lasso", None),
        ("dci-regression", None),
        ("sap-r2", None),
    ]
    assert found["sap-r2"].score > 0.95
    assert told[1].startswith(
        "higgins, kim-mnih, dci, dci-histogram-trees, sap, modularity, explicitness, irs, infomec, med, omes are left "
        "out: factor"
    )


def test_small_classes_are_noted_beside_the_number() -> None:
    codes = Codes.of(np.random.default_rng(0).normal(size=(40, 2)), np.zeros((40, 2)), np.arange(40)[:, None] % [10, 4])
    note = "the mean class has few images (4.0 of factor_0), which tell of themselves rather than of a factor; "
    told: list[str] = []
    assert mig(codes, note=told.append).notes == (f"{note}factor_bins cuts factors into bins",)
    assert told == [f"{note}{{factor_bins}} cuts factors into bins"]
    assert mig(codes, factor_bins=8, note=no_one).notes == ("cut into 8 bins: factor_0 (of 10 classes)",)
    assert mig(codes.of(codes.mean, codes.log_std, np.arange(40) % 4), factor_bins=4).notes is None  # and no warning
    with pytest.warns(TcvaeWarning, match=r"few images \(4.0 of factor_0\).*; factor_bins cuts"):
        score(codes, "irs")
    assert score(codes, "sap-r2").notes is None


@pytest.mark.parametrize("weighted", [False, True])
def test_bins_are_of_equal_count_whatever_the_values_are(weighted: bool) -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 1000, (997, 1)) ** 3
    classes = np.unique(values, return_inverse=True)[1].reshape(-1, 1)
    probability = random.dirichlet(np.ones(997)) if weighted else None
    found = binned(values, 10, probability)
    np.testing.assert_array_equal(binned(classes, 10, probability), found)
    order = values[:, 0].argsort()
    assert (np.diff(found[order, 0]) >= 0).all()
    share = np.bincount(found[:, 0], probability if weighted else np.full(997, 1 / 997))
    assert np.abs(share - 0.1).max() < 0.02
    np.testing.assert_array_equal(binned(classes, 1000, probability), classes)  # no more classes than bins


def test_images_that_are_left_out_are_told_and_counted(tcvae: Verb, tmp_path: Path) -> None:
    """Labels -1, 0 and 1, of which -1 was a class for whoever wrote them."""
    mean = torch.randn(240, 2, generator=torch.Generator().manual_seed(0))
    classes = torch.stack([torch.arange(240) % 3 - 1, torch.arange(240) % 2], 1)
    path = written(tmp_path / "codes", mean=mean, log_std=mean * 0, factor_classes=classes)
    wanted = "left out of 240 images, as their class is -1, a label not known: 80 for factor factor_0; number classes "
    for words in (("mig", path), ("score", path, "--measure", "sap-r2,irs")):
        status, lines, errors = tcvae(*words)
        assert (status, errors) == (0, f"note: {wanted}from 0 on if -1 is one\n")
        for line in lines.splitlines():
            record = json.loads(line)
            assert (record["rows"], record["rows_used"]) == (240, [160, 240])
            assert record["notes"] == [f"{wanted}from 0 on if -1 is one"]
    assert f"note: {wanted}" in tcvae("plot", "latents", path, "-o", str(tmp_path / "latents.png"))[2]


def test_images_that_are_never_drawn_are_not_counted() -> None:
    probability = np.repeat([0, 1 / 20], 20)
    codes = Codes.of(np.random.default_rng(0).normal(size=(40, 2)), np.zeros((40, 2)), np.arange(40) % 4, probability)
    assert mig(codes).rows_used == (20,)


def test_bins_are_no_argument_of_udr(tcvae: Verb) -> None:
    codes = ("codes.safetensors", "codes.safetensors")
    status, _, errors = tcvae("score", *codes, "--measure", "udr", "--factor-bins", "4")
    assert (status, errors) == (2, "tcvae: --factor-bins: is not used by udr; leave it out\n")


def test_results_by_other_bins_stand_apart() -> None:
    lines = [Line(mig(real_values(), factor_bins=bins, note=no_one).record(), "line") for bins in (10, 20)]
    assert [setting.differences for setting in name_settings(lines)] == [("factor_bins 10",), ("factor_bins 20",)]


@pytest.mark.parametrize("kind", ["float64", "<U32", "int64"])
def test_real_values_as_labels_are_noted_when_they_are_prepared(tmp_path: Path, kind: str) -> None:
    random = np.random.default_rng(0)
    labels = np.stack([random.permutation(40) * 1.5, np.arange(40) // 2, np.arange(40) // 4], axis=1).astype(kind)
    np.savez(tmp_path / "own.npz", images=np.zeros((40, 8, 8)), labels=labels)
    errors = call("prepare", "arrays", "--source", str(tmp_path / "own.npz"), "-o", str(tmp_path / "own.h5"))[2]
    said = [line for line in errors.splitlines() if line.startswith("note: ")]
    use = "some measures of score take them as they are, mig and the others in bins, by --factor-bins"
    whole = f"about one class per image, as real values do: {use}; leave it out if it is an index"
    assert said == [f"note: factor factor_0 has {whole if kind == 'int64' else f'real values: {use}'}"]


@pytest.mark.parametrize("module", [factor_bins, renamed])
def test_examples(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)


def test_large_labels_are_chosen_by_their_numbers(tmp_path: Path) -> None:
    labels = np.array([LARGE, LARGE + 1, LARGE + 1, LARGE])
    np.savez(tmp_path / "own.npz", images=np.zeros((4, 8, 8)), labels=labels)
    whole, part = str(tmp_path / "own.h5"), str(tmp_path / "part.h5")
    assert call("prepare", "arrays", "--source", str(tmp_path / "own.npz"), "-o", whole)[0] == 0
    assert call("subset", whole, "--where", f"factor_0={LARGE + 1}", "-o", part)[0] == 0
    with open_data_set(part) as data:
        assert data.description.rows == 2
        assert data.class_names() == {"factor_0": (str(LARGE + 1),)}
