"""What this machine has, one answer for all: threads, memory, device and the number format of products.

The environment describes the machine (TCVAE_THREADS, TCVAE_DEVICE); everything else is an argument. Only functions that
need torch import it.
"""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

from tcvae_cli.errors import ArgumentError, TcvaeError, UsageError
from tcvae_cli.system import memory_of_windows

if TYPE_CHECKING:
    import torch

MOST_THREADS = 1024
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
DEVICES = ("auto", "cpu", "cuda")
NO_MPS = "Apple's GPU has no 64-bit numbers, with which much is computed here"
PRECISIONS = ("auto", "float32", "bfloat16")


def let_threads_sleep() -> None:
    """Let torch's threads sleep while they wait for one another, unless the environment says otherwise.

    They spin otherwise, which on a machine shared with other work took ten times as long as one thread alone. Read when
    torch is loaded, so this must come first.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def threads() -> int:
    """Return how many threads may work at once: TCVAE_THREADS, else the processors that this process may use."""
    return threads_told() or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def threads_told() -> int | None:
    """Return TCVAE_THREADS, None where it is not set. UsageError where it is no number of threads."""
    told = os.environ.get("TCVAE_THREADS")
    if not told:
        return None
    if not (told.isascii() and told.isdecimal()) or not 1 <= int(told) <= MOST_THREADS:
        raise UsageError("TCVAE_THREADS", f"is {told!r}", f"set it to a whole number from 1 to {MOST_THREADS}")
    return int(told)


def device_told() -> str | None:
    """Return TCVAE_DEVICE, None where it is not set. UsageError where it is no device."""
    told = os.environ.get("TCVAE_DEVICE")
    if not told:
        return None
    if told not in DEVICES:
        fault = f"is {told!r}" + (f", but {NO_MPS}" if told == "mps" else "")
        raise UsageError("TCVAE_DEVICE", fault, f"set it to {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    return told


def check_environment() -> None:
    """Raise UsageError for a variable of the environment that says nothing, whether it will be asked or not.

    TcvaeError if the current directory has been removed: no relative name leads anywhere, and torch would not load.
    """
    threads_told()
    device_told()
    try:
        os.getcwd()
    except OSError:
        raise TcvaeError("the current directory", "is not there any more", "change to another one") from None


def memory_budget(size: str | int | None = None) -> int:
    """Return the bytes for images: SIZE as 500M or 4G or in bytes, else half of what is free.

    ArgumentError if it is no size.
    """
    if size is None:
        return free_memory() // 2
    if isinstance(size, int) and size > 0:
        return size
    digits, unit = (size[:-1], size[-1:].upper()) if isinstance(size, str) else ("", "")
    if unit not in UNITS or not digits.isdecimal() or int(digits) == 0:
        raise ArgumentError("memory", f"is {size!r}", "give a size such as 500M or 4G")
    return int(digits) * UNITS[unit]


def free_memory() -> int:
    """Return the bytes that the system says are available; half of all memory where it does not say, as on macOS."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return total_memory() // 2 if hasattr(os, "sysconf") else memory_of_windows()[1]


def total_memory() -> int:
    """Return bytes of memory that the machine has."""
    if hasattr(os, "sysconf"):
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return memory_of_windows()[0]


ENDS_SOON: ContextVar[bool] = ContextVar("ends_soon", default=False)


@contextlib.contextmanager
def process_of_one_command() -> Iterator[None]:
    """Say that this process ends after what is done inside: torch, once loaded, need not be tidied up."""
    token = ENDS_SOON.set(True)
    try:
        yield
    finally:
        ENDS_SOON.reset(token)


def start_torch(device: str = "auto") -> "torch.device":
    """Import torch, give it TCVAE_THREADS, and choose the device; TCVAE_DEVICE is the default for `auto`.

    Errors: UsageError for a variable that says nothing; ArgumentError for a device that is not there.
    """
    loaded = "torch" in sys.modules
    import torch

    # Python would look through all of it for cycles as it ends, which takes longer than a small command. What comes
    # later is looked through as ever: HDF5, which tidies up after Python, needs its own to be gone by then. Not in a
    # notebook, whose own objects would never be freed.
    if ENDS_SOON.get() and not loaded:
        gc.freeze()
    if told := threads_told():
        torch.set_num_threads(told)
    keep_freed_memory()
    told_device = device_told()
    if device == "auto" and told_device is not None:
        if told_device == "cuda" and not torch.cuda.is_available():
            raise UsageError("TCVAE_DEVICE", "there is no CUDA device", "set it to cpu, or unset it")
        device = told_device
    return choose_device(device)


def choose_device(name: str) -> "torch.device":
    """Return the device: `auto` is CUDA where there is one, else the CPU. ArgumentError for what is not there."""
    import torch

    if name == "mps":
        raise ArgumentError("device", f"is 'mps', but {NO_MPS}", "use {device=cpu}")
    if name not in DEVICES:
        raise ArgumentError("device", f"is {name!r}", f"choose {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    if name == "cuda" and not torch.cuda.is_available():
        raise ArgumentError("device", "there is no CUDA device", "use {device=cpu}")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    mine = int(os.environ.get("LOCAL_RANK", "0"))  # of torchrun: each process has a device of its own
    if mine >= torch.cuda.device_count():
        fault = f"{torch.cuda.device_count()} CUDA devices are too few for process {mine} of this machine"
        raise ArgumentError("device", fault, "start fewer processes, or use {device=cpu}")
    torch.cuda.set_device(mine)
    return torch.device("cuda", mine)


def choose_precision(name: str, device: "torch.device") -> str:
    """Choose for `auto` bfloat16 where the hardware multiplies it natively, else float32."""
    import torch

    if name != "auto":
        return name
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bfloat16" if native else "float32"


def keep_freed_memory() -> None:
    """Let glibc reuse large buffers instead of returning them to the system, which must clear every page again.

    Halves the time of convolutional training and encoding on the CPU. Elsewhere than glibc it does nothing.
    """
    largest_mapped, trim_above = -3, -1  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(largest_mapped, 1 << 30)
        library.mallopt(trim_above, (1 << 31) - 1)
