"""Locks on open files and folders. They end with the process, however it ends: flock, or on Windows ranges of bytes."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tcvae_cli.system import fcntl, library, moves_open_files

msvcrt = library("msvcrt")
BEYOND = (1 << 31) - (1 << 16)  # Windows lets nobody else read what is locked: bytes that no file of ours has
SHARES = 256  # of these bytes each who shares a lock takes one, and who does not takes all
OFTEN = 0.05  # seconds


def lock(handle: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Lock an open file until it is closed, and return whether it is ours: others may have it, unless WAIT is for them.

    OSError where the file system has no locks.
    """
    if fcntl is None:
        while not (ours := lock_bytes(handle, shared)) and wait:
            time.sleep(OFTEN)
        return ours
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def lock_bytes(handle: int, shared: bool) -> bool:
    """Lock a file as Windows does, where the place in it says which bytes."""
    place = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        for first in range(BEYOND, BEYOND + SHARES) if shared else [BEYOND]:
            os.lseek(handle, first, os.SEEK_SET)
            with contextlib.suppress(PermissionError):
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1 if shared else SHARES)
                return True
        return False
    finally:
        os.lseek(handle, place, os.SEEK_SET)


@contextlib.contextmanager
def locked_folder(path: str | os.PathLike[str], *, shared: bool = False) -> Iterator[bool]:
    """Lock a folder inside, and yield whether it is ours; so it is where the file system has no locks.

    Windows opens no folder: an empty file in it, which stays, is locked instead.
    """
    if moves_open_files():
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(Path(path, ".tcvae.lock"), os.O_RDWR | os.O_CREAT)
    try:
        ours = True
        with contextlib.suppress(OSError):
            ours = lock(handle, shared=shared)
        yield ours
    finally:
        os.close(handle)
