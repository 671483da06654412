"""Latent traversals as pictures fit for a slide: a grid (PNG) and an animation (GIF)."""

import io
import math

import numpy as np
from PIL import Image

from tcvae_cli.arrays import Array
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
from tcvae_cli.files.provenance import short_digests
from tcvae_cli.files.walks import Walk

CELL = 128  # pixels: the longer side of an image on the page, unless the image itself is larger
GUTTER, MARGIN, LEAST_WIDTH = 4, 40, 704


def walk_png(walk: Walk) -> bytes:
    """Return the walk as a PNG: one row per latent, one column per value. The same walk gives the same bytes."""
    content = io.BytesIO()
    on_page(walk, grid(walk)).save(content, "PNG")
    return content.getvalue()


def walk_gif(walk: Walk) -> bytes:
    """Return the walk as an endless GIF: all latents side by side walk forth and back through the values."""
    columns = len(walk.values)
    order = [*range(columns), *range(columns - 2, 0, -1)]  # each end once, so that the loop has no stutter
    pages = [on_page(walk, moment(walk, column)) for column in order]
    if is_grey(walk):
        pages = [page.convert("L") for page in pages]
    else:  # one palette for all frames: each its own would flicker, as would dither; rare colours count too
        palette = stacked(pages[:columns]).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
        pages = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    content = io.BytesIO()
    duration = min(200, max(40, 3000 // len(pages))) // 10 * 10  # ms in GIF's steps of 10: a loop of some 3 s
    pages[0].save(content, "GIF", save_all=True, append_images=pages[1:], duration=duration, loop=0)
    return content.getvalue()


def is_grey(walk: Walk) -> bool:
    """Tell whether no image on the page has colour."""
    return walk.frames.ndim == 4 and all(
        image is None or image.ndim == 2 for image in (walk.original, walk.reconstruction)
    )


def enlarged(image: Array) -> Image.Image:
    """Return an image (height, width[, 3]) in [0, 1] as it stands on the page, enlarged by a whole number."""
    small = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    scale = max(1, CELL // max(small.size))
    return small.resize((small.width * scale, small.height * scale), Image.Resampling.LANCZOS)


def grid(walk: Walk) -> Image.Image:
    """Draw the latents as rows, each with its index and KL at the left, under one line of values."""
    labels = [(f"z{latent}", nats(kl)) for latent, kl in zip(walk.latents, walk.kl, strict=True)]
    left = 24 + max(text_width(text, SMALL) for text in ("latent value", *(second for _, second in labels)))
    width, height = enlarged(walk.frames[0, 0]).size
    across, down = width + GUTTER, height + GUTTER
    top = 32
    image, pen = blank(left + across * len(walk.values) - GUTTER, top + down * len(labels) - GUTTER)
    write(pen, (0, top - 10), "latent value", SMALL, SOFT)
    for column, value in enumerate(value_labels(walk.values)):
        write(pen, (left + column * across + width / 2, top - 10), value, SMALL, SOFT, "ms")
    for row, (name, kl) in enumerate(labels):
        idle, middle = row in inactive_rows(walk), top + row * down + height / 2
        write(pen, (0, middle - 4), name, LARGE, FAINT if idle else INK)
        write(pen, (0, middle + 20), kl, SMALL, FAINT if idle else SOFT)
        for column in range(len(walk.values)):
            image.paste(enlarged(walk.frames[row, column]), (left + column * across, top + row * down))
    return image


def moment(walk: Walk, column: int) -> Image.Image:
    """Draw all latents at the value of one COLUMN, above them a slider that shows it."""
    rows = len(walk.latents)
    lines = max(1, round((rows / 2.5) ** 0.5))  # about 2.5 times as wide as high
    per_line = -(-rows // lines)
    width, height = enlarged(walk.frames[0, 0]).size
    across, down, top = max(width, CELL) + 16, height + 44, 52
    image, pen = blank(max(across * per_line - 16, LEAST_WIDTH), top + down * lines - 12)
    low, high = float(walk.values.min()), float(walk.values.max())
    place = (float(walk.values[column]) - low) / (high - low) if high > low else 0.5
    x = 210 + place * (image.width - 220)
    write(pen, (0, 24), f"latent value {value_labels(walk.values)[column]}", LARGE, INK)
    pen.line((210, 16, image.width - 10, 16), fill=(FAINT,) * 3, width=3)
    pen.rectangle((x - 4, 4, x + 4, 28), fill=(INK,) * 3)
    for row, (latent, kl) in enumerate(zip(walk.latents, walk.kl, strict=True)):
        x, y = row % per_line * across, top + row // per_line * down
        image.paste(enlarged(walk.frames[row, column]), (x, y))
        shade = FAINT if row in inactive_rows(walk) else INK
        write(pen, (x, y + height + 22), f"z{latent}   {nats(kl)}", SMALL, shade)
    return image


def inactive_rows(walk: Walk) -> list[int]:
    """Return the rows of the latents that are known to be inactive."""
    return [row for row, active in enumerate(walk.active or ()) if not active]


def on_page(walk: Walk, body: Image.Image) -> Image.Image:
    """Set BODY under the title, the starting point and the image it starts from, with a margin around all."""
    pair = (("original", walk.original), ("reconstruction", walk.reconstruction))
    pictures = [
        stacked([paragraph(label, SMALL, SOFT, CELL), enlarged(image)]) for label, image in pair if image is not None
    ]
    if inactive_rows(walk):
        note = f"pale: inactive latents, whose mean has at most {100 * walk.least_share:.4g}% of their variance"
        body = stacked([body, blank(1, 10)[0], paragraph(note, SMALL, SOFT, LEAST_WIDTH)])
    width = max(body.width, LEAST_WIDTH)
    room = width - sum(picture.width + 16 for picture in pictures) - 24
    title, _, rest = short_digests(walk.title).partition(" · ")
    small = " · ".join(filter(None, (rest, walk.start)))
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
    """Write a KL with its unit, nothing where it is not known."""
    if math.isnan(kl):
        return ""
    return "<0.01 nats" if kl < 0.01 else f"{kl:.2f} nats"


def value_labels(values: Array) -> list[str]:
    """Write the values with as many decimals, two at most, as tell them apart."""
    decimals = next((d for d in (0, 1) if np.allclose(values, np.round(values, d), atol=1e-4)), 2)
    return [f"{value + 0.0:.{decimals}f}" for value in np.round(values.astype(float), decimals)]
