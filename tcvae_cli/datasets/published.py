"""Files as their authors publish them, and what a converted data set says of where it is from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 1 << 20  # bytes


@dataclass(frozen=True)
class Published:
    """A file as its authors publish it."""

    name: str
    digest: str | None  # ALGORITHM:HEX, where one is public
    address: str | None  # None: there is no address that lasts
    size: int | None = None  # bytes


@dataclass(frozen=True)
class SourceFiles:
    """What a data set is made from: the paths of some files, or of none where it is rendered."""

    paths: tuple[str, ...]
    published: tuple[Published, ...] = ()  # by whose digests it is told whether the files are the published ones

    @property
    def path(self) -> str:
        """The path of the only file."""
        (path,) = self.paths
        return path


@dataclass(frozen=True)
class NoOptions:
    """The options of a data set that has none."""


def provenance_of(stream: BinaryIO, candidates: Sequence[Published]) -> str:
    """Say where a source comes from: one of the published CANDIDATES, by its digest, or another file.

    STREAM is read whole and left at its start.
    """
    algorithms = {"sha256", *(file.digest.partition(":")[0] for file in candidates if file.digest)}
    digests = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms}
    stream.seek(0)
    while piece := stream.read(PIECE):
        for digest in digests.values():
            digest.update(piece)
    stream.seek(0)
    for file in candidates:
        if file.digest and file.digest == (name := file.digest.partition(":")[0]) + f":{digests[name].hexdigest()}":
            return f"converted from the published {file.name} ({file.digest})"
    known = any(file.digest for file in candidates)
    return f"converted from a file of sha256:{digests['sha256'].hexdigest()}" + ", not the published file" * known


def origin_of(stream: BinaryIO | None, candidates: Sequence[Published]) -> str:
    """Say where an archive comes from, or None, which is a folder: what was unpacked from it."""
    return "converted from a folder" if stream is None else provenance_of(stream, candidates)
