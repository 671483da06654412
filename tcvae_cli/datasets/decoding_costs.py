"""What it takes to decode a picture: memory while it is done, of which threads share so much, and work in all."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

MOST_MEMORY = 720 << 20  # bytes, of all pictures that are decoded at once
MOST_SIDE = 1 << 16  # pixels: a filter that brings them to a few weighs each of them for each of those
FORMAT_BYTES = {"WEBP": 20, "JPEG2000": 20, "AVIF": 20, "TIFF": 12}  # for each pixel, as measured
PROGRESSIVE_BYTES = 10  # of a JPEG that comes in scans: the coefficients of all of it
PIXEL_BYTES = 4  # of a decoded picture
COPIES = 2 * PIXEL_BYTES  # of other formats: decoded, and turned or converted
MOST_SCANS = 500  # of a JPEG, which goes through all of its pixels in each; others have about 10
SCAN = b"\xff\xda"  # begins a scan of a JPEG, and stands for nothing else in one


@dataclass(frozen=True)
class Cost:
    """What a picture takes."""

    memory: int  # bytes
    work: int  # bytes: its pixels, and for each scan one more


def halve(image: Image.Image, side: int) -> None:
    """Let libjpeg halve a photograph, as long as it stays larger than twice SIDE: that costs nothing."""
    if image.format == "JPEG":
        image.draft(None, (2 * side, 2 * side))


def cost_of(content: bytes, image: Image.Image, side: int | None) -> Cost:
    """Return what decoding an open picture takes, which is halved towards SIDE if there is one.

    Raises ValueError where that is too much.
    """
    pixels = image.width * image.height
    if max(image.size) >= MOST_SIDE:
        raise ValueError(f"has a side of {max(image.size):,} pixels")
    scans = content.count(SCAN) if "progressive" in image.info else 0
    if scans > MOST_SCANS:
        raise ValueError(f"has {scans:,} scans")
    memory = len(content) + pixels * (PROGRESSIVE_BYTES if scans else FORMAT_BYTES.get(image.format or "", COPIES))
    if image.format == "JPEG" and side is not None and not scans:
        halve(image, side)
        memory = min(memory, len(content) + image.width * image.height * COPIES)
    if memory > MOST_MEMORY:
        raise ValueError(f"has {pixels:,} pixels, which take {memory:,} bytes to decode")
    return Cost(memory, pixels * (PIXEL_BYTES + scans))


@dataclass
class Room:
    """Memory that threads share: who needs some waits until there is as much."""

    left: int = MOST_MEMORY
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextlib.contextmanager
    def holding(self, count: int) -> Iterator[None]:
        """Hold COUNT bytes."""
        with self.changed:
            self.changed.wait_for(lambda: self.left >= count)
            self.left -= count
        try:
            yield
        finally:
            with self.changed:
                self.left += count
                self.changed.notify_all()
