"""Words and pieces of page, enough to label pictures with Pillow alone and the same on every machine."""

import bisect
import functools
import math
import unicodedata

from PIL import Image, ImageDraw, ImageFont

from tcvae_cli.text import LONGEST_PROSE, shortened

PAGE, INK, SOFT, FAINT = 244, 38, 104, 186  # grey levels: a page of grey images stays grey, a white image stands out
TITLE, LARGE, SMALL = 32, 24, 18  # type sizes in pixels

# The font inside Pillow knows little beyond ASCII.
KNOWN = frozenset(map(chr, range(32, 127))) | frozenset("©«°±·»‘’“”…‹›™")
SPELLED = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "−": "-", "–": "-", "—": "-", "×": "x"})


def blank(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty piece of page and a pen for it."""
    image = Image.new("RGB", (width, height), (PAGE,) * 3)
    return image, ImageDraw.Draw(image)


def stacked(images: list[Image.Image]) -> Image.Image:
    """Set images one below the other, flush left."""
    whole, _ = blank(max(image.width for image in images), sum(image.height for image in images))
    y = 0
    for image in images:
        whole.paste(image, (0, y))
        y += image.height
    return whole


def paragraph(text: str, size: int, shade: int, width: int) -> Image.Image:
    """Set TEXT in as many lines as WIDTH asks for."""
    lines = wrapped(text, size, width)
    image, pen = blank(width, len(lines) * round(1.35 * size))
    for number, line in enumerate(lines):
        write(pen, (0, (number + 1) * round(1.35 * size) - size // 2), line, size, shade)
    return image


def wrapped(text: str, size: int, width: int) -> list[str]:
    """Break TEXT at its spaces, or inside a word longer than a line, into lines of at most WIDTH pixels, spelled."""
    lines = [""]
    for word in spelled(shortened(text, LONGEST_PROSE)).split():
        longer = f"{lines[-1]} {word}".lstrip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        while word:
            fits = letters_that_fit(word, size, width)
            lines[-1], word = word[:fits], word[fits:]
            lines += [""] * bool(word)
    return [line for line in lines if line]


def fitting(text: str, size: int, width: int) -> str:
    """Cut TEXT to WIDTH pixels, spelled, with an ellipsis where something is missing."""
    whole = spelled(text[: width + 1])  # no letter that is drawn is narrower than a pixel
    if len(text) <= width and text_width(whole, size) <= width:
        return whole
    return f"{whole[: letters_that_fit(whole, size, width - text_width('…', size))]}…"


def letters_that_fit(word: str, size: int, width: int) -> int:
    """Return how many letters of a spelled WORD fit into WIDTH pixels, at least one."""
    counts = range(1, min(len(word), max(1, width)) + 1)
    return max(1, bisect.bisect_right(counts, width, key=lambda count: text_width(word[:count], size)))


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int, shade: int, anchor: str = "ls"
) -> None:
    """Draw TEXT so that ANCHOR stands at PLACE: Pillow's "ls" is the left of the base line, "ms" its middle."""
    pen.text(place, spelled(text), fill=(shade,) * 3, font=font_of(size), anchor=anchor)


def text_width(text: str, size: int) -> int:
    """Return the pixels from the start of TEXT to its end, rounded up."""
    return math.ceil(font_of(size).getlength(spelled(text)))


@functools.cache
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """Return the font inside Pillow in a size, which takes a while to load."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # as it is where a size is given
    return font


def spelled(text: str) -> str:
    """Return TEXT with the letters that the font lacks spelled out, stripped of accents, or as `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELLED))
    return "".join(c if c in KNOWN else "?" for c in plain if not unicodedata.combining(c))
