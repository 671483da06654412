"""Decode image files into square arrays of one size: any mode, any orientation, in threads, in order."""

import contextlib
import io
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tcvae_cli import machine
from tcvae_cli.arrays import Array
from tcvae_cli.datasets.archives import Members
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.ahead import in_order
from tcvae_cli.files.streams import display_name

Result = TypeVar("Result")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")  # by content, whatever a name says: others may run programs
BLOCK = 256  # rows
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
LARGE_BYTES, LARGE_PIXELS = 1 << 24, 1 << 24
PAPER = 255  # what shows through where a picture is transparent


@dataclass(frozen=True)
class Fit:
    """How a picture of any size becomes a square."""

    size: int  # pixels
    resize: Literal["crop", "pad", "squash"] = "crop"
    colour: bool = False
    crop: int | None = None  # side in source pixels of the central square to keep, where it is not the largest

    def __str__(self) -> str:
        how = {"crop": "central square", "pad": "padded with black to a square", "squash": "squashed to a square"}
        part = f"central {self.crop} x {self.crop} pixels" if self.crop else how[self.resize]
        return f"{part}, {self.size} x {self.size} {'rgb' if self.colour else 'grey'}"


@dataclass
class Tally:
    """What was met on the way: rows that could not be read, with the reason, and pictures with several frames."""

    cure: str | None = None  # what to do about a row that could not be read, where that stops the work
    dropped: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    animated: int = 0

    def finish(self, rows: int, path: str) -> None:
        """Put the notes in words. TcvaeError if nothing at all could be read."""
        if len(self.dropped) == rows:
            cure = "give a folder of PNG, JPEG, WebP or TIFF images"
            raise TcvaeError(path, f"none of its {rows:,} images could be read ({self.faults[0]})", cure)
        if self.faults:
            shown = "; ".join(self.faults[:5]) + "; ..." * (len(self.faults) > 5)
            self.notes.append(f"skipped {len(self.faults):,} of {rows:,} files that could not be read: {shown}")
        if self.animated:
            self.notes.append(f"took the first frame of {self.animated:,} animated or many-paged files")


def decoded(members: Members, names: list[str], fit: Fit, tally: Tally) -> Iterator[Array]:
    """Yield the images NAMES in order as blocks (rows, size, size[, 3]) uint8; the unreadable ones go to TALLY.

    Files are read and decoded in threads, a few ahead: memory holds a file for each, one large one, and one block.
    """
    threads = machine.threads()
    block: list[Array] = []
    one_at_a_time = threading.Lock()

    def picture_of(name: str) -> tuple[Array, bool] | Exception:
        with contextlib.ExitStack() as stack:
            stack.enter_context(one_at_a_time)  # archives are read by one thread at a time
            content = outcome(members.read, name)
            if isinstance(content, Exception):
                return content
            if not is_large(content):
                stack.close()
            return outcome(decode, content, fit)

    with ThreadPoolExecutor(threads) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        pictures = in_order(pool, picture_of, names, 4 * threads)
        for row, picture in enumerate(pictures):
            if isinstance(picture, Exception):
                refuse(members.path, names[row], row, picture, tally)
                continue
            image, animated = picture
            tally.animated += animated
            block.append(image)
            if len(block) == BLOCK:
                yield np.stack(block)
                block.clear()
    tally.finish(len(names), display_name(members.path))
    if block:
        yield np.stack(block)


def outcome(function: Callable[..., Result], *arguments: Any) -> Result | Exception:
    """Return what FUNCTION returns or raises. Pillow's plug-ins raise nearly anything on a damaged file."""
    try:
        return function(*arguments)
    except Exception as error:
        error.__traceback__ = error.__context__ = None  # they would keep the file in memory
        return error


def is_large(content: bytes) -> bool:
    """Return whether a file, or the picture in it, is too large for a machine to hold one for each of many cores."""
    if len(content) > LARGE_BYTES:
        return True
    try:
        with open_picture(content) as image:
            return image.format != "JPEG" and image.width * image.height > LARGE_PIXELS  # libjpeg halves those
    except Exception:  # decoding says why
        return False


def refuse(path: str, name: str, row: int, error: Exception, tally: Tally) -> None:
    """Note down a picture that could not be read, or stop there if the tally has a cure for it."""
    if tally.cure is not None:
        raise TcvaeError(f"{display_name(path)}/{name}", reason(error), tally.cure) from None
    tally.dropped.append(row)
    tally.faults.append(f"{name} ({reason(error)})")


def reason(error: Exception) -> str:
    """Say why a picture could not be read, in a few words."""
    if isinstance(error, UnidentifiedImageError):
        return "is not an image"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"has more than {Image.MAX_IMAGE_PIXELS:,} pixels"
    if isinstance(error, TcvaeError):
        return error.fault
    if isinstance(error, PermissionError):
        return "may not be read"
    return str(error) if isinstance(error, ValueError) and str(error).startswith("has ") else "is damaged or cut short"


def decode(content: bytes, fit: Fit) -> tuple[Array, bool]:
    """Return a picture (size, size[, 3]) uint8, and whether its file has more frames. The first one is taken."""
    with open_picture(content) as image:
        animated = bool(getattr(image, "is_animated", False))  # n_frames would walk through all of them
        if image.format == "JPEG" and fit.crop is None:  # libjpeg halves large photographs for nothing
            image.draft(None, (2 * fit.size, 2 * fit.size))
        image.load()
        return np.asarray(fitted(plain(upright(image), fit.colour), fit)), animated


def open_picture(content: bytes) -> Image.Image:
    """Return an image file of a known format, its pixels not yet decoded. Raises nearly anything on a damaged one."""
    return Image.open(io.BytesIO(content), formats=FORMATS)


def upright(image: Image.Image) -> Image.Image:
    """Return the picture turned as its EXIF says."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block, beside pixels that are fine
        return image


def plain(image: Image.Image, colour: bool) -> Image.Image:
    """Return the picture as 8-bit grey or RGB, white where it is transparent, 16 bits scaled and not clipped."""
    if image.mode.startswith(("I", "F")):
        levels = np.array(image, dtype=np.float32)  # enough for 16 bits, and large pictures are large already
        most = 1.0 if image.mode == "F" else 65535.0
        if not (np.isfinite(levels).all() and levels.min() >= 0 and levels.max() <= most):
            raise ValueError(f"has {image.mode} pixels from {levels.min():g} to {levels.max():g}")
        levels *= 255 / most
        image = Image.fromarray(np.rint(levels, out=levels).astype(np.uint8))
    if image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, (PAPER,) * 4)
        image = Image.alpha_composite(paper, image)
    return image.convert("RGB" if colour else "L")


def fitted(image: Image.Image, fit: Fit) -> Image.Image:
    """Return the picture as a square of `fit.size` pixels."""
    size, (width, height) = (fit.size, fit.size), image.size
    if fit.crop or fit.resize == "crop":
        side = min(fit.crop or width, width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return image.resize(size, Image.Resampling.LANCZOS, (left, top, left + side, top + side))
    if fit.resize == "squash":
        return image.resize(size, Image.Resampling.LANCZOS)
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS)
