"""Decode image files into square arrays of one size: any mode, any orientation, in threads, in order."""

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from PIL import Image, ImageOps

from tcvae_cli import machine
from tcvae_cli.arrays import Array
from tcvae_cli.datasets.archives import Members
from tcvae_cli.datasets.decoding_costs import Cost, Room, cost_of, halve
from tcvae_cli.datasets.levels import full_scale, is_deep, significant_bits
from tcvae_cli.datasets.picture_files import open_picture
from tcvae_cli.datasets.tally import Decoded, Tally, refuse
from tcvae_cli.files.ahead import in_order
from tcvae_cli.files.streams import display_name

Result = TypeVar("Result")
BLOCK = 256  # rows
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
BAND_PIXELS = 1 << 20
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


def decoded(members: Members, names: list[str], fit: Fit, tally: Tally) -> Iterator[Array]:
    """Yield the images NAMES in order as blocks (rows, size, size[, 3]) uint8; the unreadable ones go to TALLY.

    Files are read and decoded in threads, a few ahead, as far as memory has room for them. BudgetError where all of
    them together take too much.
    """
    threads = machine.threads()
    block: list[Array] = []
    one_at_a_time, room = threading.Lock(), Room()

    def opened(name: str) -> tuple[bytes, Cost]:
        content = members.read(name)
        with open_picture(content, name) as image:
            cost = cost_of(content, image, fit.size if fit.crop is None else None)
        members.budget.take(cost.work)
        return content, cost

    def picture_of(name: str) -> Decoded | Exception:
        with contextlib.ExitStack() as stack:
            with one_at_a_time:  # archives are read by one thread at a time, which waits for room
                found = outcome(opened, name)
                if isinstance(found, Exception):
                    return found
                content, cost = found
                stack.enter_context(room.holding(cost.memory))
            return outcome(decode, content, fit, name)

    with ThreadPoolExecutor(threads) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        pictures = in_order(pool, picture_of, names, 4 * threads)
        for row, picture in enumerate(pictures):
            if isinstance(picture, Exception):
                refuse(members.path, names[row], row, picture, tally)
                continue
            tally.count(picture)
            block.append(picture.pixels)
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


def decode(content: bytes, fit: Fit, name: str = "") -> Decoded:
    """Return a picture as a square, the first frame if it has several."""
    with open_picture(content, name) as image:
        animated = bool(getattr(image, "is_animated", False))  # n_frames would walk through all of them
        if fit.crop is None:
            halve(image, fit.size)
        deep = is_deep(image)
        bits = significant_bits(content, image) if deep else 16
        image.load()
        turn_upright(image)
        shallow, white = bytes_of(image, bits)
        level = None
        if deep:
            highest = np.max(image.getextrema())
            level = round(highest * 65535 / white) if image.mode.startswith("I") else 257 * int(highest)
        pixels = np.asarray(fitted(plain(shallow, fit.colour), fit))
        return Decoded(pixels, animated, level, white < 65535)


def turn_upright(image: Image.Image) -> None:
    """Turn a picture as its EXIF says."""
    with contextlib.suppress(Exception):  # a damaged EXIF block, beside pixels that are fine
        ImageOps.exif_transpose(image, in_place=True)


def bytes_of(image: Image.Image, bits: int) -> tuple[Image.Image, int]:
    """Return the picture with levels of 8 bits, scaled and not clipped, and the level that was white.

    BITS: how many its file calls significant.
    """
    if not image.mode.startswith(("I", "F")):
        return image, 65535
    levels = np.array(image, dtype=np.float32)  # enough for 16 bits, and large pictures are large already
    kind, most = ("real", 1.0) if image.mode == "F" else ("whole", 65535.0)
    if not np.isfinite(levels).all():
        raise ValueError("has pixels that are NaN or infinite: replace them")
    if levels.min() < 0 or levels.max() > most:
        found = f"has pixels of {kind} numbers from {levels.min():g} to {levels.max():g}"
        raise ValueError(f"{found}, not 0 to {most:g}: scale them to that")
    white = 65535 if image.mode == "F" else full_scale(levels, bits)
    if isinstance(clear := image.info.get("transparency"), int):  # the level that is no ink
        levels[levels == clear] = white
    levels *= 255 / (most if image.mode == "F" else white)
    return Image.fromarray(np.rint(levels, out=levels).astype(np.uint8)), white


def plain(image: Image.Image, colour: bool) -> Image.Image:
    """Return the picture as 8-bit grey or RGB, white where it is transparent. Made in bands, it is in memory twice."""
    mode = "RGB" if colour else "L"
    if image.mode == mode and "transparency" not in image.info:
        return image
    whole, step = Image.new(mode, image.size), max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, step):
        band = image.crop((0, top, image.width, min(top + step, image.height)))
        if band.mode in ("LA", "PA", "La", "RGBa") or "transparency" in band.info:
            band = band.convert("RGBA")
        if band.mode == "RGBA":
            paper = Image.new("RGBA", band.size, (PAPER,) * 4)
            band = Image.alpha_composite(paper, band)
        whole.paste(band.convert(mode), (0, top))
    return whole


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
