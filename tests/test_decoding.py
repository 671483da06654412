"""Pictures of every mode, depth and orientation become squares of bytes."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import MODES, PHOTOGRAPH, RAMP, png, prepared
from tcvae_cli.arrays import Array
from tcvae_cli.datasets.decoding import Fit, decode, outcome


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("colour", [False, True])
def test_every_mode_gives_the_same_ramp(name: str, colour: bool) -> None:
    picture = decode(MODES[name], Fit(16, colour=colour), name)
    assert picture.pixels.shape == ((16, 16, 3) if colour else (16, 16))
    assert picture.animated == (name == "first_of_two.tif")
    wanted = RAMP[..., None] if colour else RAMP
    assert np.abs(picture.pixels.astype(int) - wanted).max() <= (4 if name.endswith(("jfif", "avif")) else 1)


@pytest.mark.parametrize(
    ("levels", "fault"),
    [
        (
            np.array([[-3.25, 2]], np.float32),
            "has pixels of real numbers from -3.25 to 2, not 0 to 1: scale them to that",
        ),
        (np.array([[np.nan, 2]], np.float32), "has pixels that are NaN or infinite: replace them"),
        (np.array([[-1, 2]], np.int32), "has pixels of whole numbers from -1 to 2, not 0 to 65535: scale them to that"),
    ],
)
def test_levels_out_of_range_are_told_with_a_cure(levels: Array, fault: str) -> None:
    content = io.BytesIO()
    Image.fromarray(levels).save(content, "TIFF")
    with pytest.raises(ValueError, match=fault):
        decode(content.getvalue(), Fit(8), "levels.tiff")


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


def test_a_damaged_exif_block_does_not_cost_the_picture(folder: Path) -> None:
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"
    (folder / "a.jpg").write_bytes(png(Image.fromarray(np.dstack([RAMP] * 3)), "JPEG", exif=broken, quality=95))
    images, _ = prepared(folder, "--size", "16", "--grey")
    assert np.abs(images[0].astype(int) - RAMP).max() < 8


def test_what_cannot_be_read_does_not_stay_in_memory() -> None:
    error = outcome(decode, b"no picture", Fit(16))
    assert isinstance(error, Exception)
    assert error.__traceback__ is None
    assert error.__context__ is None
