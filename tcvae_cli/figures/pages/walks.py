"""Latent traversals as pictures fit for a slide: grids (PNG, PDF, SVG) and animations (GIF, WebP)."""

import io

from PIL import Image

from tcvae_cli.errors import ArgumentError
from tcvae_cli.figures.pages.drawing import LIGHT, outlined, painted
from tcvae_cli.figures.pages.walk_sheets import grid, moment
from tcvae_cli.files.walks import Walk

MOST_WEBP = 16_383  # pixels of a side that WebP holds


def walk_png(walk: Walk) -> bytes:
    """Return the walk as a PNG: one row per latent, one column per value. The same walk gives the same bytes."""
    content = io.BytesIO()
    painted(grid(walk), LIGHT.ground).save(content, "PNG")
    return content.getvalue()


def walk_vector(walk: Walk, extension: str) -> bytes:
    """Return the same page as a pdf or svg with sharp letters, by the EXTENSION; TcvaeError without matplotlib."""
    return outlined(grid(walk), LIGHT.ground, extension)


def walk_gif(walk: Walk) -> bytes:
    """Return the walk as an endless GIF: all latents side by side walk forth and back through the values."""
    pages = moments(walk)
    # One palette for all frames: each its own would flicker, as would dither; rare colours count too.
    palette = side_by_side(pages).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
    return animated([page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages], "GIF")


def walk_webp(walk: Walk) -> bytes:
    """Return the same animation as a WebP, without loss and in all its colours."""
    page = moment(walk, 0)
    if max(page.width, page.height) > MOST_WEBP:
        fault = f"cannot hold a picture of {page.width:,} x {page.height:,} pixels as .webp"
        raise ArgumentError("output", fault, "end the name in .gif, or choose fewer by {latent} and {image}")
    return animated(moments(walk), "WEBP", lossless=True, method=4)


def moments(walk: Walk) -> list[Image.Image]:
    """Return the walk's pages, one for each value."""
    return [painted(moment(walk, column), LIGHT.ground) for column in range(len(walk.values))]


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
