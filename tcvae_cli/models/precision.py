"""Which number format the networks run in. Estimators and likelihood sums are float32 regardless."""

import contextlib
from typing import Any

import torch
from torch import Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """TENSOR of the CPU on the device, without waiting for it."""
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Run the networks inside: matrix products in bfloat16 or nothing changed."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
