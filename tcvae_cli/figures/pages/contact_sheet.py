"""A labelled sample of a data set on one page: what each factor does to one image, and some images at random."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tcvae_cli.arrays import Array
from tcvae_cli.figures.pages.typesetting import (
    INK,
    LARGE,
    SMALL,
    SOFT,
    TITLE,
    blank,
    fitting,
    paragraph,
    stacked,
    text_width,
    write,
)
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.provenance import short_digests

COLUMNS, MOST_FACTORS, RANDOM_ROWS = 11, 10, 2
WIDEST_NAME = 400  # pixels of the name of a factor
LEAST_CELL, MOST_CELL = 64, 512  # pixels: smaller images are enlarged by a whole number, larger ones made smaller
GAP, MARGIN, CAPTION = 6, 36, 13  # pixels, and the size of the words below an image


@dataclass(frozen=True)
class Strip:
    """One row of the page: its name and a note at the left, and rows of the data set with a caption each."""

    name: str
    note: str
    rows: Array  # (column,) int
    captions: list[str]


def contact_sheet(data: DataSet) -> bytes:
    """Return the page as a PNG; the same data set gives the same bytes.

    It has one row of images for each factor that varies (the scored ones first, at most 10 of them). In each the factor
    runs through its classes and the others keep to the middle, as far as the data set has such images.
    """
    strips = [
        Strip(fitting(name, LARGE, WIDEST_NAME), f"{size} classes", *varied(data, name))
        for name, size in shown_factors(data)
    ]
    rows = data.description.rows
    count = min(rows, COLUMNS * (RANDOM_ROWS if strips else 8))
    drawn = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
    for start in range(0, count, COLUMNS):
        some = drawn[start : start + COLUMNS]
        name, note = ("at random", "by row") if start == 0 else ("", "")
        strips.append(Strip(name, note, some, [f"{row:,}" for row in some]))
    images = images_of(data, np.concatenate([strip.rows for strip in strips]))
    left = 28 + max(max(text_width(strip.name, LARGE), text_width(strip.note, SMALL)) for strip in strips)
    across, down = images[0].width + GAP, images[0].height + GAP + CAPTION + 8
    body, pen = blank(left + across * COLUMNS - GAP, down * len(strips) - GAP)
    place = iter(images)
    for number, strip in enumerate(strips):
        top = number * down
        write(pen, (0, top + images[0].height / 2 - 2), strip.name, LARGE, INK)
        write(pen, (0, top + images[0].height / 2 + 20), strip.note, SMALL, SOFT)
        for column, caption in enumerate(strip.captions):
            x = left + column * across
            body.paste(next(place), (x, top))
            middle = (x + images[0].width / 2, top + images[0].height + CAPTION + 2)
            write(pen, middle, fitting(caption, CAPTION, images[0].width), CAPTION, SOFT, "ms")
    return page_of(data, body)


def page_of(data: DataSet, body: Image.Image) -> bytes:
    """Set BODY below the name of the data set and where it is from, as a PNG, grey if the images are."""
    described = data.description
    height, width = described.image_shape[:2]
    said = (
        f"{described.rows:,} {described.pixel_kind} images, {height} x {width} · {short_digests(described.provenance)}"
    )
    words = stacked(
        [paragraph(described.name, TITLE, INK, body.width), paragraph(said, SMALL, SOFT, body.width), blank(1, 20)[0]]
    )
    page, _ = blank(body.width + 2 * MARGIN, words.height + body.height + 2 * MARGIN)
    page.paste(words, (MARGIN, MARGIN))
    page.paste(body, (MARGIN, MARGIN + words.height))
    content = io.BytesIO()
    (page if described.pixel_kind == "rgb" else page.convert("L")).save(content, "PNG", optimize=True)
    return content.getvalue()


def shown_factors(data: DataSet) -> list[tuple[str, int]]:
    """Return the names and sizes of the factors that get a row."""
    described = data.description
    if data.classes is None:
        return []
    factors = zip(described.factor_names, described.factor_sizes, data.classes.T, strict=True)
    varying = [(name, size) for name, size, labels in factors if size > 1 and labels.max() >= 0]
    return sorted(varying, key=lambda factor: factor[0] not in described.scored_factors)[:MOST_FACTORS]


def varied(data: DataSet, name: str) -> tuple[Array, list[str]]:
    """Return rows of the data set in which one factor runs through its classes, and what to write below each.

    The other factors are as near to their middles as the data set has images.
    """
    assert data.classes is not None  # it has the factor
    described, k = data.description, data.description.factor_names.index(name)
    sizes = np.array(described.factor_sizes)
    away = np.abs(data.classes - sizes // 2) / sizes  # (row, factor)
    away[:, k] = 0
    total = away.sum(axis=1)
    present = np.unique(data.classes[:, k])
    present = present[present >= 0]  # -1: not known
    chosen = present[np.unique(np.linspace(0, len(present) - 1, COLUMNS).round().astype(int))]
    rows = []
    for label in chosen:
        candidates = np.flatnonzero(data.classes[:, k] == label)
        rows.append(candidates[total[candidates].argmin()])
    called, values = data.class_names().get(name), data.values()
    if called:
        captions = [called[label] for label in chosen]
    elif values is not None:
        captions = [f"{values[row, k] + 0.0:.3g}" for row in rows]
    else:
        captions = [str(label) for label in chosen]
    return np.array(rows), captions


def images_of(data: DataSet, rows: Array) -> list[Image.Image]:
    """Return the images of ROWS as they stand on the page: small ones enlarged, large ones made smaller."""
    height, width = data.description.image_shape[:2]
    scale = (
        max(1, LEAST_CELL // max(height, width)) if max(height, width) < MOST_CELL else MOST_CELL / max(height, width)
    )
    size = max(1, round(width * scale)), max(1, round(height * scale))
    white = np.uint8(255 if data.description.pixel_kind == "binary" else 1)
    found: dict[int, Image.Image] = {}
    for places, images in data.scattered(rows):
        for place, image in zip(places, images, strict=True):
            found[int(place)] = Image.fromarray(image * white).resize(size, Image.Resampling.NEAREST).convert("RGB")
    return [found[place] for place in range(len(rows))]
