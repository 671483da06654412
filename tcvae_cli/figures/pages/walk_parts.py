"""What pictures of walks are made of: which rows they have, their names, their images and marks, and what notes say."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tcvae_cli.arrays import Array
from tcvae_cli.figures.looks import Look
from tcvae_cli.figures.pages.drawing import Page, Picture, Words, mark_of, patch
from tcvae_cli.figures.pages.typesetting import LARGE, SMALL, fitting, text_width
from tcvae_cli.files.walks import Walk

CELL = 128  # pixels: the longer side of an image on the page, unless the image itself is larger
GUTTER = 5  # pixels between images, and the width of the frame of the own value
WIDEST_NAME = 300  # pixels of the name of a row


@dataclass(frozen=True, eq=False)
class Start:
    """One start of a walk: its images (latent, value, height, width[, 3]) and, if it is an image, what is known."""

    frames: Array
    own: Array | None  # (latent,) the value of each latent at the start
    original: Array | None


def starts_of(walk: Walk) -> list[Start]:
    """Return the starts of a walk, one unless several images were asked for."""
    if walk.images is None:
        return [Start(walk.frames, walk.own, walk.original)]
    assert walk.own is not None  # as it is of images
    assert walk.original is not None
    return [Start(*parts) for parts in zip(walk.frames, walk.own, walk.original, strict=True)]


def rows_of(walk: Walk) -> list[int]:
    """Return the rows that a picture has: those of active latents if the walk folds, all if none is active."""
    idle = idle_rows(walk)
    rows = [row for row in range(len(walk.latents)) if not (walk.folds and row in idle)]
    return rows or list(range(len(walk.latents)))


def idle_rows(walk: Walk) -> list[int]:
    """Return the rows of the latents that are known to be inactive."""
    return [row for row, active in enumerate(walk.active or ()) if not active]


def name_of(walk: Walk, row: int) -> str:
    """Name a row: "z3 · posX", or "z3" if it tells little of any factor."""
    factor = (walk.factors or ("",) * len(walk.latents))[row]
    return fitting(f"z{walk.latents[row]}{' · ' if factor else ''}{factor}", LARGE, WIDEST_NAME)


def label(walk: Walk, row: int, look: Look) -> Page:
    """Return the name of a row above its KL, pale if its latent is not active."""
    idle = row in idle_rows(walk)
    name = Words(0, LARGE, name_of(walk, row), LARGE, look.faint if idle else look.ink)
    kl = Words(0, LARGE + 24, nats(walk.kl[row]), SMALL, look.faint if idle else look.quiet)
    return Page(max(text_width(word.text, word.size) for word in (name, kl)), LARGE + 30, [name, kl])


def strip(walk: Walk, start: Start, row: int, look: Look) -> Page:
    """Return the images of a row side by side, that of the own value in a frame; a bar at an end says: beyond."""
    width, height = enlarged(start.frames[row, 0]).size
    across, marked = width + GUTTER, own_column(walk, start, row)
    found = Page(across * len(walk.values) - GUTTER, height)
    for column in sorted(range(len(walk.values)), key=lambda column: column == marked):  # the frame over its neighbours
        found.add(cell(start.frames[row, column], column == marked, look), column * across, 0)
    if marked is None and start.own is not None:
        end = -GUTTER if start.own[row] < walk.values[0] else found.width
        found.pictures.append(patch(end, 0, GUTTER, height, mark_of(look)))
    return found


def cell(image: Array, framed: bool, look: Look, side: int = CELL) -> Page:
    """Return one image, in a frame that reaches over its sides by a gutter if it is to be FRAMED."""
    drawn = enlarged(image, side)
    frame = patch(-GUTTER, -GUTTER, drawn.width + 2 * GUTTER, drawn.height + 2 * GUTTER, mark_of(look))
    return Page(*drawn.size, [], [frame, Picture(0, 0, drawn)] if framed else [Picture(0, 0, drawn)])


def enlarged(image: Array, side: int = CELL) -> Image.Image:
    """Return an image (height, width[, 3]) in [0, 1] as it stands on the page, enlarged by a whole number to SIDE."""
    small = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    scale = max(1, side // max(small.size))
    return small.resize((small.width * scale, small.height * scale), Image.Resampling.LANCZOS)


def own_column(walk: Walk, start: Start, row: int) -> int | None:
    """Return the column nearest to the value of a row's latent at the start; None if that is no image, or beyond."""
    if start.own is None:
        return None
    reach = (walk.values[1] - walk.values[0]) / 2 if len(walk.values) > 1 else math.inf
    away = np.abs(walk.values - start.own[row])
    return int(away.argmin()) if away.min() <= reach else None


def notes(walk: Walk, *, moving: bool) -> Iterator[str]:
    """Yield what a reader should know below the picture, which is MOVING or has all steps of a row."""
    rows, idle = rows_of(walk), idle_rows(walk)
    if folded := [walk.latents[row] for row in idle if row not in rows]:
        names = ", ".join(f"z{latent}" for latent in sorted(folded))
        yield f"{len(folded)} unused: {names} ({why_unused(len(idle), walk.least_share)})"
    elif idle:
        yield what_is_pale(len(idle), walk.least_share)
    if any(walk.factors or ()):
        yield f"names: the factor that each latent tells most of, by mutual information over {walk.sample:,} images"
    if walk.own is not None:
        beyond = any(own_column(walk, start, row) is None for start in starts_of(walk) for row in rows)
        bar = "; a bar at an end: it lies beyond" if beyond and not moving else ""
        yield f"frame: the step nearest to the image's own value{bar}"
    if walk.made_by is not None and walk.made_by.final is None:
        sampled = f"KL and order are those of {walk.sample:,} images of the data set"
        unknown = "it does not tell how informative its latents are, which stand in their own order"
        yield f"a checkpoint: {sampled if walk.sample else unknown}"


def why_unused(count: int, share: float) -> str:
    """Say why COUNT latents are called unused: their means have no more than a SHARE of their variance."""
    return f"{'its' if count == 1 else 'their'} mean has at most {100 * share:.4g}% of the variance"


def what_is_pale(count: int, share: float) -> str:
    """Say what COUNT pale names of latents mean."""
    return f"pale: unused, as {why_unused(count, share)}"


def nats(kl: float) -> str:
    """Write a KL with its unit, nothing where it is not known."""
    if math.isnan(kl):
        return ""
    return "<0.01 nats" if kl < 0.01 else f"{kl:.2f} nats"


def value_labels(values: Array) -> list[str]:
    """Write the values with as many decimals, two at most, as tell them apart."""
    decimals = next((d for d in (0, 1) if np.allclose(values, np.round(values, d), atol=1e-4)), 2)
    return [f"{value + 0.0:.{decimals}f}" for value in np.round(values.astype(float), decimals)]
