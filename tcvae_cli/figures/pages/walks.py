"""Latent traversals as pictures fit for a slide: a grid (PNG) and an animation (GIF)."""

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tcvae_cli.figures.pages.typesetting import (
    FAINT,
    INK,
    LARGE,
    SMALL,
    SOFT,
    TITLE,
    blank,
    paragraph,
    stacked,
    text_width,
    wrapped,
    write,
)

INACTIVE = 0.01  # nats: a latent below this tells nothing of the image
CELL = 128  # pixels: the longer side of an image on the page, unless the image itself is larger
GUTTER, MARGIN, LEAST_WIDTH = 4, 40, 704


@dataclass(frozen=True)
class Traversal:
    """What a trained decoder draws as each latent in turn walks through the same values."""

    frames: np.ndarray  # (row, column, height, width[, 3]) decoder means in [0, 1]
    values: np.ndarray  # (column,) the value given to the latent
    latents: tuple[int, ...]  # the latent of each row, most informative first
    kl: tuple[float, ...]  # its mean KL in nats, NaN where it is not known
    title: str
    start: str  # where the other latents rest: "from image 12345"
    original: np.ndarray | None  # (height, width[, 3]) the image at the start
    reconstruction: np.ndarray | None


def traversal_png(traversal: Traversal) -> bytes:
    """The traversal as a PNG: a row per latent, a column per value. The same traversal gives the same bytes."""
    content = io.BytesIO()
    on_page(traversal, grid(traversal)).save(content, "PNG")
    return content.getvalue()


def traversal_gif(traversal: Traversal) -> bytes:
    """The traversal as an endless GIF: all latents side by side walk forth and back through the values."""
    columns = len(traversal.values)
    walk = [*range(columns), *range(columns - 2, 0, -1)]  # each end once, so that the loop has no stutter
    pages = [on_page(traversal, moment(traversal, column)) for column in walk]
    if is_grey(traversal):
        pages = [page.convert("L") for page in pages]
    else:  # one palette for all frames: each its own would flicker, as would dither; rare colours count too
        palette = stacked(pages[:columns]).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
        pages = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    content = io.BytesIO()
    duration = min(200, max(40, 3000 // len(pages))) // 10 * 10  # ms in GIF's steps of 10: a loop of some 3 s
    pages[0].save(content, "GIF", save_all=True, append_images=pages[1:], duration=duration, loop=0)
    return content.getvalue()


def is_grey(traversal: Traversal) -> bool:
    """Whether no image on the page has colour."""
    return traversal.frames.ndim == 4 and all(
        image is None or image.ndim == 2 for image in (traversal.original, traversal.reconstruction)
    )


def cell(image: np.ndarray) -> Image.Image:
    """An image (height, width[, 3]) in [0, 1] as it stands on the page, enlarged by a whole number."""
    small = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    scale = max(1, CELL // max(small.size))
    return small.resize((small.width * scale, small.height * scale), Image.Resampling.LANCZOS)


def grid(traversal: Traversal) -> Image.Image:
    """The latents as rows, each with its index and KL at the left, under one line of values."""
    labels = [(f"z{latent}", nats(kl)) for latent, kl in zip(traversal.latents, traversal.kl, strict=True)]
    left = 24 + max(text_width(text, SMALL) for text in ("latent value", *(second for _, second in labels)))
    width, height = cell(traversal.frames[0, 0]).size
    across, down = width + GUTTER, height + GUTTER
    top = 32
    image, draw = blank(left + across * len(traversal.values) - GUTTER, top + down * len(labels) - GUTTER)
    write(draw, (0, top - 10), "latent value", SMALL, SOFT)
    for column, value in enumerate(written(traversal.values)):
        write(draw, (left + column * across + width / 2, top - 10), value, SMALL, SOFT, "ms")
    for row, (name, kl) in enumerate(labels):
        idle, middle = traversal.kl[row] < INACTIVE, top + row * down + height / 2
        write(draw, (0, middle - 4), name, LARGE, FAINT if idle else INK)
        write(draw, (0, middle + 20), kl, SMALL, FAINT if idle else SOFT)
        for column in range(len(traversal.values)):
            image.paste(cell(traversal.frames[row, column]), (left + column * across, top + row * down))
    return image


def moment(traversal: Traversal, column: int) -> Image.Image:
    """All latents at the value of one COLUMN, above them a slider that shows it."""
    rows = len(traversal.latents)
    lines = max(1, round((rows / 2.5) ** 0.5))  # about 2.5 times as wide as high
    per_line = -(-rows // lines)
    width, height = cell(traversal.frames[0, 0]).size
    across, down, top = max(width, CELL) + 16, height + 44, 52
    image, draw = blank(max(across * per_line - 16, LEAST_WIDTH), top + down * lines - 12)
    low, high = float(traversal.values.min()), float(traversal.values.max())
    place = (float(traversal.values[column]) - low) / (high - low) if high > low else 0.5
    x = 210 + place * (image.width - 220)
    write(draw, (0, 24), f"latent value {written(traversal.values)[column]}", LARGE, INK)
    draw.line((210, 16, image.width - 10, 16), fill=(FAINT,) * 3, width=3)
    draw.rectangle((x - 4, 4, x + 4, 28), fill=(INK,) * 3)
    for row, (latent, kl) in enumerate(zip(traversal.latents, traversal.kl, strict=True)):
        x, y = row % per_line * across, top + row // per_line * down
        image.paste(cell(traversal.frames[row, column]), (x, y))
        write(draw, (x, y + height + 22), f"z{latent}   {nats(kl)}", SMALL, FAINT if kl < INACTIVE else INK)
    return image


def on_page(traversal: Traversal, body: Image.Image) -> Image.Image:
    """BODY under the title, the starting point and the image it starts from, with a margin around all."""
    pair = (("original", traversal.original), ("reconstruction", traversal.reconstruction))
    pictures = [
        stacked([paragraph(label, SMALL, SOFT, CELL), cell(image)]) for label, image in pair if image is not None
    ]
    if any(kl < INACTIVE for kl in traversal.kl):
        note = f"pale: KL below {INACTIVE} nats, the latent is not used"
        body = stacked([body, blank(1, 10)[0], paragraph(note, SMALL, SOFT, LEAST_WIDTH)])
    width = max(body.width, LEAST_WIDTH)
    room = width - sum(picture.width + 16 for picture in pictures) - 24
    title, _, rest = traversal.title.partition(" · ")
    small = " · ".join(filter(None, (rest, traversal.start)))
    size = TITLE if len(wrapped(title, TITLE, room)) <= 2 else LARGE
    words = stacked([paragraph(title, size, INK, room), paragraph(small, SMALL, SOFT, room)])
    top = MARGIN + max([words.height, *(picture.height for picture in pictures)]) + 28
    page, _ = blank(width + 2 * MARGIN, top + body.height + MARGIN)
    page.paste(words, (MARGIN, MARGIN))
    x = MARGIN + width
    for picture in reversed(pictures):
        page.paste(picture, (x - picture.width, MARGIN))
        x -= picture.width + 16
    page.paste(body, (MARGIN, top))
    return page


def nats(kl: float) -> str:
    """A KL with its unit, nothing where it is not known."""
    if math.isnan(kl):
        return ""
    return f"<{INACTIVE} nats" if kl < INACTIVE else f"{kl:.2f} nats"


def written(values: np.ndarray) -> list[str]:
    """The values with as many decimals, two at most, as tell them apart."""
    decimals = next((d for d in (0, 1) if np.allclose(values, np.round(values, d), atol=1e-4)), 2)
    return [f"{value + 0.0:.{decimals}f}" for value in np.round(values.astype(float), decimals)]
