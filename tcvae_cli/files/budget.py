"""What a file may expand to: so much held at once, and so much unpacked in all, whatever it says of itself.

A reader asks before it unpacks: a file of a few kilobytes can claim gigabytes, or have one part of it read a thousand
times. With these numbers no file of less than 10 MB takes more than about 1 GB of memory and 30 seconds to read.
"""

from dataclasses import dataclass

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import UnreadableError, display_name

HELD = 1 << 27  # bytes of one piece of any file: a chunk, a column of labels, some rows of images
UNPACKED = 3 << 30  # bytes that any file may become; all images of dSprites have 3.02 GB
SMALL = 10_000_000  # bytes of a file, beyond which RATIO times as much may come of it
RATIO = 1100  # bytes for each of a file: deflate makes at most 1032 of one
CURE = "write it again in parts"


def most_unpacked(size: int) -> int:
    """Return how many bytes a file of SIZE bytes may become in all."""
    return UNPACKED + RATIO * max(0, size - SMALL)


def most_held(size: int) -> int:
    """Return how many bytes of labels, or of one chunk, may be held of a file of SIZE bytes."""
    return max(HELD, 4 * size)


def check_unpacked(name: str, count: int, size: int) -> None:
    """Refuse an array that makes COUNT bytes of a file of SIZE bytes. Raises UnreadableError."""
    if count > most_unpacked(size):
        raise UnreadableError(f"reading `{name}` unpacks {count:,} bytes, too many for a file of this size", CURE)


class BudgetError(TcvaeError):
    """A source as a whole would take too much memory or time; of its single parts nothing is wrong."""


@dataclass
class Budget:
    """What was unpacked of a source of SIZE bytes."""

    path: str
    size: int
    taken: int = 0

    def take(self, count: int) -> None:
        """Note down that COUNT bytes are about to be unpacked. BudgetError where they become too many."""
        self.taken += count
        most = most_unpacked(self.size)
        if self.taken > most:
            fault = f"unpacks to more than {most:,} bytes, too many for its {self.size:,}"
            raise BudgetError(display_name(self.path), fault, CURE)
