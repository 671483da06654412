"""Pages of walks: a grid of all their images, or one moment of them."""

from collections.abc import Sequence

from PIL import Image

from tcvae_cli.figures.looks import PALE, Look
from tcvae_cli.figures.pages.drawing import Page, Picture, Words, paragraph, patch, stacked
from tcvae_cli.figures.pages.typesetting import LARGE, SMALL, TITLE, text_width, wrapped
from tcvae_cli.figures.pages.walk_parts import (
    CELL,
    GUTTER,
    cell,
    enlarged,
    label,
    notes,
    own_column,
    rows_of,
    starts_of,
    strip,
    value_labels,
)
from tcvae_cli.files.provenance import short_digests
from tcvae_cli.files.walks import Walk

MARGIN, LEAST_WIDTH = 40, 704
SPACE = 24  # pixels between a label and what it names, and between groups of rows
FEW = 5  # latents, of which a moving picture shows larger images
SLIDER = 210  # pixels at the left of the line on which the value moves


def grid(walk: Walk, look: Look = PALE) -> Page:
    """Return a page with a row for each latent, of several images one below the other, and a column for each value."""
    starts, labels = starts_of(walk), [label(walk, row, look) for row in rows_of(walk)]
    width, height = size_of(walk)
    left = SPACE + max(text_width("latent value", SMALL), *(piece.width for piece in labels), 0)
    first = left + (width + SPACE if walk.images else 0)
    across, down, top = width + GUTTER, height + GUTTER, 32
    tall = len(starts) * down - GUTTER
    apart = tall + (SPACE if walk.images else GUTTER)
    body = Page(first + across * len(walk.values) - GUTTER, top + apart * (len(labels) - 1) + tall)
    body.words.append(Words(0, top - 12, "latent value", SMALL, look.quiet))
    if walk.images:
        body.words.append(Words(left + width / 2, top - 12, "original", SMALL, look.quiet, "ms"))
    for column, value in enumerate(value_labels(walk.values)):
        body.words.append(Words(first + column * across + width / 2, top - 12, value, SMALL, look.quiet, "ms"))
    for place, (row, named) in enumerate(zip(rows_of(walk), labels, strict=True)):
        body.add(named, 0, top + place * apart + (tall - named.height) / 2)
        for number, start in enumerate(starts):
            y = top + place * apart + number * down
            if walk.images and start.original is not None:
                body.pictures.append(Picture(left, y, enlarged(start.original)))
            body.add(strip(walk, start, row, look), first, y)
    return on_page(walk, body, look, moving=False)


def moment(walk: Walk, column: int, look: Look = PALE) -> Page:
    """Return a page of all latents at the value of one COLUMN, above them a slider that shows it."""
    starts, labels = starts_of(walk), [label(walk, row, look) for row in rows_of(walk)]
    side = CELL if len(labels) > FEW else 2 * CELL
    width, height = size_of(walk, side)
    lines = max(1, round((len(labels) / 2.5 / len(starts)) ** 0.5))  # about 2.5 times as wide as high
    per_line = -(-len(labels) // lines)
    left, top, under = (width + SPACE if walk.images else 0), 52, labels[0].height
    across = max(width + 16, CELL + 16, *(piece.width + SPACE for piece in labels))
    down = height + GUTTER
    apart = under + 8 + len(starts) * down + SPACE
    body = Page(max(left + across * per_line - 16, LEAST_WIDTH), top + apart * lines - SPACE - GUTTER)
    add_slider(body, walk, column, look)
    for place, (row, named) in enumerate(zip(rows_of(walk), labels, strict=True)):
        x, y = left + place % per_line * across, top + place // per_line * apart
        body.add(named, x, y)
        for number, start in enumerate(starts):
            below = y + under + 8 + number * down
            if walk.images and start.original is not None and place % per_line == 0:
                body.pictures.append(Picture(0, below, enlarged(start.original, side)))
            body.add(cell(start.frames[row, column], own_column(walk, start, row) == column, look, side), x, below)
    return on_page(walk, body, look, moving=True)


def add_slider(body: Page, walk: Walk, column: int, look: Look) -> None:
    """Show the value of a COLUMN as a number and as a knob on a line."""
    low, high = float(walk.values.min()), float(walk.values.max())
    place = (float(walk.values[column]) - low) / (high - low) if high > low else 0.5
    long = body.width - SLIDER - 10
    body.words.append(Words(0, 24, f"latent value {value_labels(walk.values)[column]}", LARGE, look.ink))
    body.pictures += [
        patch(SLIDER, 15, long, 3, look.faint),
        patch(SLIDER + place * long - 4, 4, 9, 25, look.ink),
    ]


def size_of(walk: Walk, side: int = CELL) -> tuple[int, int]:
    """Return the width and the height of an image on the page, the longer of which should be SIDE."""
    return enlarged(starts_of(walk)[0].frames[0, 0], side).size


def on_page(walk: Walk, body: Page, look: Look, *, moving: bool) -> Page:
    """Set BODY under the title and the image that it starts from, above the notes, with a margin around all."""
    width = max(body.width, LEAST_WIDTH)
    pictures = [] if walk.images else pair(walk, look)
    room = width - sum(picture.width + 16 for picture in pictures) - SPACE
    own, _, rest = short_digests(walk.title).partition(" · ")
    title = look.title or own
    small = " · ".join(filter(None, (own if look.title else "", rest, walk.start)))
    size = TITLE if len(wrapped(title, TITLE, room)) <= 2 else LARGE
    head = stacked([paragraph(title, size, look.ink, room), paragraph(small, SMALL, look.quiet, room)])
    tall = max([head.height, *(picture.height for picture in pictures)])
    for place, picture in enumerate(reversed(pictures)):
        head.add(picture, width - picture.width - place * (picture.width + 16), 0)
    foot = stacked([paragraph(note, SMALL, look.quiet, width) for note in notes(walk, moving=moving)])
    page = Page(width + 2 * MARGIN, 2 * MARGIN + tall + 28 + body.height + (foot.height and foot.height + 16))
    page.add(head, MARGIN, MARGIN)
    page.add(body, MARGIN, MARGIN + tall + 28)
    page.add(foot, MARGIN, MARGIN + tall + 28 + body.height + 16)
    return page


def pair(walk: Walk, look: Look) -> list[Page]:
    """Return the image at the start and its reconstruction under their names, if it started from one."""
    found: Sequence[tuple[str, Image.Image]] = [
        (name, enlarged(image))
        for name, image in (("original", walk.original), ("reconstruction", walk.reconstruction))
        if image is not None
    ]
    return [
        stacked(
            [paragraph(name, SMALL, look.quiet, max(CELL, image.width)), Page(*image.size, [], [Picture(0, 0, image)])]
        )
        for name, image in found
    ]
