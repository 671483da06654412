"""Loops for CUDA in Triton, which comes with CUDA builds of torch, where torch would need a temporary and a launch for
each operation. Where they cannot run, the callers do the same with torch, more slowly.

Each module here imports triton at its top, so callers import it once `usable` has said that it can be. Tensors are
contiguous, and begin with an axis of members: runs that are trained side by side, one or more.
"""

import functools
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, device

OLDEST = (7, 0)  # compute capability that Triton compiles for


def usable(tensor: "Tensor") -> bool:
    """Return whether the kernels run where TENSOR is: on CUDA, or on the CPU in Triton's interpreter."""
    return (tensor.device.type != "cpu" and unusable(tensor.device) is None) or interpreted(tensor)


def interpreted(tensor: "Tensor") -> bool:
    """Return whether TENSOR is on the CPU and TRITON_INTERPRET=1 asks for Triton's interpreter, as tests do."""
    return tensor.device.type == "cpu" and os.environ.get("TRITON_INTERPRET") == "1" and has_triton()


@functools.cache
def has_triton() -> bool:
    """Return whether triton can be imported."""
    try:
        importlib.import_module("triton")
    except ImportError:
        return False
    return True


@functools.cache
def unusable(where: "device") -> str | None:
    """Return in words why the kernels do not run on a device, None if they do. The first one is compiled to find out.

    Triton needs a C compiler for the part that starts a kernel, and says so only when it starts one.
    """
    if where.type != "cuda":
        return "the kernels are for CUDA"
    if not has_triton():
        return "triton is not installed"
    import torch

    if torch.version.hip is None and torch.cuda.get_device_capability(where) < OLDEST:
        return f"triton needs a GPU of compute capability {OLDEST[0]}.{OLDEST[1]} or newer"
    try:
        from tcvae_cli.kernels.noise import NORMAL, draw

        zero = torch.zeros((), dtype=torch.int64, device=where)
        draw(zero.view(1), zero, 0, 4, NORMAL)
    except Exception as error:  # whatever the compilers, or a cache that cannot be written, may raise
        return f"triton could not compile a kernel: {' '.join(str(error).split())[:200]}"
    return None
