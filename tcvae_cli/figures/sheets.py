"""Many small images as one: what strips and samples are made of."""

from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.figures.looks import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GUTTER = 1 / 16  # of an image's side


def sheet(images: Array, gaps: tuple[int, int] = (1, 1)) -> Array:
    """Set images (row, column, height, width[, 3]) in [0, 1] on the ground, as one RGB image (height, width, 3).

    GAPS (down, across): a gutter stands after every DOWN rows and ACROSS columns, and none at the end.
    """
    rows, columns, height, width = images.shape[:4]
    colour = np.broadcast_to(images[..., None], (*images.shape, 3)) if images.ndim == 4 else images
    tops, lefts = (places(*axis) for axis in ((rows, height, gaps[0]), (columns, width, gaps[1])))
    page: Array = np.tile(ground(), (tops[-1] + height, lefts[-1] + width, 1))
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            page[top : top + height, left : left + width] = colour[row, column]
    page.clip(0, 1, out=page)
    return page


def ground() -> Array:
    """Return the red, green and blue of the ground of figures, in [0, 1]."""
    own: Array = np.array([int(look().ground[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return own


def places(count: int, size: int, together: int) -> list[int]:
    """Return where COUNT images of SIZE pixels start; TOGETHER images stand side by side before each gutter."""
    gutter = max(1, round(size * GUTTER))
    return [index * size + index // together * gutter for index in range(count)]


def show(axes: "Axes", page: Array) -> None:
    """Show a sheet without a frame, its pixels as they are."""
    axes.imshow(page, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
