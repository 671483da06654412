"""Factors of real values: how files carry them, what is refused, and what measures make of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy
from sklearn.linear_model import Lasso

from helpers.command import call
from tcvae_cli import Codes, Effort, mig, score, scores
from tcvae_cli.errors import TcvaeError
from tcvae_cli.estimators.scores.infomec import information_of_values
from tcvae_cli.estimators.scores.registry import MEASURES
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.results.line import Line
from tcvae_cli.results.setting import name_settings
from tcvae_cli.verbs.factors import OF_VALUES

Verb = Callable[..., Any]
IMAGES = 600
VALUES = np.random.default_rng(0).normal(size=(IMAGES, 3))  # each image has its own


def codes_of(mean: np.ndarray, values: np.ndarray = VALUES, classes: Any = None) -> Codes:
    return Codes.of(mean, np.full(mean.shape, -13.0), factors=classes, values=values)


@pytest.mark.parametrize("measure", [name for name, measure in MEASURES.items() if measure.takes != "classes"])
def test_a_perfect_code_of_real_values_scores_high_and_noise_low(measure: str) -> None:
    """Noise has no informativeness either; of what it seems to tell, InfoM and the lasso's D are shares."""
    noise = np.random.default_rng(1).normal(size=VALUES.shape)
    drawn: dict[str, Any] = {"train": 200, "test": 100, "note": lambda sentence: None}
    perfect, random = (score(codes_of(mean), measure, **drawn) for mean in (VALUES * [-2, 1, 1e-3] + 5, noise))
    assert perfect.score > 0.95
    assert perfect.by_value == perfect.factors == ("factor_0", "factor_1", "factor_2")
    assert perfect.notes is None
    if measure == "sap-r2":
        assert random.score < 0.05
    else:
        told = "info_e" if measure == "infomec" else "informativeness"
        assert (perfect.parts[told] > 0.95, random.parts[told] < 0.05) == (True, True)
        assert random.score < 0.05 or measure != "dci-regression"
        assert "the latents hardly tell the factors" in " ".join(random.notes or ())


def test_measures_of_classes_refuse_real_values_with_the_cure_or_take_bins() -> None:
    wanted = "factor factor_0 has a class of its own for each of 600 images, so no score; cut it into bins by factor_bi"
    for measured in (lambda codes: mig(codes), lambda codes: score(codes, "sap")):
        with pytest.raises(TcvaeError, match=wanted) as refused:
            measured(codes_of(VALUES))
        assert str(refused.value).endswith(f"or score its values by {OF_VALUES}")
    assert sorted(OF_VALUES.replace(" or ", ", ").split(", ")) == sorted(
        name for name, measure in MEASURES.items() if measure.takes != "classes"
    )
    told: list[str] = []
    order = (codes_of(VALUES).factor_classes * 7) % IMAGES  # numbered otherwise: values tell the order
    wide = np.full(VALUES.shape, -4.0)
    assert mig(Codes.of(VALUES, wide, order, values=VALUES), factor_bins=20, note=told.append).mig > 0.6
    binned = score(codes_of(VALUES), "sap-r2", factor_bins=5, note=told.append)
    assert (binned.factor_bins, binned.by_value) == (5, None)
    apart = [Line(one.record(), "line") for one in (binned, score(codes_of(VALUES), "sap-r2"))]
    told_apart = [difference for setting in name_settings(apart) for difference in setting.differences]
    assert [difference.partition(" ")[0] for difference in told_apart] == ["factor_bins", "by_value"]


def test_all_measures_leave_out_those_of_classes() -> None:
    told: list[str] = []
    found = scores([codes_of(VALUES)], None, effort=Effort(train=60, test=30), note=told.append)
    assert {one.measure for one in found} == {"dci-lasso", "dci-regression", "sap-r2", "infomec"}
    wanted = [name for name, measure in MEASURES.items() if measure.takes == "classes" and name != "infomec-discrete"]
    alone, classes, discrete = told[:3]
    assert alone.startswith("udr is left out")
    assert classes.startswith(f"{', '.join(wanted)} are left out: factor factor_0 has a class of its own for each of 6")
    assert discrete == "infomec-discrete is left out: latent 0 takes 600 values in 600 images, so it is not discrete"


def test_sap_r2_is_that_of_least_squares() -> None:
    random = np.random.default_rng(2)
    mean = VALUES @ random.normal(size=(3, 4)) + random.normal(size=(IMAGES, 4))
    wanted = np.empty((3, 4))
    for k, j in np.ndindex(3, 4):
        design = np.column_stack([mean[:, j], np.ones(IMAGES)])
        left = np.linalg.lstsq(design, VALUES[:, k])[1][0]
        wanted[k, j] = 1 - left / ((VALUES[:, k] - VALUES[:, k].mean()) ** 2).sum()
    found = score(codes_of(mean), "sap-r2")
    np.testing.assert_allclose(found.parts["r2"], wanted, atol=1e-12)
    ordered = np.sort(wanted, axis=1)
    assert found.score == pytest.approx((ordered[:, -1] - ordered[:, -2]).mean())
    scaled = score(codes_of(mean, VALUES * [1e300, 1e-300, -1]), "sap-r2")
    assert scaled.score == pytest.approx(found.score)


def test_dci_lasso_is_scikit_learns() -> None:
    mean = VALUES + np.random.default_rng(3).normal(size=VALUES.shape)
    found = score(codes_of(mean), "dci-lasso", train=300, test=300)
    assert (found.train, found.test) == (300, 300)
    rows = np.random.default_rng(0).permutation(IMAGES)
    means = (mean - mean.mean(0)) / mean.std(0)
    for k, values in enumerate(VALUES.T):
        train, test = rows[:300], rows[300:]
        target = (values - values[train].mean()) / values[train].std()
        model = Lasso(alpha=0.02).fit(means[train], target[train])
        np.testing.assert_allclose(found.parts["importance"][k], abs(model.coef_), atol=1e-3)
        assert found.parts["informativeness_per_factor"][k] == pytest.approx(
            model.score(means[test], target[test]), abs=1e-3
        )


@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.9])
def test_information_of_real_values_is_that_of_correlated_normals(correlation: float) -> None:
    pair = np.random.default_rng(4).multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size=3000)
    found = information_of_values(pair[:, :1], pair[:, 1], seed=0)
    assert float(found[0]) == pytest.approx(-np.log(1 - correlation**2) / 2, abs=0.05)


def test_classes_of_several_images_stay_classes_beside_real_values() -> None:
    """A shape of three words, without values; a size in uneven steps, of many images each; a place of real values."""
    rows = np.arange(IMAGES)
    classes = np.stack([rows % 3, rows // 3 % 4, rows], axis=1)
    values = np.stack([np.full(IMAGES, np.nan), 10.0 ** classes[:, 1], VALUES[rows.argsort(), 0]], axis=1)
    classes[:, 2] = np.unique(values[:, 2], return_inverse=True)[1]
    code = np.column_stack([classes[:, 0], values[:, 1], values[:, 2]]) * 1.0
    found = {one.measure: one for one in scores([codes_of(code, values, classes)], ["sap-r2", "infomec"])}
    assert found["sap-r2"].by_value == ("factor_1", "factor_2")
    assert found["infomec"].by_value == ("factor_2",)
    assert found["sap-r2"].parts["r2"][1][1] == pytest.approx(1)  # of the class it were 0.7
    assert min(one.score for one in found.values()) > 0.9


@pytest.mark.parametrize(
    ("values", "classes", "fault"),
    [
        (
            [[0.5], [np.nan], [1]],
            None,
            "`values` of factor factor_0 holds NaN or infinity in 1 of 3 images, first in image 1; add `factors`, with",
        ),
        ([[0.5], [np.nan], [1]], [0, 1, 2], "`values` of factor factor_0 holds NaN or infinity in 1 of 3 images"),
        ([0.5, np.inf, 1], [0, 1, 2], "`values` of factor factor_0 holds NaN or infinity in 1 of 3 images"),
        ([np.nan] * 3, None, "`values` of factor factor_0 holds NaN or infinity in 3 of 3 images"),
        ([0.5, 0.25, 1], [0, 0, 1], "factor factor_0 has the values 0.25 and 0.5 in one class, 0; give each value one"),
        (
            [0.5, 0.5, 1],
            [3, 900, 1],
            "factor factor_0 has one value, 0.5, in classes 3 and 900; give each value one cla",
        ),
        ([0.5, 0.5], [0, 0, 1], r"`values` has the shape \[2, 1\], not one row of values for each of 3 images; "),
        ([[0.5, 1]] * 3, [0, 0, 1], "has 1 factors in `factor_classes` and 2 in `factor_values`; give both for each f"),
        (["a"] * 3, [0, 0, 1], "`values` is <U1, not real numbers; give one number a factor and image"),
        ([7.0] * 3, None, "factor factor_0 has one value only, so no score; measure images that differ in a factor"),
    ],
)
def test_values_that_make_no_sense_are_refused_in_a_line(values: Any, classes: Any, fault: str) -> None:
    with pytest.raises(TcvaeError, match=f"^codes: {fault}"):
        score(Codes.of(np.eye(3), np.zeros((3, 3)), factors=classes, values=values), "sap-r2")


def test_missing_labels_have_class_minus_one_and_any_value() -> None:
    classes, values = np.arange(6)[:, None] // 2, np.arange(6.0)[:, None] // 2
    classes[3], values[3] = -1, 7
    codes = codes_of(np.eye(6), values, classes)
    assert codes.factor_values is not None
    assert np.isnan(codes.factor_values[:, 0]).tolist() == [False, False, False, True, False, False]


def written(path: Path, **changes: Any) -> str:
    """Return the path of a data set in our layout, made without our package, and of no classes."""
    with h5py.File(path, "w") as file:
        file["imgs"] = np.zeros((40, 8, 8), np.uint8)
        columns = {"latents/values": VALUES[:40]} | changes
        for name, column in columns.items():
            file[name] = column
        names = ["x", "y", "size"]
        file.attrs.update(kind="data set", schema=1, name="own", pixel_kind="grey", provenance="made by hand")
        file.attrs.update(factor_names=names, factor_sizes=[40, 40, 40], scored_factors=names)
    return str(path)


def test_a_data_set_of_values_alone_has_classes_by_their_order(tmp_path: Path) -> None:
    path = written(tmp_path / "own.h5")
    with open_data_set(path) as data:
        assert data.classes is not None
        np.testing.assert_array_equal(data.classes, VALUES[:40].argsort(0).argsort(0))
        np.testing.assert_array_equal(data.factor_values(), VALUES[:40])
    codes = Codes.of(VALUES[:40], np.full((40, 3), -3.0))
    assert score(codes, "sap-r2", factors=path).by_value == ("x", "y", "size")
    shown = call("show", path)[1].decode()
    low, high = VALUES[:40, 0].min(), VALUES[:40, 0].max()
    assert f"x 40 (values from {low:.6g} to {high:.6g}), y 40 (values" in shown


def test_values_of_a_data_set_that_contradict_its_classes_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "own.h5", **{"latents/classes": np.arange(120).reshape(40, 3) // 6})
    status, _, errors = call("score", "--measure", "sap-r2", "--factors", path, str(written_codes(tmp_path)))
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"tcvae: {path}: factor x has the values ")


def written_codes(folder: Path) -> Path:
    """Return the path of codes of forty images without labels, made without our package."""
    tensors = {"mean": VALUES[:40].astype(np.float32), "log_std": np.full((40, 3), -3, np.float32)}
    safetensors.numpy.save_file(tensors, folder / "codes")
    return folder / "codes"


def test_values_go_from_arrays_through_subsets_into_codes(tcvae: Verb, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    labels = np.empty(60, dtype=[("place", float), ("side", "U5"), ("number", int)])
    labels["place"], labels["side"], labels["number"] = random.normal(size=60), "left", np.arange(60) % 4
    labels["side"][::2] = "right"
    np.savez(tmp_path / "own.npz", images=random.integers(0, 2, (60, 64, 64)).astype(np.uint8), labels=labels)
    whole, part, codes = (str(tmp_path / name) for name in ("whole.h5", "part.h5", "codes"))
    errors = tcvae("prepare", "arrays", "--source", str(tmp_path / "own.npz"), "-o", whole)[2]
    assert "note: factor place has real values: some measures of score take them as they are" in errors
    assert tcvae("subset", whole, "--where", "number=0..2", "--sample", "40", "-o", part)[0] == 0
    assert tcvae("encode", "run.safetensors", "--data", part, "--posterior-only", "-o", codes)[0] == 0
    values = safetensors.numpy.load_file(codes)["factor_values"]
    with open_data_set(part) as data:
        np.testing.assert_array_equal(values[:, 0], data.values()[:, 0])  # type: ignore[index]
    assert set(values[:, 0]) < set(labels["place"])
    assert np.isnan(values[:, 1]).all()  # words have no values
    lines = [tcvae("score", codes, "--measure", "infomec", *more)[1] for more in ((), ("--factors", part))]
    assert lines[0] == lines[1]
    assert json.loads(lines[0])["by_value"] == ["place"]
