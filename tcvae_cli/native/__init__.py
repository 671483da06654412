"""Loops in C where torch would need a temporary for each operation: a library that ctypes opens, if it is there.

A wheel for one platform brings it, and an installation from sources builds it if there is a C compiler. Elsewhere the
callers do the same with torch, more slowly.
"""

import ctypes
import functools
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


FILE = Path(__file__).with_name("kernels" + {"Darwin": ".dylib", "Windows": ".dll"}.get(platform.system(), ".so"))
LOOPS = ("likelihood_forward", "likelihood_backward", "mixture_forward", "mixture_backward")


@functools.cache
def library() -> ctypes.CDLL | None:
    """Load the loops. Return None if they were not built, do not load, or are those of an older version."""
    try:
        found = ctypes.CDLL(str(FILE))
    except OSError:
        return None
    return found if all(hasattr(found, name) for name in LOOPS) else None


def has(loop: str) -> bool:
    """Tell whether a loop is there that was added later: a library of an older version lacks it."""
    return hasattr(library(), loop)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "tcvae-native")


def call(name: str, *arguments: "Tensor | int") -> None:
    """Run a loop on the memory of contiguous tensors."""
    pointers = (
        ctypes.c_int64(argument) if isinstance(argument, int) else ctypes.c_void_p(argument.data_ptr())
        for argument in arguments
    )
    getattr(library(), name)(*pointers)


def in_threads(work: Callable[[int, int], None], items: int, threads: int, multiple: int = 1) -> None:
    """Call work(start, stop) for consecutive parts of ITEMS, one per thread, each but the last a MULTIPLE long.

    The loops release the interpreter. What they compute depends on the number of threads, not on their timing.
    """
    part = -(-items // (threads * multiple)) * multiple
    starts = range(0, items, part)
    others = [_pool(threads - 1).submit(work, start, min(start + part, items)) for start in starts[1:]]
    work(0, min(part, items))
    for other in others:
        other.result()
