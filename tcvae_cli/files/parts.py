"""Part files, in which an output grows beside its place, and the removal of those that dead processes have left."""

import contextlib
import functools
import hashlib
import os
import re
import secrets
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from tcvae_cli.files.locks import lock
from tcvae_cli.system import moves_open_files

NAME = re.compile(r"\.tcvae-(?:(?P<system>[0-9a-f]{12})-)?\d+-[0-9a-f]{16}\.part")  # before 0.1.0 without the system
LONG_DEAD = 24 * 3600  # seconds
PLAINLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a file as it lies there, whatever it is


@functools.cache
def this_system() -> str:
    """Return a name for the running system, another on each machine and after each start, in 12 hexadecimal digits."""
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except OSError:  # no Linux: nothing is known of this start, so of other processes' files only the age will count
        start = secrets.token_hex(16)
    return hashlib.sha256(f"{start} {socket.gethostname()}".encode()).hexdigest()[:12]


@contextlib.contextmanager
def part_file(folder: Path) -> Iterator[Path]:
    """Yield a new, empty part file in FOLDER, removed at the end if it is still there.

    Its lock ends with this process, however it ends, and so tells the next one that the file was left behind. Where a
    file that is open could not be renamed it has no lock, and its age alone tells.
    """
    with contextlib.ExitStack() as stack:
        while True:
            part = folder / f".tcvae-{this_system()}-{os.getpid()}-{secrets.token_hex(8)}.part"
            stack.callback(part.unlink, missing_ok=True)  # before it is there: a signal may come at any time
            handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            now = os.fstat(handle).st_mtime
            if not moves_open_files():
                os.close(handle)
                break
            stack.callback(os.close, handle)
            with contextlib.suppress(OSError):  # a file system without locks: stale parts are left alone there
                lock(handle, wait=True)
            if part.exists():  # else another process took it for stale before it had its lock
                break
        remove_stale_parts(folder, now)
        yield part


def remove_stale_parts(folder: Path, now: float) -> None:
    """Remove the part files in FOLDER whose processes are dead. NOW is the time by the clock of its file system."""
    for part in folder.glob(".tcvae-*.part"):
        if (name := NAME.fullmatch(part.name)) is None:  # somebody else's
            continue
        with contextlib.suppress(OSError):  # not ours to touch, or in use where that keeps it from being removed
            if not moves_open_files():
                if is_old(part.lstat(), now):
                    part.unlink()
                continue
            handle = os.open(part, os.O_RDWR | PLAINLY)
            try:
                if is_stale(handle, name["system"] == this_system(), now):
                    part.unlink()
            finally:
                os.close(handle)


def is_stale(handle: int, of_this_system: bool, now: float) -> bool:
    """Return whether the process that made a part file is dead, as far as that can be known.

    Only the system that a process runs on can tell by its lock: over a network each system may have locks of its own.
    What others have left, or this one before its last start, is stale when nothing was written into it for a day.
    """
    found = os.fstat(handle)
    unlocked = False
    with contextlib.suppress(OSError):  # a file system without locks
        unlocked = lock(handle)
        if not unlocked:
            return False
    return (of_this_system and unlocked and stat.S_ISREG(found.st_mode)) or is_old(found, now)


def is_old(found: os.stat_result, now: float) -> bool:
    """Return whether nothing was written into a file for so long that its process must be dead."""
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > LONG_DEAD
