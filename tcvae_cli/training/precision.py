"""Which device and which number format the networks run in. Estimators and likelihood sums are float32 regardless."""

import contextlib
import ctypes
import os
from typing import Any

import torch
from torch import Tensor

from tcvae_cli.errors import UsageError


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one. UsageError for `cuda` where there is none, or none for this process."""
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device", "there is no CUDA device", "use --device cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    mine = int(os.environ.get("LOCAL_RANK", "0"))  # of torchrun: each process has a device of its own
    if mine >= torch.cuda.device_count():
        fault = f"{torch.cuda.device_count()} CUDA devices are too few for process {mine} of this machine"
        raise UsageError("--device", fault, "start fewer processes, or use --device cpu")
    torch.cuda.set_device(mine)
    return torch.device("cuda", mine)


def keep_freed_memory() -> None:
    """Let glibc reuse large buffers instead of returning them to the system, which must clear every page again.

    Halves the time of convolutional training and encoding on the CPU. Elsewhere than glibc it does nothing.
    """
    largest_mapped, trim_above = -3, -1  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(largest_mapped, 1 << 30)
        library.mallopt(trim_above, (1 << 31) - 1)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """TENSOR of the CPU on the device, without waiting for it."""
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def choose_precision(name: str, device: torch.device) -> str:
    """`auto` is bfloat16 where the hardware multiplies it natively, else float32."""
    if name != "auto":
        return name
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bfloat16" if native else "float32"


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Run the networks inside: matrix products in bfloat16 or nothing changed."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
