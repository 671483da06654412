"""Which number format the networks run in. Estimators and likelihood sums are float32 regardless."""

import contextlib
from typing import Any

import torch
from torch import Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Return TENSOR on the device, to which it comes from the CPU without waiting for the copy."""
    return tensor if tensor.device.type == device.type else tensor.pin_memory().to(device, non_blocking=True)


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Return the context to run networks in: with matrix products in bfloat16, or with nothing changed."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
