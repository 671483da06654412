"""Which picture files are read, and what of a PNG is not needed."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tcvae_cli.files.kinds import POINTED, POINTER, PULL
from tcvae_cli.files.streams import UnreadableError

# By content, whatever a name says: of Pillow's other formats some run programs.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")
BY_NAME = {".tga": "TGA"}  # which begins with nothing that tells it: anything may pass for one
COMMON = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
SUFFIXES = (*COMMON, ".apng", ".jpe", ".jfif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif", *BY_NAME)
MOST_OF = {"JPEG2000": 1 << 25}  # pixels: its decoder takes 19 bytes for each
PNG = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
NEEDED = (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT")  # of the chunks that a reader may leave out
EXIF, XMP = b"Raw profile type exif", b"XML:com.adobe.xmp"  # texts that may say how a picture is turned
MOST_TEXTS = 100  # in one PNG: each may have to be inflated
MOST_TEXT = 1 << 19  # bytes of one of them; Pillow refuses a picture with a longer one


def open_picture(content: bytes, name: str = "") -> Image.Image:
    """Return an image file, its pixels not yet decoded. Raises nearly anything on a damaged one or another format."""
    if content.startswith(POINTER):
        raise UnreadableError(POINTED, PULL)
    own = tuple(kind for suffix, kind in BY_NAME.items() if name.lower().endswith(suffix))
    image = Image.open(io.BytesIO(bare(content)), formats=FORMATS + own)
    most = MOST_OF.get(image.format or "", image.width * image.height)
    if image.width * image.height > most:
        raise ValueError(f"has more than {most:,} pixels")
    return image


def chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each whole chunk of a PNG up to its last, none of another file."""
    place, kind = len(PNG), b"" if content.startswith(PNG) else b"IEND"
    while kind != b"IEND" and place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        start, place = place, place + 12 + length
        if place <= len(content):
            yield kind, start, place


def bare(content: bytes) -> bytes:
    """Return a picture file, a PNG without what is not needed for its pixels, such as its profile and most texts.

    Pillow refuses a sound picture with a long one of those.
    """
    whole, kept, begin, texts = memoryview(content), bytearray(), 0, 0
    for kind, start, end in chunks(content):
        optional = kind[0] & 32 and kind not in NEEDED  # a small letter
        texts += kind in TEXTS
        turns = kind in TEXTS and texts <= MOST_TEXTS and may_turn(kind, content[start + 8 : end - 4])
        if optional and not turns:
            kept += whole[begin:start]
            begin = end
    return bytes(kept + whole[begin:]) if kept else content


def may_turn(kind: bytes, text: bytes) -> bool:
    """Return whether a text of a PNG may say how the picture is turned, and is short."""
    word, rest = text[: len(EXIF) + 1].partition(b"\0")[0], text[len(EXIF) + 1 :]
    if kind == b"iTXt":
        return word == XMP and text[len(XMP) + 1 : len(XMP) + 2] == b"\0" and len(text) <= MOST_TEXT
    if word != EXIF or kind == b"tEXt":
        return word == EXIF and len(text) <= MOST_TEXT
    try:
        return len(zlib.decompressobj().decompress(rest[1:], MOST_TEXT)) < MOST_TEXT
    except zlib.error:
        return False
