"""Latent traversals as pictures fit for a slide: grids (PNG, PDF, SVG) and animations (GIF, WebP)."""

import io
import math
from dataclasses import replace

from PIL import Image

from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.looks import PALE, Look
from tcvae_cli.figures.pages.drawing import Page, outlined, painted, scale_of
from tcvae_cli.figures.pages.walk_sheets import grid, moment
from tcvae_cli.files.walks import Walk

MOST_WEBP, MOST_GIF = 16_383, 65_535  # pixels of a side that these hold
MOST_PIXELS = 400_000_000  # of all pages together, which take three bytes each


def walk_png(walk: Walk, look: Look = PALE) -> bytes:
    """Return the walk as a PNG: one row per latent, one column per value. The same walk gives the same bytes."""
    content = io.BytesIO()
    page = grid(walk, look)
    check_size(page, look, math.inf, ".png")
    painted(page, look).save(content, "PNG")
    return content.getvalue()


def walk_vector(walk: Walk, extension: str, look: Look = PALE) -> bytes:
    """Return the same page as a pdf or svg with sharp letters, by the EXTENSION; TcvaeError without matplotlib."""
    page = grid(walk, look)
    check_size(page, replace(look, width=None), math.inf, f".{extension}")
    return outlined(page, look, extension)


def walk_gif(walk: Walk, look: Look = PALE) -> bytes:
    """Return the walk as an endless GIF: all latents side by side walk forth and back through the values."""
    pages = moments(walk, look)
    # One palette for all frames: each its own would flicker, as would dither; rare colours count too.
    palette = side_by_side(pages).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
    return animated([page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages], "GIF")


def walk_webp(walk: Walk, look: Look = PALE) -> bytes:
    """Return the same animation as a WebP, without loss and in all its colours."""
    check_size(moment(walk, 0, look), look, MOST_WEBP, ".webp")
    return animated(moments(walk, look), "WEBP", lossless=True, method=4)


def check_size(page: Page, look: Look, most: float, extension: str, pages: int = 1) -> None:
    """Refuse so many PAGES if a side has more than MOST pixels, or all of them more than fit into memory."""
    width, height = (round(scale_of(page, look) * side) for side in (page.width, page.height))
    if max(width, height) > most or width * height * pages > MOST_PIXELS:
        many = f"{pages} pictures" if pages > 1 else "a picture"
        fault = f"cannot hold {many} of {width:,} x {height:,} pixels as {extension}"
        raise ArgumentError("output", fault, "choose fewer latents, images or frames, or a smaller width")


def moments(walk: Walk, look: Look = PALE) -> list[Image.Image]:
    """Return the walk's pages, one for each value."""
    check_size(moment(walk, 0, look), look, MOST_GIF, ".gif", len(walk.values))
    return [painted(moment(walk, column, look), look) for column in range(len(walk.values))]


def animated(pages: list[Image.Image], form: str, **options: object) -> bytes:
    """Return pages that are shown forth and back for ever in one of Pillow's FORMs, each end once."""
    loop = [*pages, *pages[-2:0:-1]]
    content = io.BytesIO()
    duration = min(200, max(40, 3000 // len(loop))) // 10 * 10  # ms in GIF's steps of 10: a loop of some 3 s
    loop[0].save(content, form, save_all=True, append_images=loop[1:], duration=duration, loop=0, **options)
    return content.getvalue()


def side_by_side(pages: list[Image.Image]) -> Image.Image:
    """Return pages of one size as one image."""
    whole = Image.new("RGB", (pages[0].width, pages[0].height * len(pages)))
    for place, page in enumerate(pages):
        whole.paste(page, (0, place * page.height))
    return whole
