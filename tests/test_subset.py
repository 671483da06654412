"""Parts of data sets: conditions, thinning, drawing; and biased sampling with the properties that the paper gives."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from helpers.command import call
from helpers.tiny import tiny_rows, write_tiny
from tcvae_cli.biases import BIASES
from tcvae_cli.datasets.bias import joint_bias
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.data_sets import DataSet, open_data_set
from tcvae_cli.verbs.subset import subset

IMAGES, CLASSES, VALUES = tiny_rows()
Verb = Callable[..., Any]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return the tiny grid, with names for its shapes."""
    write_tiny(tmp_path / "tiny.h5")
    with h5py.File(tmp_path / "tiny.h5", "a") as file:
        file.create_dataset("latents/class_names/1", data=["square", "ellipse", "heart"], dtype=h5py.string_dtype())
    return tmp_path / "tiny.h5"


def part(tiny: Path, *flags: str) -> tuple[np.ndarray, DataSet, np.ndarray, dict[str, tuple[str, ...]]]:
    """Return images, (closed) data set, values and class names of what `tcvae subset` makes."""
    output = tiny.parent / "out.h5"
    status, _, errors = call("subset", str(tiny), *flags, "-o", str(output))
    assert status == 0, errors
    with open_data_set(str(output)) as data:
        values = data.values()
        assert values is not None
        return data.rows(slice(None)), data, values, data.class_names()


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (("--where", "shape=1"), CLASSES[:, 1] == 1),
        (("--where", "shape=ellipse"), CLASSES[:, 1] == 1),
        (("--where", "shape=square,2"), CLASSES[:, 1] != 1),
        (("--where", "orientation=1..2"), (CLASSES[:, 3] == 1) | (CLASSES[:, 3] == 2)),
        (("--where", "shape=0", "--where", "posX=1"), (CLASSES[:, 1] == 0) & (CLASSES[:, 4] == 1)),
        (("--keep-every", "posY=3"), (CLASSES[:, 5] == 0) | (CLASSES[:, 5] == 3)),
        (("--where", "scale=0", "--keep-every", "posY=2"), (CLASSES[:, 2] == 0) & (CLASSES[:, 5] % 2 == 0)),
    ],
)
def test_conditions_keep_the_rows_they_say(tiny: Path, flags: tuple[str, ...], kept: np.ndarray) -> None:
    images, data, values, _ = part(tiny, *flags)
    np.testing.assert_array_equal(images, IMAGES[kept])
    np.testing.assert_array_equal(values, VALUES[kept])
    assert data.classes is not None
    for k, size in enumerate(data.description.factor_sizes):  # numbered anew, in the old order, without gaps
        left = np.unique(CLASSES[kept, k])
        assert size == len(left)
        np.testing.assert_array_equal(left[data.classes[:, k]], CLASSES[kept, k])


def test_what_is_left_is_described(tiny: Path) -> None:
    _, data, _, names = part(tiny, "--where", "shape=1,2", "--where", "posX=0", "--keep-every", "posY=2")
    described = data.description
    assert described.name == "tiny-dsprites"
    assert names == {"shape": ("ellipse", "heart")}
    assert described.factor_sizes == (1, 2, 2, 4, 1, 2)
    assert described.scored_factors == ("scale", "orientation", "posY")  # posX no longer varies
    with open_data_set(str(tiny)) as whole:
        said = f"part of {whole.digest}: where shape=1,2, where posX=0, every 2 of posY"
    assert described.provenance == f"rendered, thinned; {said}"


def test_drawing_is_seeded_and_without_repetition(tiny: Path) -> None:
    first, again, other = (part(tiny, "--sample", "50", "--seed", seed)[2] for seed in ("0", "0", "1"))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first, axis=0)) == 50
    assert (first != other).any()
    assert part(tiny, "--sample", "192")[0].shape == IMAGES.shape


@pytest.mark.parametrize("kind", BIASES)
def test_biases_have_the_properties_of_the_paper(kind: str) -> None:
    azimuth, elevation = np.indices((21, 11)).reshape(2, -1)
    probability = joint_bias(kind, azimuth, elevation)
    joint = probability.reshape(21, 11)
    x, y = np.linspace(-1, 1, 21), np.linspace(-1, 1, 11)
    independent = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    information = float((joint * np.log(joint / independent)).sum())
    covariance = float((joint - independent).ravel() @ np.outer(x, y).ravel())
    assert probability.sum() == pytest.approx(1)
    assert joint.max() / joint.min() == pytest.approx(1 if kind == "A" else 4)
    assert (information < 1e-12) == (kind in "AB")
    assert (abs(covariance) < 1e-12) == (kind in "ABC")
    assert (np.ptp(joint.sum(axis=1)) < 1e-12) == (kind == "A")
    if kind in "CD":
        assert information == pytest.approx(0.030, abs=0.01)


def test_a_worked_example_of_a_bias() -> None:
    np.testing.assert_allclose(
        joint_bias("B", np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), np.array([1, 2, 2, 4]) / 9
    )
    several = joint_bias("B", np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1]))  # two rows share a cell
    np.testing.assert_allclose(several, np.array([0.5, 0.5, 2, 2, 4]) / 9)


def test_a_biased_set_is_drawn_and_weighed_by_its_bias(tiny: Path, tmp_path: Path) -> None:
    _, data, _, _ = part(tiny, "--bias", "B", "--factors", "scale,posY")
    assert data.probability is not None
    assert data.classes is not None
    for k, wanted in ((2, [1 / 3, 2 / 3]), (5, np.array([3, 4, 5, 6]) / 18)):
        np.testing.assert_allclose(np.bincount(data.classes[:, k], data.probability), wanted)
    biased, run, codes = str(tmp_path / "out.h5"), str(tmp_path / "run"), str(tmp_path / "codes")
    flags = ("--steps", "2", "--batch-size", "64", "--precision", "float32")
    assert call("train", "--data", biased, *flags, "-o", run)[0] == 0
    assert call("encode", run, "-o", codes)[0] == 0
    record = json.loads(call("mig", codes, "--factor", "scale", "--factor", "posX")[1])
    entropy = -(np.log(1 / 3) + 2 * np.log(2 / 3)) / 3
    assert record["factor_entropy"] == pytest.approx([entropy, np.log(2)])
    assert call("estimate-tc", codes, "--samples", "100")[0] == 0
    again = call("subset", biased, "--bias", "D", "--factors", "scale,posY", "-o", os.devnull)
    assert again[0] == 1
    assert "is biased already" in again[2]
    assert call("subset", biased, "--where", "shape=1", "-o", str(tmp_path / "less.h5"))[0] == 0
    with open_data_set(str(tmp_path / "less.h5")) as less:
        assert less.probability is not None
        np.testing.assert_allclose(np.bincount(less.classes[:, 2], less.probability), [1 / 3, 2 / 3])  # type: ignore[index]


@pytest.fixture
def gappy(tiny: Path) -> Path:
    """Return the tiny grid without the shapes of the first half of its images and without the first scale."""
    with h5py.File(tiny, "a") as file:
        file["latents/classes"][:96, 1] = -1
        file["latents/classes"][0, 2] = -1
        file["latents/values"][0, 2] = np.nan
    return tiny


def test_labels_that_are_not_known_stay_so(gappy: Path, tmp_path: Path) -> None:
    _, data, values, names = part(gappy, "--where", "posX=0")
    kept = CLASSES[:, 4] == 0
    assert data.classes is not None
    assert data.description.factor_sizes == (1, 2, 2, 4, 1, 4)  # of shapes, ellipse and heart are left
    assert names == {"shape": ("ellipse", "heart")}
    np.testing.assert_array_equal(data.classes[:, 1], np.where(np.arange(192) < 96, -1, CLASSES[:, 1] - 1)[kept])
    assert np.isnan(values[:48, 1]).all()
    assert np.isnan(values[0, 2])
    assert np.isnan(values).sum() == 49
    assert len(part(gappy, "--keep-every", "shape=1")[0]) == 96  # an image without a shape is in no class of them
    assert call("show", str(gappy), "--contact-sheet", str(tmp_path / "sheet.png"))[0] == 0
    status, _, errors = call("subset", str(gappy), "--bias", "D", "--factors", "shape,posX", "-o", os.devnull)
    assert (status, "--factors: some images have no label of them" in errors) == (2, True)
    _, biased, _, _ = part(gappy, "--where", "shape=1,2", "--bias", "D", "--factors", "shape,posX")
    assert biased.probability is not None


def test_a_factor_without_any_label_does_not_vary(gappy: Path, tmp_path: Path) -> None:
    with h5py.File(gappy, "a") as file:
        file["latents/classes"][:, 1] = -1
    _, data, _, names = part(gappy, "--where", "posX=0")
    assert (data.description.factor_sizes, names) == ((1, 1, 2, 4, 1, 4), {})
    sheet = str(tmp_path / "sheet.png")
    assert [call("show", str(path), "--contact-sheet", sheet)[0] for path in (gappy, tmp_path / "out.h5")] == [0, 0]


def test_probability_of_a_part_sums_to_one_and_is_not_nothing(tiny: Path) -> None:
    with h5py.File(tiny, "a") as file:
        file["probability"] = np.where(CLASSES[:, 1] == 0, 0, 1.0 + CLASSES[:, 2])
    part(tiny, "--where", "shape=0,1", "--where", "posX=0")
    with h5py.File(tiny.parent / "out.h5") as file:
        assert file["probability"][()].sum() == pytest.approx(1)
    status, _, errors = call("subset", str(tiny), "--where", "shape=0", "-o", os.devnull)
    wanted = f"tcvae: {tiny}: none of the images asked for is ever drawn (`probability` is 0); ask for others\n"
    assert (status, errors) == (1, wanted)


def rename(tiny: Path, names: dict[str, str]) -> None:
    """Give factors other names, as a third party may have chosen them."""
    with h5py.File(tiny, "a") as file:
        for key in ("factor_names", "scored_factors"):
            old = file.attrs[key]
            new = [names.get(name, name) for name in old]
            del file.attrs[key]
            file.attrs.create(key, new, (len(new),), h5py.string_dtype())


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (("--where", "a=b=1"), CLASSES[:, 1] == 1),
        (("--where", "a=b=x=y"), CLASSES[:, 1] == 0),
        (("--where", "a=b=x=y,x"), CLASSES[:, 1] != 2),
        (("--where", "a=b=p,q"), CLASSES[:, 1] == 2),
        (("--where", "a=0"), CLASSES[:, 2] == 0),
        (("--where", "b,c=0"), CLASSES[:, 4] == 0),
        (("--keep-every", "a=b=2"), CLASSES[:, 1] != 1),
    ],
)
def test_factors_and_classes_may_have_odd_names(tiny: Path, flags: tuple[str, ...], kept: np.ndarray) -> None:
    rename(tiny, {"shape": "a=b", "scale": "a", "posX": "b,c", "posY": "d,"})
    with h5py.File(tiny, "a") as file:
        file["latents/class_names/1"][:] = ["x=y", "x", "p,q"]
    np.testing.assert_array_equal(part(tiny, *flags)[0], IMAGES[kept])


def test_a_bias_may_be_over_factors_with_odd_names(tiny: Path) -> None:
    rename(tiny, {"shape": "a=b", "scale": "a", "posX": "b,c", "posY": "d,"})
    for typed, two in (("a=b,a", ("a=b", "a")), ("b,c,d,", ("b,c", "d,")), ("d,, b,c", ("d,", "b,c"))):
        assert part(tiny, "--bias", "D", "--factors", typed)[1].description.bias == ("D", *two)
    status, _, errors = call("subset", str(tiny), "--bias", "D", "--factors", "a,b,c,e", "-o", os.devnull)
    assert (status, errors.count("\n")) == (2, 1)
    assert errors.startswith("tcvae: --factors: a,b,c,e is not two factors; choose two among color, a=b, a, ")


REFUSALS = {
    ("--keep-every", "posX"): "--keep-every: posX is not FACTOR=SOMETHING",
    ("--keep-every", "size=2"): "--keep-every: there is no factor size",
    ("--bias", "B", "--factors", "scale,posX,posY"): "--factors: scale,posX,posY is not two factors; choose two among",
    ("--where", "size=1"): "--where: there is no factor size; choose among color, shape, ",
    ("--where", "shape=3"): "--where: shape has no class 3; choose 0 to 2 or square, ellipse, heart",
    ("--where", "shape=circle"): "--where: shape has no class circle",
    ("--where", "shape="): "--where: shape= is not FACTOR=SOMETHING",
    ("--where", "shape=0", "--where", "shape=1"): "--where: names shape twice",
    ("--where", "shape=2..1"): "--where: leaves no image at all",
    ("--keep-every", "posX=0"): "--keep-every: 0 is not a whole number above 0",
    ("--sample", "193"): "--sample: is 193, and there are 192 images",
    ("--bias", "B"): "--bias: and --factors go together",
    ("--bias", "B", "--factors", "scale"): "--factors: names only one of two factors",
    ("--bias", "B", "--factors", "scale,color"): "--factors: the bias needs two factors that vary",
    ("--bias", "B", "--factors", "scale,size"): "--factors: there is no factor size",
    ("--seed", "0", "--where", "shape=1"): "--seed: is used only with --sample; leave it out",
    (): "subset: nothing is asked for",
}


@pytest.mark.parametrize("flags", REFUSALS, ids=" ".join)
def test_what_cannot_be_is_refused(tiny: Path, flags: tuple[str, ...]) -> None:
    status, _, errors = call("subset", str(tiny), *flags, "-o", os.devnull)
    assert status == 2
    assert REFUSALS[flags] in errors
    assert errors.count("\n") == 1


def test_unlabelled_sets_can_only_be_drawn_from(tcvae: Verb) -> None:
    status, _, errors = tcvae("subset", "unlabelled.h5", "--where", "shape=1", "-o", os.devnull)
    assert (status, "has no factor labels" in errors) == (1, True)
    assert tcvae("subset", "unlabelled.h5", "--sample", "9", "-o", os.devnull)[0] == 0


def test_published_layouts_and_pipes_can_be_subset(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file["images"] = np.repeat(IMAGES[:, :, :, None] * 200, 3, axis=3)
        file["labels"] = VALUES
    content = (tmp_path / "3dshapes.h5").read_bytes()
    status, made, errors = call("subset", "--where", "wall_hue=0", stdin=content)
    assert status == 0, errors
    (tmp_path / "less.h5").write_bytes(made)
    with open_data_set(str(tmp_path / "less.h5")) as data:
        assert data.description.rows == 64
        np.testing.assert_array_equal(data.values(), VALUES[CLASSES[:, 1] == 0])


def test_python_and_the_command_line_write_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    words = ("--where", "shape=0,2", "--keep-every", "orientation=2", "--sample", "9", "--seed", "3")
    assert call("subset", str(tiny), *words, "-o", str(tmp_path / "typed.h5"))[0] == 0
    asked: dict[str, Any] = {"where": {"shape": [0, 2]}, "keep_every": {"orientation": 2}, "sample": 9, "seed": 3}
    with open_data_set(tiny) as data:
        for given in (tiny, data):
            written = subset(given, **asked, output=tmp_path / "asked.h5")
            assert (written.rows, written.description.factor_sizes[1]) == (9, 2)
            assert (tmp_path / "asked.h5").read_bytes() == (tmp_path / "typed.h5").read_bytes()


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, "subset: nothing is asked for"),
        ({"where": {"nothing": 1}}, "where: there is no factor nothing"),
        ({"where": {"shape": 7}}, "where: shape has no class 7"),
        ({"keep_every": {"shape": 0}}, "keep_every: 0 is not a whole number above 0; give one for each factor"),
        ({"bias": "E", "factors": ("shape", "scale")}, "bias: there is no bias E"),
        ({"bias": "B"}, "bias: and factors go together; give a bias and two factors"),
    ],
)
def test_what_python_cannot_ask_for_is_refused(tiny: Path, tmp_path: Path, asked: dict[str, Any], wanted: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(wanted)):
        subset(tiny, **asked, output=tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()
