"""Words and pieces of page, enough to label pictures with Pillow alone and the same on every machine."""

import math
import unicodedata

from PIL import Image, ImageDraw, ImageFont

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
    """Break TEXT at its spaces, or inside a word longer than a line, into lines of at most WIDTH pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if lines[-1] and text_width(lines[-1] + letter, size) > width:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line]


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int, shade: int, anchor: str = "ls"
) -> None:
    """Draw TEXT so that ANCHOR stands at PLACE: Pillow's "ls" is the left of the base line, "ms" its middle."""
    pen.text(place, spelled(text), fill=(shade,) * 3, font=ImageFont.load_default(size), anchor=anchor)


def text_width(text: str, size: int) -> int:
    """Return the pixels from the start of TEXT to its end, rounded up."""
    return math.ceil(ImageFont.load_default(size).getlength(spelled(text)))


def spelled(text: str) -> str:
    """Return TEXT with the letters that the font lacks spelled out, stripped of accents, or as `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELLED))
    return "".join(c if c in KNOWN else "?" for c in plain if not unicodedata.combining(c))
