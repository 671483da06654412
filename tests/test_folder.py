"""Anyone's own pictures: every mode and orientation, real photographs, labels, files that cannot be read, archives."""

import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import safetensors.numpy
import sklearn
from PIL import Image

from helpers.command import call
from tcvae_cli.datasets import archives
from tcvae_cli.datasets.decoding import Fit, decode, outcome
from tcvae_cli.datasets.labels import factor_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import open_data_set

PHOTOGRAPH = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def png(image: Image.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Return the bytes of an image file."""
    stream = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def levels(size: tuple[int, int] = (16, 16)) -> np.ndarray:
    """Return a grey ramp from left to right, 0 to 255."""
    return np.broadcast_to(np.linspace(0, 255, size[1]).round().astype(np.uint8), size)


def prepared(folder: Path, *flags: str) -> tuple[np.ndarray, str]:
    """Return the images that `tcvae prepare folder` makes, and what it says."""
    output = folder.parent / "out.h5"
    status, _, errors = call("prepare", "folder", "--source", str(folder), *flags, "-o", str(output))
    assert status == 0, errors
    with open_data_set(str(output)) as data:
        return data.rows(slice(None)), errors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for pictures."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


RAMP = levels()
MODES = {
    "grey.png": png(RAMP),
    "sixteen_bits.png": png(RAMP.astype(np.uint16) * 257),
    "sixteen_bits.tif": png(RAMP.astype(np.uint16) * 257, "TIFF"),
    "floats.tif": png((RAMP / 255).astype(np.float32), "TIFF"),
    "rgb.png": png(np.dstack([RAMP] * 3)),
    "rgb.webp": png(np.dstack([RAMP] * 3), "WEBP", lossless=True),
    "rgba.png": png(np.dstack([RAMP * 0, RAMP * 0, RAMP * 0, 255 - RAMP])),  # black ink on white paper
    "grey_and_alpha.png": png(Image.merge("LA", [Image.new("L", (16, 16), 0), Image.fromarray(255 - RAMP)])),
    "palette.png": png(Image.fromarray(RAMP).convert("P")),
    "cmyk.tif": png(Image.fromarray(np.dstack([255 - RAMP] * 3 + [RAMP * 0]), "CMYK"), "TIFF"),
    "first_of_two.tif": png(RAMP, "TIFF", save_all=True, append_images=[Image.new("L", (16, 16), 9)]),
    "grey.ppm": png(RAMP, "PPM"),
    "sixteen_bits.pgm": png(RAMP.astype(np.uint16) * 257, "PPM"),
    "rgb.tga": png(np.dstack([RAMP] * 3), "TGA", compression="tga_rle"),
    "rgb.jp2": png(np.dstack([RAMP] * 3), "JPEG2000"),
    "sixteen_bits.jp2": png(RAMP.astype(np.uint16) * 257, "JPEG2000"),
    "rgb.avif": png(np.dstack([RAMP] * 3), "AVIF", quality=100),
    "rgb.jfif": png(np.dstack([RAMP] * 3), "JPEG", quality=100),
    "turned.png": png(Image.fromarray(np.rot90(RAMP)), exif=(lambda e: e.__setitem__(0x0112, 6) or e)(Image.Exif())),
}  # fmt: skip


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("colour", [False, True])
def test_every_mode_gives_the_same_ramp(name: str, colour: bool) -> None:
    picture = decode(MODES[name], Fit(16, colour=colour), name)
    assert picture.pixels.shape == ((16, 16, 3) if colour else (16, 16))
    assert picture.animated == (name == "first_of_two.tif")
    wanted = RAMP[..., None] if colour else RAMP
    assert np.abs(picture.pixels.astype(int) - wanted).max() <= (4 if name.endswith(("jfif", "avif")) else 1)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(content: bytes, kind: bytes, data: bytes) -> bytes:
    """Return a PNG with one chunk more, behind its header."""
    return content[:33] + chunk(kind, data) + content[33:]


def test_long_profiles_and_texts_do_not_cost_a_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 2_000_000, dtype=np.uint8).tobytes()
    long = zlib.compress(bytes(50_000_000))
    for kind, data in (
        (b"iCCP", b"profile\0\0" + zlib.compress(noise)),
        (b"iCCP", b"profile\0\0" + long),
        (b"zTXt", b"Comment\0\0" + long),
        (b"zTXt", b"Raw profile type exif\0\0" + long),
        (b"zTXt", b"Raw profile type exif\0\0no deflate"),
        (b"iTXt", b"Comment\0\1\0\0\0" + long),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + long),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + noise),
        (b"tEXt", b"Comment\0" + noise),
        (b"gAMA", b"?"),
    ):
        tracemalloc.start()
        picture = decode(with_chunk(MODES["grey.png"], kind, data), Fit(16))
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data) + 2_000_000
        tracemalloc.stop()
        np.testing.assert_array_equal(picture.pixels, RAMP)


def test_a_text_may_say_how_a_picture_is_turned() -> None:
    turned = png(Image.fromarray(np.rot90(RAMP)))
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    profile = f"\nexif\n{len(exif):8}\n{exif.hex()}\n".encode()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    for kind, data in (
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)),
        (b"tEXt", b"Raw profile type exif\0" + profile),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
    ):
        np.testing.assert_array_equal(decode(with_chunk(turned, kind, data), Fit(16)).pixels, RAMP)


def tiff_of_twelve_bits(levels: np.ndarray) -> bytes:
    """Return a grey TIFF of 16 x 16 packed levels of 12 bits, which Pillow reads and does not write."""
    data = int("".join(f"{level:012b}" for level in levels.ravel()), 2).to_bytes(384, "big")
    tags = {256: 16, 257: 16, 258: 12, 259: 1, 262: 1, 273: 122, 277: 1, 278: 16, 279: 384}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def test_twelve_bits_are_scaled_where_the_file_says_so() -> None:
    """The levels of a PNG are scaled up, as its standard wants, unless some of them cannot be."""
    twelve = np.rint(RAMP / 255 * 4095).astype(np.uint16)
    for content, scaled in (
        (tiff_of_twelve_bits(twelve), True),
        (with_chunk(png(twelve), b"sBIT", b"\x0c"), True),
        (with_chunk(png(twelve << 4), b"sBIT", b"\x0c"), False),
        (with_chunk(png(twelve << 4 | twelve >> 8), b"sBIT", b"\x0c"), False),
    ):
        picture = decode(content, Fit(16))
        assert picture.scaled == scaled
        assert np.abs(picture.pixels.astype(int) - RAMP).max() <= 1
    for dark in (png(twelve), with_chunk(png(twelve // 16 * 16), b"sBIT", b"\x0c")):
        assert decode(dark, Fit(16)).pixels.max() == 16


@pytest.mark.parametrize("scale", [1, 257])
def test_a_level_that_is_transparent_becomes_white(scale: int) -> None:
    levels = RAMP if scale == 1 else RAMP.astype(np.uint16) * 257
    np.testing.assert_array_equal(
        decode(png(levels, transparency=int(levels[0, 3])), Fit(16)).pixels, np.where(RAMP[0, 3] == RAMP, 255, RAMP)
    )


def test_dark_levels_are_told(folder: Path) -> None:
    twelve = np.rint(RAMP / 255 * 4000).astype(np.uint16)
    (folder / "a.png").write_bytes(png(twelve))
    (folder / "b.png").write_bytes(png(RAMP))
    deep = (
        "note: 1 file of 16 bits has no level above 4,000 of 65,535 (byte 16 of 255): if white is 4,095 in them, "
        "multiply their levels by 16\n"
    )
    assert deep in prepared(folder, "--size", "16")[1]
    (folder / "a.png").write_bytes(with_chunk(png(twelve), b"sBIT", b"\x0c"))
    images, errors = prepared(folder, "--size", "16")
    assert images.max(axis=(1, 2)).tolist() == [249, 255]
    assert "note: scaled the levels of 1 file of 16 bits, which says that fewer are used\n" in errors
    assert "white" not in errors
    (folder / "a.png").unlink()
    (folder / "b.png").write_bytes(png(RAMP // 128))
    assert "note: no pixel is brighter than 1 of 255: if white is less" in prepared(folder, "--size", "16")[1]


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


def test_crop_pad_and_squash_keep_what_they_say() -> None:
    wide = np.zeros((16, 48), np.uint8)
    wide[:, 16:32] = 200
    crop, pad, squash = (decode(png(wide), Fit(16, resize)).pixels for resize in ("crop", "pad", "squash"))
    assert crop.min() == 200
    assert pad[:5].max() == 0 == pad[11:].max()
    assert pad[8, 8] == pytest.approx(200, abs=5)
    assert (squash[:, 7], squash[:, 1]) == (pytest.approx(200, abs=5), pytest.approx(0, abs=5))


def test_a_real_photograph_is_still_recognised(folder: Path) -> None:
    (folder / "hopper.jpg").write_bytes(PHOTOGRAPH.read_bytes())
    images, errors = prepared(folder, "--size", "32")
    assert images.shape == (1, 32, 32, 3)
    assert errors == f"{folder.parent}/out.h5: 1 rgb image 32 x 32, 0 factors, 0.0 MB\n"
    with Image.open(PHOTOGRAPH) as image:
        side = min(image.size)
        box = tuple((n + sign * side) / 2 for sign in (-1, 1) for n in image.size)
        wanted = np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.LANCZOS, box))
    assert np.abs(images[0].astype(int) - wanted).mean() < 2  # a JPEG decoded at half size differs by little


def test_grey_files_make_a_grey_set_and_one_colour_file_a_colour_set(folder: Path) -> None:
    (folder / "a.png").write_bytes(MODES["grey.png"])
    (folder / "b.png").write_bytes(MODES["sixteen_bits.png"])
    assert prepared(folder, "--size", "16")[0].shape == (2, 16, 16)
    assert prepared(folder, "--size", "16", "--rgb")[0].shape == (2, 16, 16, 3)
    (folder / "c.png").write_bytes(MODES["rgb.png"])
    assert prepared(folder, "--size", "16")[0].shape == (3, 16, 16, 3)
    assert prepared(folder, "--size", "16", "--grey")[0].shape == (3, 16, 16)


def labelled_folder(folder: Path) -> None:
    """Return five pictures in two sub-folders, one of them a broken file, and a text."""
    for name, level in (("left/1.png", 10), ("left/2.png", 20), ("right/1.png", 30), ("right/2.png", 40)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(png(Image.new("L", (8, 8), level)))
    (folder / "left/1b.png").write_bytes(MODES["grey.png"][:48])
    (folder / "notes.txt").write_text("no picture")


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
    assert f"note: {table} has 1 line of no picture here" in prepared(folder, "--labels", str(table))[1].splitlines()


def refusal(*arguments: str) -> str:
    """Return the one line that a command ends in."""
    status, _, errors = call("prepare", *arguments, "-o", os.devnull)
    assert status in (1, 2)
    assert errors.startswith("tcvae: ")
    assert errors.count("\n") == 1
    return errors


def test_a_full_disk_is_not_taken_for_a_damaged_archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "noise.zip", "w") as archive:
        for k in range(40):
            noise = np.random.default_rng(k).integers(0, 256, (64, 64, 3), dtype=np.uint8)
            archive.writestr(f"{k}.png", png(noise))
    command = f"ulimit -f 100; {sys.executable} -m tcvae_cli prepare folder --source noise.zip -o out.h5"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    wanted = "tcvae: out.h5: file too large; free some space or choose another place\n"
    assert (done.returncode, done.stderr) == (1, wanted)


def test_only_known_formats_are_opened_whatever_the_name_says(folder: Path) -> None:
    (folder / "a.png").write_bytes(MODES["rgb.webp"])  # a wrong name is no harm
    (folder / "b.png").write_bytes(png(Image.new("RGB", (8, 8)), "EPS"))  # Pillow would start Ghostscript
    (folder / "c.png").write_bytes(png(Image.new("RGB", (8, 8)), "PCX"))
    images, errors = prepared(folder, "--size", "16")
    assert len(images) == 1
    assert "b.png (is not an image); c.png (is not an image)" in errors


def test_a_damaged_exif_block_does_not_cost_the_picture(folder: Path) -> None:
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"
    (folder / "a.jpg").write_bytes(png(Image.fromarray(np.dstack([RAMP] * 3)), "JPEG", exif=broken, quality=95))
    images, _ = prepared(folder, "--size", "16", "--grey")
    assert np.abs(images[0].astype(int) - RAMP).max() < 8


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
        ('file,a\n"left/1.png,1\n', "line 2 breaks the rules of CSV"),
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


def test_archives_are_read_without_unpacking(folder: Path) -> None:
    labelled_folder(folder)
    wanted, _ = prepared(folder, "--size", "8")
    for name in ("pictures.zip", "pictures.tar"):
        path = folder.parent / name
        if name.endswith("zip"):
            with zipfile.ZipFile(path, "w") as archive:
                for file in sorted(folder.rglob("*.png"), reverse=True):
                    archive.write(file, file.relative_to(folder))
                archive.writestr("__MACOSX/left/._1.png", b"twin")
        else:
            with tarfile.open(path, "w") as tar:
                tar.add(folder, "pictures")
        np.testing.assert_array_equal(prepared(path, "--size", "8")[0], wanted)
    subprocess.run(["tar", "-cf", folder.parent / "here.tar", "-C", folder, "."], check=True)  # names begin with ./
    np.testing.assert_array_equal(prepared(folder.parent / "here.tar", "--size", "8")[0], wanted)


def hostile_tar(path: Path, kind: bytes = tarfile.REGTYPE, name: str = "a.png", size: int | None = None) -> Path:
    """Return a tar with one member that should not be there."""
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0
        if size is not None:
            info.size = size
            tar.fileobj.write(info.tobuf())  # type: ignore[union-attr]
        else:
            tar.addfile(info)
    return path


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.tar"
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        assert "which is a link, a device, sparse or encrypted" in refusal(
            "folder", "--source", str(hostile_tar(path, kind))
        )
    for name in ("../a.png", "/a.png", "x/../../a.png"):
        assert "leads out of the archive" in refusal("folder", "--source", str(hostile_tar(path, name=name)))
    assert "claims to be 1,000,000,000,000 bytes" in refusal("folder", "--source", str(hostile_tar(path, size=10**12)))
    zipped = tmp_path / "hostile.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        info = zipfile.ZipInfo("a.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "which is a link" in refusal("folder", "--source", str(zipped))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(1_000_000))
    with (
        pytest.raises(TcvaeError, match=r"holds a\.png, which claims to be 1,000,000 bytes"),
        archives.open_members(str(zipped), most=100_000),
    ):
        pytest.fail("it was opened")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_an_archive_holds_twice_is_refused(tmp_path: Path) -> None:
    picture = png(Image.new("L", (8, 8)))
    for second in ("a/b.png", "./a/b.png", "a//b.png"):
        with tarfile.open(tmp_path / "twice.tar", "w") as tar:
            for name in ("a/b.png", second):
                info = tarfile.TarInfo(name)
                info.size = len(picture)
                tar.addfile(info, io.BytesIO(picture))
        with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
            for name in ("a/b.png", second):
                archive.writestr(name, picture)
        for name in ("twice.tar", "twice.zip"):
            assert f"{name}: holds a/b.png twice; keep the one" in refusal("folder", "--source", str(tmp_path / name))
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        for _ in range(2):
            archive.writestr("images.npy", b"")
    assert "holds images.npy twice" in refusal("arrays", "--source", str(tmp_path / "twice.npz"))


def lying_zip(path: Path, method: int, size: int) -> Path:
    """Return a zip of 400 MB of zeros as a.png, which claims to be SIZE bytes."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive, archive.open("a.png", "w") as member:
        for _ in range(400):
            member.write(bytes(1_000_000))
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):  # the directory, and what stands before the member
        start = content.index(signature) + place
        content[start : start + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        (zipfile.ZIP_DEFLATED, "none of its 1 images could be read (a.png (is damaged or cut short))"),
        (zipfile.ZIP_BZIP2, "holds a.png, which is neither stored nor deflated; zip it again the usual way"),
    ],
    ids=["deflate", "bzip2"],
)
def test_a_zip_that_lies_about_a_size_is_not_inflated_beyond_it(tmp_path: Path, method: int, fault: str) -> None:
    path = lying_zip(tmp_path / "lying.zip", method, 1000)
    tracemalloc.start()
    assert fault in refusal("folder", "--source", str(path))
    assert tracemalloc.get_traced_memory()[1] < 5e7
    tracemalloc.stop()


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


def test_what_cannot_be_read_does_not_stay_in_memory() -> None:
    error = outcome(decode, b"no picture", Fit(16))
    assert isinstance(error, Exception)
    assert error.__traceback__ is None
    assert error.__context__ is None


def test_one_long_word_does_not_make_room_in_every_row() -> None:
    words = ["a" * 1_000_000, "b", ""] * 1000
    tracemalloc.start()
    factor = factor_of("side", words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert factor.classes.tolist() == [0, 1, -1] * 1000
    assert peak < 50_000_000
