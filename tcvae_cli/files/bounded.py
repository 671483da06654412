"""Bytes out of archives whose headers may lie: never more of them at once than were asked for."""

import collections
import gzip
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import display_name

PIECE = 1 << 22  # bytes
MEMBER_BYTES = 1 << 28  # of one file in an archive: beyond, it is no picture but an attack or a mistake
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of the others zipfile inflates all that there is at once


class Readable(Protocol):
    """Bytes in order: a file, or a member of an archive."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next SIZE bytes, or fewer."""
        ...


class BoundedGzip(gzip.GzipFile):
    """A gzip that never gives more than a picture's bytes at once, whatever a header inside it asks for."""

    def read(self, size: int | None = -1) -> bytes:
        """Return the next SIZE bytes. Raises ValueError where they are too many."""
        if size is None or not 0 <= size <= MEMBER_BYTES:
            raise ValueError("asks for too much")
        return super().read(size)


def open_zip(stream: BinaryIO, path: str) -> zipfile.ZipFile:
    """Return a zip whose members can be read piece by piece.

    Raises what zipfile raises; TcvaeError for bzip2 and the like, and for a name that two members have.
    """
    archive = zipfile.ZipFile(stream)
    check_names(path, [info.filename for info in archive.infolist() if not info.is_dir()])
    for info in archive.infolist():
        if info.compress_type not in BOUNDED:
            fault = f"holds {info.filename}, which is neither stored nor deflated"
            raise TcvaeError(display_name(path), fault, "zip it again the usual way")
    return archive


def plain_name(name: str) -> str:
    """Return the name of a member without the `./` that `tar c .` puts before each."""
    return PurePosixPath(name).as_posix()


def check_names(path: str, names: Sequence[str]) -> None:
    """Refuse an archive in which two members have one name: which of them is meant, each program decides for itself."""
    times = collections.Counter(map(plain_name, names))
    if twice := next((name for name, count in times.items() if count > 1), None):
        raise TcvaeError(display_name(path), f"holds {twice} twice", "keep the one that is meant")


def exactly(member: Readable, size: int) -> bytes:
    """Return the next SIZE bytes, in pieces. Raises ValueError where there are fewer."""
    content = bytearray()
    while len(content) < size and (piece := member.read(min(PIECE, size - len(content)))):
        content += piece
    if len(content) != size:
        raise ValueError("shorter than its header says")
    return bytes(content)
