"""Anyone's own pictures: labels, real photographs, files that cannot be read."""

import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import sklearn
from PIL import Image

from helpers.command import call
from helpers.pictures import MODES, PHOTOGRAPH, labelled_folder, png, prepared, refusal
from tcvae_cli.datasets.labels import factor_of
from tcvae_cli.files.data_sets import open_data_set


def test_which_files_are_left_out_is_told(folder: Path) -> None:
    for name in ("a.HEIC", "b.heic", "README", "c.xcf"):
        (folder / name).write_text("?")
    wanted = "holds no picture (2 .heic, 1 without suffix, 1 .xcf); picture files end in .png .jpg"
    assert wanted in refusal("folder", "--source", str(folder))
    (folder / "a.png").write_bytes(MODES["rgb.tga"])  # which anything may pass for
    assert "a.png (is not an image)" in refusal("folder", "--source", str(folder))
    (folder / "a.tga").write_bytes(MODES["rgb.tga"])
    errors = prepared(folder, "--size", "16")[1]
    assert "left out 4 files that are no pictures by their names (2 .heic, 1 without suffix, 1 .xcf)" in errors


def test_names_that_are_no_text_are_escaped(folder: Path) -> None:
    odd = os.fsencode(folder) + b"/caf\xe9\n"
    os.mkdir(odd)
    for name, content in ((b"/a\xff.png", MODES["grey.png"]), (b"/b\xff.png", MODES["grey.png"][:48])):
        with open(odd + name, "wb") as stream:
            stream.write(content)
    images, errors = prepared(Path(os.fsdecode(odd)).parent, "--size", "16", "--label-from-folder")
    assert len(images) == 1
    assert "caf\\udce9\\n/b\\udcff.png (is damaged or cut short)" in errors
    assert prepared(Path(os.fsdecode(odd)), "--size", "16")[0].shape == (1, 16, 16)
    with open_data_set(str(folder / "out.h5")) as data:
        assert data.description.name == "caf\\udce9\\n"


def test_grey_files_make_a_grey_set_and_one_colour_file_a_colour_set(folder: Path) -> None:
    (folder / "a.png").write_bytes(MODES["grey.png"])
    (folder / "b.png").write_bytes(MODES["sixteen_bits.png"])
    assert prepared(folder, "--size", "16")[0].shape == (2, 16, 16)
    assert prepared(folder, "--size", "16", "--rgb")[0].shape == (2, 16, 16, 3)
    (folder / "c.png").write_bytes(MODES["rgb.png"])
    assert prepared(folder, "--size", "16")[0].shape == (3, 16, 16, 3)
    assert prepared(folder, "--size", "16", "--grey")[0].shape == (3, 16, 16)


def test_broken_files_are_skipped_with_a_count_and_their_labels_with_them(folder: Path) -> None:
    labelled_folder(folder)
    images, errors = prepared(folder, "--size", "8", "--label-from-folder")
    assert images[:, 0, 0].tolist() == [10, 20, 30, 40]
    assert errors.splitlines()[:2] == [
        "note: left out 1 file that is no picture by its name (1 .txt)",
        "note: skipped 1 of 5 files that could not be read: left/1b.png (is damaged or cut short)",
    ]
    with open_data_set(str(folder.parent / "out.h5")) as data:
        assert data.description.rows == 4
        assert data.class_names() == {"folder": ("left", "right")}
        assert data.classes is not None
        assert data.classes[:, 0].tolist() == [0, 0, 1, 1]
        values = data.values()
        assert values is not None
        assert values.shape == (4, 1)


def test_lines_of_no_picture_are_counted(folder: Path) -> None:
    labelled_folder(folder)
    table = folder.parent / "labels.csv"
    names = ("left/1.png", "left/1b.png", "left/2.png", "right/1.png", "right/2.png", "right/3.png")
    table.write_text("file,side\n" + "".join(f"{name},{len(name)}\n" for name in names))
    assert (
        f"note: {table} has 1 line of no picture here: right/3.png"
        in prepared(folder, "--labels", str(table))[1].splitlines()
    )


def test_only_known_formats_are_opened_whatever_the_name_says(folder: Path) -> None:
    (folder / "a.png").write_bytes(MODES["rgb.webp"])  # a wrong name is no harm
    (folder / "b.png").write_bytes(png(Image.new("RGB", (8, 8)), "EPS"))  # Pillow would start Ghostscript
    (folder / "c.png").write_bytes(png(Image.new("RGB", (8, 8)), "PCX"))
    images, errors = prepared(folder, "--size", "16")
    assert len(images) == 1
    assert "b.png (is not an image); c.png (is not an image)" in errors


def test_strict_stops_at_a_broken_file(folder: Path) -> None:
    labelled_folder(folder)
    assert f"{folder}/left/1b.png: is damaged or cut short; " in refusal("folder", "--source", str(folder), "--strict")


def test_nothing_readable_is_no_data_set(folder: Path) -> None:
    assert "holds no picture" in refusal("folder", "--source", str(folder))
    (folder / "page.jpg").write_text("<html>")
    assert "none of its 1 images could be read (page.jpg (is not an image))" in refusal(
        "folder", "--source", str(folder)
    )
    assert "no such file" in refusal("folder", "--source", str(folder / "missing"))


def test_pixel_bombs_are_skipped_by_pillows_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.png").write_bytes(png(Image.new("L", (8, 8), 7)))
    (folder / "bomb.png").write_bytes(png(Image.new("L", (300, 300))))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60_000)
    images, errors = prepared(folder, "--size", "8")
    assert len(images) == 1
    assert "bomb.png (has more than 60,000 pixels)" in errors


def test_a_table_labels_files_in_any_order_with_numbers_and_words(folder: Path) -> None:
    labelled_folder(folder)
    (folder / "left/1b.png").unlink()
    table = folder.parent / "labels.csv"
    lines = ("side,FILE,weight", "r,right/2.png,10", "l,left/1.png,2.5", "l,left/2.png,-1", "r,right/1.png,2.5")
    table.write_text("\ufeff" + "\n".join([*lines, "r,elsewhere.png,3"]) + "\n")
    prepared(folder, "--size", "8", "--labels", str(table))
    with open_data_set(str(folder.parent / "out.h5")) as data:
        assert data.description.factor_names == ("side", "weight")
        assert data.description.factor_sizes == (2, 3)
        assert data.class_names() == {"side": ("l", "r")}
        assert data.classes is not None
        assert data.classes.tolist() == [[0, 1], [0, 0], [1, 1], [1, 2]]
        values = data.values()
        assert values is not None
        assert values[:, 1].tolist() == [2.5, -1, 2.5, 10]


def test_empty_cells_are_labels_that_are_not_known_from_the_table_to_the_score(folder: Path) -> None:
    for k in range(8):
        picture = np.zeros((64, 64), np.uint8)
        picture[8 * k : 8 * k + 8] = 255
        (folder / f"{k}.png").write_bytes(png(picture))
    lines = [f"{k}.png,{'' if k in (2, 5) else 'ab'[k % 2]},{'' if k == 7 else k // 4 + 0.5}" for k in range(8)]
    table = folder.parent / "labels.csv"
    table.write_text("file,letter,half\n" + "\n".join(lines) + "\n")
    _, errors = prepared(folder, "--labels", str(table))
    assert "note: factor letter lacks the labels of 2 of 8 images\n" in errors
    data, run, codes = (str(folder.parent / name) for name in ("out.h5", "run", "codes"))
    with open_data_set(data) as opened:
        assert opened.description.factor_sizes == (2, 2)
        assert opened.class_names() == {"letter": ("a", "b")}
        assert opened.classes is not None
        assert opened.classes.T.tolist() == [[0, 1, -1, 1, 0, -1, 0, 1], [0, 0, 0, 0, 1, 1, 1, -1]]
        values = opened.values()
        assert values is not None
        np.testing.assert_array_equal(values[:, 1], [0.5, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5, np.nan])
    flags = ("--steps", "2", "--batch-size", "4", "--precision", "float32")
    assert call("train", "--data", data, *flags, "-o", run)[0] == 0
    assert call("encode", run, "-o", codes)[0] == 0
    for more in ((), ("--factors", data, "--ceiling")):
        status, record, errors = call("mig", codes, *more)
        assert status == 0, errors
        half = -(4 * np.log(4 / 7) + 3 * np.log(3 / 7)) / 7
        assert json.loads(record)["factor_entropy"] == pytest.approx([np.log(2), half])


def test_a_class_whose_only_picture_is_skipped_is_not_listed(folder: Path) -> None:
    labelled_folder(folder)
    table = folder.parent / "labels.csv"
    lines = ("file,one,two", "1.png,a,x", "left/1b.png,b,z", "left/2.png,c,x", "left/1.png,a,x", "right/2.png,c,x")
    table.write_text("\n".join([*lines, "right/1.png,a,x"]) + "\n")
    prepared(folder, "--size", "8", "--labels", str(table))
    with open_data_set(str(folder.parent / "out.h5")) as data:
        assert data.description.factor_sizes == (2, 1)
        assert data.class_names() == {"one": ("a", "c"), "two": ("x",)}
        assert data.description.scored_factors == ("one",)  # two no longer varies
        assert data.classes is not None
        assert data.classes[:, 0].tolist() == [0, 1, 0, 1]


def test_a_second_factor_of_a_name_is_numbered_with_a_note(folder: Path) -> None:
    labelled_folder(folder)
    table = folder.parent / "labels.csv"
    table.write_text(
        "file,folder,folder_1\n" + "".join(f"{side}/{k}.png,{k},\n" for side in ("left", "right") for k in "12")
    )
    with table.open("a") as stream:
        stream.write("left/1b.png,1,x\n")
    _, errors = prepared(folder, "--size", "8", "--labels", str(table), "--label-from-folder")
    assert "note: factors without a name of their own are called folder_2\n" in errors
    with open_data_set(str(folder.parent / "out.h5")) as data:
        assert data.description.factor_names == ("folder", "folder_1", "folder_2")
        assert data.class_names()["folder_2"] == ("left", "right")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("file,a\nleft/1.png,1,2\n", "line 2 has 3 cells under 2 names"),
        ("file;a;b\nleft/1.png;1;2\nleft/2.png;1\n", "line 3 has 2 cells under 3 names"),
        ("Labels\nfile,a\nleft/1.png,1\n", "line 2 has 2 cells under 1 name"),
        ("file,a\nleft/1.png,1\nleft/1.png,2\n", "lists left/1.png twice"),
        ("file,a\nleft/1.png,1\nleft\\1.png,2\n", "lists left\\1.png twice"),
        ("id,a\nleft/1.png,1\n./left/1.png,2\n", "lists ./left/1.png twice"),
        ("", "has no lines"),
        ("file,a\n", "has no line below its line of names"),
        ("file\nleft/1.png\n", "has a column of names of pictures and no other"),
        ("left/1.png,1\nleft/2.png,2\n", "has no line of names: its first line has left/1.png"),
        ("file,a\nup.png,1\ndown.png,2\n", "names no picture of"),
        ('file,a\n"left/1.png,1\n', "line 2 opens a quote that none closes"),
        ("file,a\nleft/1.png," + "x" * 200_000, "line 2 breaks the rules of CSV"),
        ("a," * 20_000 + "\n" + "1," * 20_000, "line 1 has more than 1,002 cells"),
        ("file,a\n/x/left/1.png,1\n/y/left/1.png,2\n", "lists pictures of these names in /x/ and in /y/"),
    ],
)
def test_tables_that_do_not_fit_are_refused(folder: Path, text: str, fault: str) -> None:
    labelled_folder(folder)
    table = folder.parent / "labels.csv"
    table.write_text("\ufeff" + text)
    assert f"{table}: {fault}" in refusal("folder", "--source", str(folder), "--labels", str(table))


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    labelled_folder(folder)
    contents = []
    for _ in range(2):
        prepared(folder, "--size", "8", "--label-from-folder")
        contents.append((folder.parent / "out.h5").read_bytes())
    assert contents[0] == contents[1]


PHOTOGRAPHS = (
    *(PHOTOGRAPH.parent / name for name in ("grace_hopper.jpg", "Minduka_Present_Blue_Pack.png")),
    *(Path(sklearn.__file__).parent / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")),
)


def test_own_photographs_train_and_traverse(folder: Path, tmp_path: Path) -> None:
    for path in PHOTOGRAPHS:  # each whole, and its quarters
        with Image.open(path) as image:
            width, height = image.size
            across, down = (0, width // 2, width), (0, height // 2, height)
            quarters = [(across[x], down[y], across[x + 1], down[y + 1]) for x in (0, 1) for y in (0, 1)]
            (folder / path.stem).mkdir()
            for k, box in enumerate([(0, 0, width, height), *quarters]):
                image.crop(box).save(folder / path.stem / f"{k}{path.suffix}")
    images, errors = prepared(folder, "--size", "64", "--label-from-folder")
    assert images.shape == (20, 64, 64, 3)
    assert "skipped" not in errors
    assert len(np.unique(images.reshape(20, -1), axis=0)) == 20
    data, run, picture = str(tmp_path / "out.h5"), str(tmp_path / "run"), tmp_path / "walk.png"
    flags = ("--steps", "20", "--batch-size", "10", "--architecture", "conv", "--precision", "float32")
    assert call("train", "--data", data, *flags, "-o", run)[0] == 0
    assert call("traverse", run, "--image", "3", "-o", str(picture))[0] == 0
    with Image.open(picture) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    assert np.ptp(pixels, axis=2).max() > 20  # the original in colour: after 20 steps all else is still grey
    assert call("traverse", run, "--image", "3", "-o", str(tmp_path / "walk.safetensors"))[0] == 0
    walk = safetensors.numpy.load_file(tmp_path / "walk.safetensors")
    np.testing.assert_allclose(walk["original"], images[3] / 255, atol=1e-6)
    assert walk["frames"].shape[2:] == (64, 64, 3)
    assert 0 <= walk["frames"].min() < walk["frames"].max() <= 1
    assert call("encode", run, "-o", str(tmp_path / "codes"))[0] == 0
    status, record, errors = call("mig", str(tmp_path / "codes"))
    assert status == 0, errors
    assert json.loads(record)["factor_entropy"] == pytest.approx([np.log(4)])


def test_one_long_word_does_not_make_room_in_every_row() -> None:
    words = ["a" * 1_000_000, "b", ""] * 1000
    tracemalloc.start()
    factor = factor_of("side", words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert factor.classes.tolist() == [0, 1, -1] * 1000
    assert peak < 50_000_000
