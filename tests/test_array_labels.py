"""Labels of arrays, wherever they are: in groups, in the fields of a structured array, in a file of their own."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers.command import call
from helpers.prepared import prepared_as

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8), dtype=np.uint8)
SIZE = np.array([10.0, 2, np.nan, 2])
SIDE = np.array(["l", "r", "r", ""])
RECORDS = np.array(list(zip(SIZE, SIDE, strict=True)), dtype=[("size", "f4"), ("side", "S3")])
CLASSES = [[1, 0, -1, 0], [0, 1, 1, -1]]


def prepared(folder: Path, *flags: str) -> tuple[list[str], list[list[int]], list[str]]:
    """Return names and classes of the factors that `tcvae prepare arrays` finds, and its notes."""
    _, data, errors = prepared_as(folder / "out.h5", "arrays", *flags)
    classes = [] if data.classes is None else data.classes.T.tolist()
    return list(data.description.factor_names), classes, errors.splitlines()[:-1]


def refusal(*flags: str) -> str:
    """Return the one line that a command ends in."""
    status, _, errors = call("prepare", "arrays", *flags, "-o", "/dev/null")
    assert (status in (1, 2), errors.count("\n")) == (True, 1)
    return errors


@pytest.mark.parametrize("kind", ["h5", "npz"])
def test_the_arrays_of_a_group_are_factors(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    arrays = {
        "factors/side": SIDE.astype("S"),
        "factors/size": SIZE,
        "factors/where": np.array([[0, 5], [1, 5], [0, 6], [1, 6]]),
        "factors/units": np.array([b"mm"]),
    }
    if kind == "npz":
        np.savez(path, images=IMAGES, **arrays)  # type: ignore[arg-type]
    else:
        with h5py.File(path, "w") as file:
            for name, array in {"images": IMAGES, **arrays}.items():
                file[name] = array
    names, classes, notes = prepared(tmp_path, "--source", str(path))
    assert names == ["side", "size", "where_0", "where_1"]
    assert classes == [CLASSES[1], CLASSES[0], [0, 1, 0, 1], [0, 0, 1, 1]]
    assert notes[0] == "note: no labels are taken from factors/units (1,), as there are 4 images"
    assert prepared(tmp_path, "--source", str(path), "--factors", "factors/size")[1] == CLASSES[:1]


def test_a_member_of_a_group_that_is_in_another_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file["factors/size"] = IMAGES, SIZE
        file["factors/side"] = h5py.ExternalLink("b.h5", "side")
    assert "`factors/side`" in refusal("--source", str(tmp_path / "a.h5"))


@pytest.mark.parametrize("kind", ["h5", "npz"])
def test_the_fields_of_a_structured_array_are_factors(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "npz":
        np.savez(path, images=IMAGES, labels=RECORDS[:, None])
    else:
        with h5py.File(path, "w") as file:
            file["images"], file["labels"] = IMAGES, RECORDS
    assert prepared(tmp_path, "--source", str(path))[:2] == (["size", "side"], CLASSES)


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        (("size", "f4", (3,)), "its field size is ('<f4', (3,)); give fields of one number or short word"),
        (("size", object), "its field size is object; give fields of one number or short word"),
        (("size", "c8"), "its field size is complex64; give fields"),
    ],
)
def test_fields_that_are_no_labels_are_refused_by_name(tmp_path: Path, field: tuple[str, ...], fault: str) -> None:
    labels = np.zeros(4, dtype=[("side", "S3"), field])
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    assert fault in refusal("--source", str(tmp_path / "a.npz"))


def test_infinity_in_a_field_is_refused(tmp_path: Path) -> None:
    labels = RECORDS.copy()
    labels["size"][0] = np.inf
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    assert "a.npz: labels: holds infinity" in refusal("--source", str(tmp_path / "a.npz"))


TABLES = {
    "names": "size,side\n10,l\n2,r\nNA,r\n2,\n",
    "an index": ",size,side\n0,10,l\n1,2,r\n2,,r\n3,2,\n",
    "tabs": "size\tside\n10\tl\n2\tr\nNaN\tr\n2\tnull\n",
}


def test_labels_may_be_in_a_file_of_their_own(tmp_path: Path) -> None:
    images = tmp_path / "images.npy"
    np.save(images, IMAGES)
    assert prepared(tmp_path, "--source", str(images)) == ([], [], [])
    np.save(tmp_path / "labels.npy", RECORDS)
    said = f"note: no labels are taken: give {tmp_path}/labels.npy by "
    assert prepared(tmp_path, "--source", str(images))[2][0].startswith(said)
    given = ("--source", str(images), "--labels")
    assert prepared(tmp_path, *given, str(tmp_path / "labels.npy"))[:2] == (["size", "side"], CLASSES)
    np.savez(tmp_path / "more.npz", y=SIZE, z=SIDE, factor_names=np.array(["size"]))
    assert prepared(tmp_path, *given, str(tmp_path / "more.npz"))[:2] == (["size"], CLASSES[:1])
    assert prepared(tmp_path, *given, str(tmp_path / "more.npz"), "--factors", "z")[1] == CLASSES[1:]
    np.savez(tmp_path / "other.npz", p=SIZE, q=SIDE)
    assert "other.npz: holds no labels by a usual name (p (4,), q (4,)); name them" in refusal(
        *given, str(tmp_path / "other.npz")
    )
    np.save(tmp_path / "few.npy", SIZE[:3])
    assert "is float64 of shape (3,), and there are 4 images" in refusal(*given, str(tmp_path / "few.npy"))
    assert refusal("--source", "-", "--labels", "-").startswith("tcvae: --labels: stdin already gives the images")
    for name, text in TABLES.items():
        (tmp_path / "table.csv").write_text(text)
        assert prepared(tmp_path, *given, str(tmp_path / "table.csv"))[:2] == (["size", "side"], CLASSES), name


def test_numbers_above_a_table_are_names_only_if_the_lines_are_enough(tmp_path: Path) -> None:
    """As pandas writes a table without names, and NumPy's savetxt writes none."""
    np.save(tmp_path / "images.npy", IMAGES)
    given = ("--source", str(tmp_path / "images.npy"), "--labels", str(tmp_path / "labels.csv"))
    (tmp_path / "labels.csv").write_text("0,1\n10,5\n2,5\n2,6\n2,6\n")
    names, classes, notes = prepared(tmp_path, *given)
    assert (names, classes) == (["0", "1"], [[1, 0, 0, 0], [0, 0, 1, 1]])
    assert notes == [f"note: takes the numbers in the first line of {given[-1]} for names of factors: 0 and 1"]
    np.savetxt(tmp_path / "labels.csv", [[10, 5], [2, 5], [2, 6], [2, 6]])
    assert prepared(tmp_path, *given)[:2] == (["factor_0", "factor_1"], [[1, 0, 0, 0], [0, 0, 1, 1]])
    np.savetxt(tmp_path / "labels.csv", [[10, 5], [2, 5], [2, 6], [2, 6]], header="size place")
    assert prepared(tmp_path, *given)[:2] == (["size", "place"], [[1, 0, 0, 0], [0, 0, 1, 1]])
    (tmp_path / "labels.csv").write_text("file,size\na.png,1\nb.png,5\nc.png,5\nd.png,1\n")
    names, classes, notes = prepared(tmp_path, *given)
    assert (names, classes) == (["size"], [[0, 1, 1, 0]])
    assert notes == [f"note: left out of {given[-1]}: column file (names of pictures)"]
    (tmp_path / "labels.csv").write_text("size\n1\n2\n")
    assert "has 2 lines below its names, and there are 4 images" in refusal(*given)


def test_names_too_long_are_the_fault_of_the_file_they_are_in(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    labels = tmp_path / "labels.npz"
    np.savez(labels, labels=SIZE, factor_names=np.array(["n" * 301]))
    said = refusal("--source", str(tmp_path / "images.npy"), "--labels", str(labels))
    assert said.startswith(f"tcvae: {labels}: has a name of 301 letters")


def test_labels_by_another_name_and_names_that_do_not_fit_are_told_of(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, attributes=np.zeros((4, 3)))
    names, _, notes = prepared(tmp_path, "--source", str(tmp_path / "a.npz"))
    assert names == []
    assert notes[0].endswith(" if attributes (4, 3) may be some")
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=SIZE, factor_names=np.array(["a", "b"]))
    assert prepared(tmp_path, "--source", str(tmp_path / "a.npz"))[::2] == (
        ["factor_0"],
        [
            "note: factor_names (2,) is left out: it is not one name for each factor (1)",
            "note: factor factor_0 lacks the labels of 1 of 4 images",
        ],
    )
