"""dSprites, rendered offline from its published geometry."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.labels import Factor, Pictures, grid_factors, labelled
from tcvae_cli.files.known_sets import DSPRITES
from tcvae_cli.files.writer import Source

LEVELS = {  # the value of each class; radians of the orientation with both ends: class 39 repeats class 0
    name: np.linspace(first, last, DSPRITES.factors[name])
    for name, first, last in (
        ("color", 1, 1),
        ("shape", 1, 3),
        ("scale", 0.5, 1),
        ("orientation", 0, 2 * np.pi),
        ("posX", 0, 1),
        ("posY", 0, 1),
    )
}
FACTOR_NAMES, FACTOR_SIZES, SCORED = tuple(DSPRITES.factors), tuple(DSPRITES.factors.values()), DSPRITES.scored
ROWS = 737280
SIDE = 64  # pixels
BLOCK = 1024  # rows: all positions of one shape, scale and orientation
GEOMETRY = "rendered from the published geometry"
CENTRES = 16 + 32 * LEVELS["posX"]  # pixels from the left and the top edge
FROM_COLUMN = np.array([(1 << (SIDE - column)) - 1 for column in range(SIDE + 1)], np.uint64)


@functools.cache
def outline(shape: int) -> tuple[Array, Array]:
    """Return the vertices u, v (vertices,) of a shape at scale 1, in pixels from its centre, v downwards."""
    if shape == 0:
        return 9.6 * np.array([-1, 1, 1, -1]), 9.6 * np.array([-1, -1, 1, 1])
    if shape == 1:
        t = 2 * np.pi * np.arange(100) / 100
        return 9.6 * 1.33 * np.cos(t), 9.6 / 1.33 * np.sin(t)
    t = 2 * np.pi * np.arange(150) / 150
    height = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return 9.6 * np.sin(t) ** 3, -(19.2 / 29) * height - 1.44


def render_combination(shape: int, scale: int, orientation: int) -> Array:
    """Return all 32 x 32 positions (posX slow, posY fast) of one shape: (1024, 512) uint8 of bits, first pixel highest.

    A row of pixels is one 64-bit number. Where an edge crosses the line through the row's pixel centres, all pixels
    from there on change between out and in: the row is the exclusive or of its crossings. Vertices lie on a grid of
    1/256 pixel, so ties are exact: left and bottom edges are in, right and top edges out. All 380 real images that
    we have come out bit for bit; the full set has 2 lit pixels more than the published 128,328,862.
    """
    (u, v), s, a = outline(shape), LEVELS["scale"][scale], LEVELS["orientation"][orientation]
    x = np.rint(256 * (CENTRES[:, None] + s * (np.cos(a) * u + np.sin(a) * v))) / 256  # (posX, vertex)
    y = np.rint(256 * (CENTRES[:, None] + s * (np.cos(a) * v - np.sin(a) * u))) / 256  # (posY, vertex)
    width, height = np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y  # of the edge to the next vertex
    line = np.arange(SIDE) + 0.5
    below = y[:, None, :] >= line[:, None]  # (posY, row, vertex)
    position, row, edge = np.nonzero(below != np.roll(below, -1, axis=2))  # (crossing,) sorted by position, row
    along = (line[row] - y[position, edge]) * width[:, edge] / height[position, edge]
    column = np.clip(np.ceil(x[:, edge] + along - 0.5), 0, SIDE).astype(np.intp)  # (posX, crossing)
    place = position * SIDE + row
    first = np.flatnonzero(np.diff(place, prepend=-1))  # of the crossings of each touched row
    bits = np.zeros((len(CENTRES), len(CENTRES) * SIDE), ">u8")  # (posX, posY and row)
    bits[:, place[first]] = np.bitwise_xor.reduceat(FROM_COLUMN[column], first, axis=1)
    return bits.view(np.uint8).reshape(BLOCK, SIDE * SIDE // 8)


def rendered_blocks() -> Iterator[Array]:
    """Yield the whole set in the published order: 720 blocks (1024, 64, 64) uint8 of 0 and 1."""
    for combination in itertools.product(*map(range, FACTOR_SIZES[1:4])):
        yield np.unpackbits(render_combination(*combination), axis=1).reshape(BLOCK, SIDE, SIDE)


def render() -> Source:
    """Return the whole set, rendered."""
    return dsprites_source(rendered_blocks(), grid_factors(LEVELS), GEOMETRY)


def dsprites_source(blocks: Iterator[Array], factors: list[Factor], provenance: str) -> Source:
    """Return dSprites made of these images with these labels."""
    rows = len(factors[0].classes)
    factors = [dataclasses.replace(f, class_names=DSPRITES.shapes) if f.name == DSPRITES.shape else f for f in factors]
    return labelled(Pictures("dsprites", rows, (SIDE, SIDE), "binary", provenance, blocks), factors, SCORED)
