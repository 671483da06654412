"""What a step of training works on: the data that it draws from, and everything that it changes."""

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from tcvae_cli.models.adam import Adam
from tcvae_cli.models.distributed import add_up_gradients
from tcvae_cli.models.model import Model
from tcvae_cli.models.noise import CounterNoise, GeneratorNoise, Noise
from tcvae_cli.objectives.settings import Settings, Weights

InputShape = tuple[int, int, int]  # (channels, height, width) of the images that networks take


class ImageSource(Protocol):
    """The images of a data set, wherever they are kept."""

    def __len__(self) -> int: ...

    @property
    def input_shape(self) -> InputShape:
        """Shape of one image."""

    def batch(self, rows: Tensor | slice, device: torch.device) -> Tensor:
        """Return some images (*rows, channel, height, width) in [0, 1]."""

    def order(self, generator: torch.Generator) -> Tensor:
        """Return all rows, shuffled."""

    def are_on(self, device: torch.device) -> bool:
        """Tell whether `batch` makes images of rows that are on the device, without a word to the processor."""


@dataclass(frozen=True)
class Data:
    """What a training draws from: all images, p(n) (rows,) float64 or None, and where to compute."""

    images: ImageSource
    probability: Tensor | None
    device: torch.device


@dataclass
class State:
    """Everything that changes during training.

    A step that a CUDA graph holds cannot read a number of Python's: there `counter` counts the steps on the device, and
    noise and weights are functions of it.
    """

    model: Model
    # By the prefix of their moments in a checkpoint, "optimizer" or one that ends so. The model's own comes first.
    optimizers: dict[str, Adam]
    generator: torch.Generator  # of the noise, unless steps are counted on the device
    # Networks that are trained beside the model and end with it, by the prefix of their weights in a checkpoint:
    # "adversary" or one that starts so.
    beside: dict[str, nn.Module] = field(default_factory=dict)
    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)  # of each term since the last log line, of this process
    summed: int = 0  # steps since then
    counter: Tensor | None = None  # of the steps done: () int64, where they are counted on the device
    noise: Noise = field(init=False)

    def __post_init__(self) -> None:
        self.noise = GeneratorNoise(self.generator)

    def count_on(self, device: torch.device, seed: int) -> None:
        """Count the steps on DEVICE from now on, and draw noise as a function of SEED and step alone."""
        self.counter = torch.tensor(self.step, device=device)
        self.noise = CounterNoise(torch.tensor(seed, device=device), self.counter)

    @property
    def now(self) -> float | Tensor:
        """The number of the step that is being taken, from 1; () float64 where steps are counted on the device."""
        return float(self.step + 1) if self.counter is None else self.counter.double() + 1

    def weights(self, settings: Settings) -> Weights:
        """Return the weights of the step that is being taken."""
        return settings.weights(self.now)

    def changing(self) -> list[Tensor]:
        """Return every tensor that a step changes in place, as far as it is there before the first."""
        modules = [self.model, *self.beside.values()]
        tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
        for optimizer in self.optimizers.values():
            tensors += [moment for moments in optimizer.moments.values() for moment in moments.values()]
        return tensors + [*self.sums.values()] + ([] if self.counter is None else [self.counter])


def descend(optimizer: Adam, loss: Tensor, batch_rows: int) -> None:
    """Take one step on the mean over the whole batch of LOSS (share,), whose gradients may be of other weights too."""
    optimizer.zero_grad()
    (loss.sum() / batch_rows).backward(inputs=optimizer.parameters)
    add_up_gradients(optimizer.parameters)
    optimizer.step()
