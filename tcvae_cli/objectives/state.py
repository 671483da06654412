"""What a step of training works on: the data that it draws from, and everything that it changes."""

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from tcvae_cli.models.adam import Adam
from tcvae_cli.models.distributed import add_up_gradients
from tcvae_cli.models.model import Model

InputShape = tuple[int, int, int]  # (channels, height, width) of the images that networks take


class ImageSource(Protocol):
    """The images of a data set, wherever they are kept."""

    def __len__(self) -> int: ...

    @property
    def input_shape(self) -> InputShape:
        """Shape of one image."""

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Return some images (batch, channel, height, width) float32 in [0, 1]."""

    def order(self, generator: torch.Generator) -> Tensor:
        """Return all rows, shuffled."""


@dataclass(frozen=True)
class Data:
    """What a training draws from: all images, p(n) (rows,) float64 or None, and where to compute."""

    images: ImageSource
    probability: Tensor | None
    device: torch.device


@dataclass
class State:
    """Everything that changes during training."""

    model: Model
    # By the prefix of their moments in a checkpoint, "optimizer" or one that ends so. The model's own comes first.
    optimizers: dict[str, Adam]
    generator: torch.Generator  # of the noise; on the CPU whatever the device, so that all devices see the same
    # Networks that are trained beside the model and end with it, by the prefix of their weights in a checkpoint:
    # "adversary" or one that starts so.
    beside: dict[str, nn.Module] = field(default_factory=dict)
    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)  # of each term since the last log line, of this process
    summed: int = 0  # steps since then


def descend(optimizer: Adam, loss: Tensor, batch_rows: int) -> None:
    """Take one step on the mean over the whole batch of LOSS (share,), whose gradients may be of other weights too."""
    optimizer.zero_grad()
    (loss.sum() / batch_rows).backward(inputs=optimizer.parameters)
    add_up_gradients(optimizer.parameters)
    optimizer.step()
