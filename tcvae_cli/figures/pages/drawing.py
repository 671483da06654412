"""Pages of small pictures and words as lists of what stands where: painted by Pillow, or with letters as outlines."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from tcvae_cli.figures.looks import PALE, Look
from tcvae_cli.figures.pages.typesetting import font_of, spelled, wrapped
from tcvae_cli.figures.style import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS = 200  # an inch of a page as PDF or SVG
POINTS = 72  # an inch


def mark_of(look: Look) -> str:
    """Return the colour that marks what counts: an orange, which every kind of eye and grey print tell apart."""
    return look.colours[4]


@dataclass(frozen=True)
class Words:
    """A line of text whose ANCHOR stands at (x, y): Pillow's "ls" is the left of the base line, "ms" its middle."""

    x: float
    y: float
    text: str
    size: int
    colour: str
    anchor: str = "ls"


@dataclass(frozen=True)
class Picture:
    """An image, or a patch of one colour, whose upper left corner stands at (x, y)."""

    x: float
    y: float
    image: Image.Image


@dataclass
class Page:
    """A page, or a piece of one: its size in pixels and what stands on it, what comes later above what came before."""

    width: int
    height: int
    words: list[Words] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def add(self, piece: "Page", x: float, y: float) -> None:
        """Set a PIECE of page on this one, its upper left corner at (x, y)."""
        self.words += [replace(word, x=word.x + x, y=word.y + y) for word in piece.words]
        self.pictures += [replace(picture, x=picture.x + x, y=picture.y + y) for picture in piece.pictures]


def patch(x: float, y: float, width: float, height: float, colour: str) -> Picture:
    """Return a rectangle of one colour."""
    return Picture(x, y, Image.new("RGB", (round(width), round(height)), colour))


def paragraph(text: str, size: int, colour: str, width: int) -> Page:
    """Set TEXT in as many lines as WIDTH asks for."""
    lines, down = wrapped(text, size, width), round(1.35 * size)
    words = [Words(0, (number + 1) * down - size // 2, line, size, colour) for number, line in enumerate(lines)]
    return Page(width, len(lines) * down, words)


def stacked(pieces: Iterable[Page]) -> Page:
    """Set pieces one below the other, flush left."""
    whole = Page(0, 0)
    for piece in pieces:
        whole.add(piece, 0, whole.height)
        whole.width, whole.height = max(whole.width, piece.width), whole.height + piece.height
    return whole


def scale_of(page: Page, look: Look) -> float:
    """Return by how much a page is enlarged when it is painted: to the width of the look, if that has one."""
    return 1 if look.width is None else look.width * look.dots / page.width


def painted(page: Page, look: Look = PALE, *, lettered: bool = True) -> Image.Image:
    """Return a page as an image, without its words unless it is LETTERED."""
    times = scale_of(page, look)
    image = Image.new("RGB", (round(times * page.width), round(times * page.height)), look.ground)
    for picture in page.pictures:
        right, bottom = picture.x + picture.image.width, picture.y + picture.image.height
        left, top, right, bottom = (round(times * edge) for edge in (picture.x, picture.y, right, bottom))
        size = max(1, right - left), max(1, bottom - top)
        drawn = picture.image if size == picture.image.size else picture.image.resize(size, Image.Resampling.LANCZOS)
        image.paste(drawn, (left, top))
    pen = ImageDraw.Draw(image)
    for word in page.words if lettered else ():
        place, font = (times * word.x, times * word.y), font_of(max(1, round(times * word.size)))
        pen.text(place, spelled(word.text), fill=word.colour, font=font, anchor=word.anchor)
    return image


def outlined(page: Page, look: Look, extension: str) -> bytes:
    """Return a page as a pdf or an svg, whose letters are sharp at any size; TcvaeError without matplotlib.

    The pictures are one image below the words. The letters are those of the painted page, from the font in Pillow.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tcvae-"))
        path = os.path.join(folder, "font.ttf")  # matplotlib takes no font from memory
        with open(path, "wb") as file:
            file.write(font_of(DOTS).font_bytes)
        whole = replace(look, title="", magnified=1.0)  # the title stands on the page
        return figure_bytes(lambda: figure(page, look, path), extension, whole)


def figure(page: Page, look: Look, font: str) -> "Figure":
    """Return a page as a figure of matplotlib, in the font of the file FONT."""
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    made = Figure(figsize=(page.width / DOTS, page.height / DOTS))
    axes = made.add_axes((0, 0, 1, 1))
    axes.imshow(
        np.asarray(painted(page, replace(look, width=None), lettered=False)), interpolation="none", aspect="auto"
    )
    axes.set_axis_off()
    for word in page.words:
        made.text(
            word.x / page.width,
            1 - word.y / page.height,
            spelled(word.text),
            color=word.colour,
            fontproperties=FontProperties(fname=font, size=word.size * POINTS / DOTS),
            ha={"l": "left", "m": "center", "r": "right"}[word.anchor[0]],
            va="baseline",
        )
    return made
