"""Small pictures of every mode, folders of them, and what `tcvae prepare folder` makes of one."""

import io
import os
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from helpers.command import call
from helpers.prepared import prepared_as

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


def prepared(folder: Path, *flags: str) -> tuple[np.ndarray, str]:
    """Return the images that `tcvae prepare folder` makes, and what it says."""
    images, _, errors = prepared_as(folder.parent / "out.h5", "folder", "--source", str(folder), *flags)
    return images, errors


def labelled_folder(folder: Path) -> None:
    """Return five pictures in two sub-folders, one of them a broken file, and a text."""
    for name, level in (("left/1.png", 10), ("left/2.png", 20), ("right/1.png", 30), ("right/2.png", 40)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(png(Image.new("L", (8, 8), level)))
    (folder / "left/1b.png").write_bytes(MODES["grey.png"][:48])
    (folder / "notes.txt").write_text("no picture")


def refusal(*arguments: str) -> str:
    """Return the one line that a command ends in."""
    status, _, errors = call("prepare", *arguments, "-o", os.devnull)
    assert status in (1, 2)
    assert errors.startswith("tcvae: ")
    assert errors.count("\n") == 1
    return errors
