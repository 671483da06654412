"""What Linux, macOS and Windows do differently, each in one function: docs/platforms.md says what follows from it.

A system is asked for what it has rather than for its name, wherever that can be.
"""

import contextlib
import ctypes
import errno
import importlib
import os
import signal
import sys
from types import ModuleType
from typing import Any


def library(name: str) -> Any:
    """Return a module of Python's own library that only some systems have; None on the others."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


fcntl: ModuleType | None = library("fcntl")
KILL: signal.Signals = getattr(signal, "SIGKILL", signal.SIGTERM)  # what ends another process whatever it does


def forks_safely() -> bool:
    """Tell whether a process can be copied with what it has loaded.

    Windows cannot; on macOS, copies of a process that has threads crash in the system's own libraries (Accelerate).
    """
    return hasattr(os, "fork") and sys.platform != "darwin"


def fork() -> int:
    """Copy this process. OSError if the system does not let it."""
    if hasattr(os, "fork"):
        return int(os.fork())
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def moves_open_files() -> bool:
    """Tell whether a file that is open can be renamed or removed; and whether a folder can be opened, and so locked."""
    return fcntl is not None


def access_of(descriptor: int) -> int | None:
    """Return as what a descriptor is open: os.O_RDONLY, O_WRONLY or O_RDWR. None where the system does not tell."""
    if fcntl is None:
        return None
    return int(fcntl.fcntl(descriptor, fcntl.F_GETFL)) & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows."""

    _fields_ = (
        *(("length", ctypes.c_uint32), ("load", ctypes.c_uint32)),
        *((name, ctypes.c_uint64) for name in ("all", "free", "pages", "free_pages", "space", "free_space", "more")),
    )


def memory_of_windows() -> tuple[int, int]:
    """Return the bytes of memory that the machine has and that are available. OSError if Windows does not say."""
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    if not (hasattr(ctypes, "windll") and ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))):
        raise OSError(errno.ENOSYS, "the system does not tell how much memory there is")
    return int(status.all), int(status.free)


def flush_to_disk(descriptor: int) -> None:
    """Have what was written into a file outlive a power cut. On macOS fsync leaves it in the disk's own cache."""
    if fcntl is not None and hasattr(fcntl, "F_FULLFSYNC"):
        with contextlib.suppress(OSError):  # of file systems of other machines, which do not know it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
