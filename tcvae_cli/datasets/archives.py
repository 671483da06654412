"""Image files in a folder, a zip or a plain tar, listed by name and read one at a time. Archives are hostile."""

import contextlib
import dataclasses
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.bounded import MEMBER_BYTES, check_names, exactly, open_zip, plain_name
from tcvae_cli.files.budget import Budget
from tcvae_cli.files.kinds import HEAD, PACKED, PAGE, kind_of
from tcvae_cli.files.ledger import note_input
from tcvae_cli.files.streams import display_name, reading, seekable_input

CURE = "get the archive again from a place you trust"
LEAST = 1 << 16  # bytes that a file of a folder counts for: honest drawings may have few


@dataclass(frozen=True)
class Members:
    """Names (with / between folders, sorted), and a function from a name to the bytes."""

    path: str
    names: list[str]
    read: Callable[[str], bytes]
    budget: Budget  # of which what is read is taken
    stream: BinaryIO | None = None  # the archive itself; None of a folder


@contextlib.contextmanager
def open_members(path: str, most: int = MEMBER_BYTES) -> Iterator[Members]:
    """Open the files in a folder, a zip or an uncompressed tar. Nothing is ever unpacked onto the disk.

    Errors: TcvaeError for another kind of file; for a member that is a link or device, has a name that leads out of
    the archive, is encrypted, or has more than MOST bytes.
    """
    if path != "-" and Path(path).is_dir():
        yield budgeted(folder_members(path, most))
        return
    with seekable_input(path, "a folder or archive of images") as stream:
        with reading(path, CURE):  # reading alone: what goes wrong later is not the archive's fault
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            head = stream.read(HEAD)
            stream.seek(0)
            if head.startswith(b"PK"):
                members = zip_members(open_zip(stream, path), size, path, most)
            elif head[257:262] == b"ustar":
                members = tar_members(tarfile.open(fileobj=stream, mode="r:"), size, path, most)  # noqa: SIM115
            else:
                kind = kind_of(head)
                cure = {PAGE: "get it again", PACKED: "unpack it first"}.get(kind, "give one of those")
                raise TcvaeError(display_name(path), f"is {kind}, not a folder, zip or tar", cure)
        yield budgeted(dataclasses.replace(members, stream=stream))


def budgeted(members: Members) -> Members:
    """Return MEMBERS, of whose budget is taken what is read."""

    def read(name: str) -> bytes:
        content = members.read(name)
        members.budget.take(len(content))
        return content

    return dataclasses.replace(members, read=read)


def folder_members(path: str, most: int) -> Members:
    """Return all files below a folder but hidden ones. Links to files are followed, links to folders are not."""
    root = Path(path)
    names = [
        found.relative_to(root).as_posix()
        for found in root.rglob("*")
        if found.is_file() and not any(part.startswith(".") for part in found.relative_to(root).parts)
    ]

    for name in names:
        note_input(str(root / name))

    def read(name: str) -> bytes:
        with open(root / name, "rb") as stream:
            return within_limit(stream.read(most + 1), most, f"{path}/{name}")

    size = sum(max(LEAST, os.path.getsize(root / name)) for name in names)
    return Members(path, sorted(names), read, Budget(path, size))


def zip_members(archive: zipfile.ZipFile, size: int, path: str, most: int) -> Members:
    """Return the files in a zip of SIZE bytes.

    No more is inflated than is declared, and that ends in an error where it is not all.
    """
    chosen, stored = {}, 0
    for info in archive.infolist():
        if info.is_dir():
            continue
        stored += info.compress_size
        kind = stat.S_IFMT(info.external_attr >> 16)
        check_member(
            path, info.filename, info.file_size, most=most, plain=kind in (0, stat.S_IFREG) and not info.flag_bits & 1
        )
        chosen[plain_name(info.filename)] = info
    if stored > size:
        raise TcvaeError(display_name(path), "has members that overlap", CURE)

    def read(name: str) -> bytes:
        with archive.open(chosen[name]) as member:
            return exactly(member, chosen[name].file_size)  # zipfile checks the checksum where it ends

    return Members(path, sorted(visible(chosen)), read, Budget(path, size))


def tar_members(archive: tarfile.TarFile, size: int, path: str, most: int) -> Members:
    """Return the files in an uncompressed tar of SIZE bytes, in which reading in any order costs nothing."""
    files = []
    for info in archive:
        if not info.isdir():
            check_member(path, info.name, info.size, most=most, plain=info.isreg() and not info.issparse())
            files.append(info)
    check_names(path, [info.name for info in files])
    chosen = {plain_name(info.name): info for info in files}

    def read(name: str) -> bytes:
        stream = archive.extractfile(chosen[name])
        content = stream.read() if stream is not None else b""
        if len(content) != chosen[name].size:
            raise TcvaeError(display_name(path), f"ends inside {name}", CURE)
        return content

    return Members(path, sorted(visible(chosen)), read, Budget(path, size))


def check_member(path: str, name: str, size: int, *, plain: bool, most: int = MEMBER_BYTES) -> None:
    """Refuse a member that an honest archive of pictures does not have."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts:
        fault = f"holds {name}, a name that leads out of the archive"
    elif not plain:
        fault = f"holds {name}, which is a link, a device, sparse or encrypted"
    elif size > most:
        fault = f"holds {name}, which claims to be {size:,} bytes"
    else:
        return
    raise TcvaeError(display_name(path), fault, CURE)


def visible(names: Iterable[str]) -> list[str]:
    """Return names without hidden files (macOS puts a `._` twin beside each picture)."""
    return [name for name in names if not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))]


def within_limit(content: bytes, most: int, where: str) -> bytes:
    """Return CONTENT if it is not larger than a picture can be."""
    if len(content) > most:
        raise TcvaeError(where, f"is larger than {most:,} bytes", "leave it out")
    return content
