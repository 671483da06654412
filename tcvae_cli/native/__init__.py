"""Loops in C where torch would need a temporary for each operation: an optional library, built when tcvae is installed.

Without a C compiler at that time there is none, and the callers do the same with torch, more slowly.
"""

import ctypes
import functools
import importlib.machinery
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


@functools.cache
def library() -> ctypes.CDLL | None:
    """The loops, or None where they were not built or do not load."""
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        file = Path(__file__).with_name(f"kernels{suffix}")
        if file.is_file():
            try:
                return ctypes.CDLL(str(file))
            except OSError:
                return None
    return None


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "tcvae-native")


def in_threads(work: Callable[[int, int], None], items: int, threads: int, multiple: int = 1) -> None:
    """work(start, stop) for consecutive parts of ITEMS, one a thread, all but the last a MULTIPLE long.

    The loops release the interpreter. What they compute depends on the number of threads, not on their timing.
    """
    part = -(-items // (threads * multiple)) * multiple
    starts = range(0, items, part)
    others = [_pool(threads - 1).submit(work, start, min(start + part, items)) for start in starts[1:]]
    work(0, min(part, items))
    for other in others:
        other.result()
