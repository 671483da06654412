"""What is met while pictures are decoded: those that could not be read, and what a person should know of the others."""

from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.levels import DARK, dark_note, deep_note, scaled_note
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.budget import BudgetError
from tcvae_cli.files.streams import UnreadableError, display_name


@dataclass(frozen=True)
class Decoded:
    """A picture as it goes into the data set, and what its file was."""

    pixels: Array  # (size, size[, 3]) uint8
    animated: bool  # its file has more frames
    level: int | None  # the largest of a picture of 16 bits, white being 65535
    scaled: bool  # its file says that it has fewer bits, and they were scaled by those


@dataclass
class Tally:
    """What was met on the way: rows that could not be read, with the reason, and pictures that are not quite simple."""

    cure: str | None = None  # what to do about a row that could not be read, where that stops the work
    dropped: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    animated: int = 0
    scaled: int = 0
    deep: int = 0
    brightest: int = 0  # byte
    deepest: int = 0  # level of 16 bits

    def count(self, picture: Decoded) -> None:
        """Take down what is said of all pictures at the end."""
        self.animated += picture.animated
        self.scaled += picture.scaled
        self.brightest = max(self.brightest, int(picture.pixels.max()))
        if picture.level is not None:
            self.deep += 1
            self.deepest = max(self.deepest, picture.level)

    def finish(self, rows: int, path: str) -> None:
        """Put the notes in words. TcvaeError if nothing at all could be read."""
        if len(self.dropped) == rows:
            cure = "give a folder of PNG, JPEG, WebP or TIFF images"
            raise TcvaeError(path, f"none of its {rows:,} images could be read ({self.faults[0]})", cure)
        if self.faults:
            shown = "; ".join(self.faults[:5]) + "; ..." * (len(self.faults) > 5)
            self.notes.append(f"skipped {len(self.faults):,} of {rows:,} files that could not be read: {shown}")
        if self.animated:
            self.notes.append(f"took the first frame of {self.animated:,} animated or many-paged files")
        if self.scaled:
            self.notes.append(scaled_note(self.scaled))
        if self.deep and self.deepest < DARK * 256:
            self.notes.append(deep_note(self.deep, self.deepest))
        elif self.brightest < DARK:
            self.notes.append(dark_note(self.brightest))


def refuse(path: str, name: str, row: int, error: Exception, tally: Tally) -> None:
    """Note down a picture that could not be read, or stop there if the tally has a cure for it."""
    if isinstance(error, BudgetError):
        raise error
    if tally.cure is not None:
        raise TcvaeError(f"{display_name(path)}/{name}", reason(error), tally.cure) from None
    tally.dropped.append(row)
    tally.faults.append(f"{name} ({reason(error)})")


def reason(error: Exception) -> str:
    """Say why a picture could not be read, in a few words."""
    if isinstance(error, UnidentifiedImageError):
        return "is not an image"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"has more than {Image.MAX_IMAGE_PIXELS:,} pixels"
    if isinstance(error, TcvaeError | UnreadableError):
        return error.fault
    if isinstance(error, PermissionError):
        return "may not be read"
    return str(error) if isinstance(error, ValueError) and str(error).startswith("has ") else "is damaged or cut short"
