"""HTML files that need nothing else: their frame, what they may do, and the one look that they share."""

import base64
import hashlib
import io
import json
from html import escape
from importlib.resources import files

import numpy as np
from PIL import Image

from tcvae_cli.arrays import Array
from tcvae_cli.errors import printable

FRAME = """<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="{policy}">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<title>{title}</title>
<style>
{style}
</style>
{body}
</html>
"""


def document(title: str, body: str, style: str = "", script: str = "") -> str:
    """Return an HTML page with a TITLE (text), a BODY (HTML), and STYLE (CSS) beside the look of all our pages.

    Whatever the body says, it loads nothing, sends nothing, and runs no script but SCRIPT, by its digest.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = [
        "default-src 'none'",
        "img-src data:",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if script:
        rules.append(f"script-src 'sha256-{digest}'")
        body += f"\n<script>{script}</script>"
    look = f"{packaged('look.css')}{style}".strip()
    return FRAME.format(policy="; ".join(rules), title=escape(printable(title)), style=look, body=body)


def packaged(name: str) -> str:
    """Return the text of a file that lies beside this one, also in a wheel."""
    return (files(__package__) / name).read_text("utf-8")


def shown(text: object) -> str:
    """Return a text as HTML that shows it as it is, on one line, with escapes for what cannot be printed."""
    return escape(printable(str(text)))


def embedded(value: object) -> str:
    """Return VALUE as JSON for inside a <script>, which no letter in it ends."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def png_uri(image: Array) -> str:
    """Return an image as a data URI: (height, width) grey, or with 2, 3 or 4 channels (grey or RGB, and alpha).

    Floats are intensities in [0, 1], NaN being black; uint8 stays as it is.
    """
    levels = image if image.dtype == np.uint8 else np.rint(np.nan_to_num(image).clip(0, 1) * 255).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(levels).save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def side_by_side(images: Array, gap: int) -> Array:
    """Return images (image, height, width[, 3]) in [0, 1] in a row with alpha, the GAP between them transparent."""
    count, height, width = images.shape[:3]
    channels = 1 if images.ndim == 3 else 3
    row = np.zeros((height, count, width + gap, channels + 1), np.float32)
    row[:, :, :width, :channels] = np.moveaxis(images.reshape(count, height, width, channels), 0, 1)
    row[:, :, :width, channels] = 1
    return row.reshape(height, -1, channels + 1)[:, : count * (width + gap) - gap]
