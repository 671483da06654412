"""How steps are taken: as the objective says or, where they are counted on the device, as CUDA graphs made of that."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tcvae_cli.errors import is_for_memory
from tcvae_cli.kernels import unusable
from tcvae_cli.models.distributed import processes
from tcvae_cli.models.precision import to_device
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import PrecisionName, Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.progress import Note, quiet
from tcvae_cli.training.captured import Captured
from tcvae_cli.training.images import Images


class Steps:
    """The steps of a training. SAY is told what is slower than it could be on CUDA."""

    def __init__(self, state: State, data: Data, settings: Settings, say: Note = quiet) -> None:
        self.state, self.data, self.settings, self.say = state, for_products(data, settings), settings, say
        self.objective = load_objective(settings.objective)
        self.captured: dict[int, tuple[list[Tensor], Captured] | None] = {}  # by the size of batches
        if data.device.type == "cuda" and (fault := unusable(data.device)):
            say(f"torch does what kernels would do faster: {fault}")
        self.capturing = state.counter is not None
        if self.capturing and (fault := why_not_captured(data)):
            self.capturing = False
            say(f"steps are not captured as CUDA graphs, which would be faster: {fault}")

    def take(self, batches: Sequence[Tensor]) -> None:
        """Take a step on the rows of BATCHES, each (rows,) on the CPU, or (members, rows) for models side by side."""
        size = batches[0].shape[-1]
        if self.capturing and size not in self.captured:
            self.captured[size] = self.capture(batches)
        if (found := self.captured.get(size)) is None:
            self.call(batches)
        else:
            rows, step = found
            write(rows, batches)
            step.replay()
        self.state.step += 1
        self.state.summed += 1

    def call(self, batches: Sequence[Tensor]) -> None:
        """Take a step on the rows of BATCHES, wherever they are, and add its terms to the sums."""
        state, size = self.state, batches[0].shape[-1]
        state.noise.begin()
        sums = {}
        for name, term in self.objective.step(state, batches, self.data, self.settings).items():
            mean = term.detach().sum(-1) / size
            sums[name] = state.sums[name].add_(mean) if name in state.sums else mean
        state.sums = sums
        if state.counter is not None:
            state.counter.add_(1)

    def capture(self, batches: Sequence[Tensor]) -> tuple[list[Tensor], Captured] | None:
        """Return the tensors of rows that a captured step on batches of this size reads, and that step."""
        rows = [torch.empty_like(batch, device=self.data.device) for batch in batches]
        write(rows, batches)
        beside = next((found[1] for found in self.captured.values() if found is not None), None)
        try:
            return rows, Captured(lambda: self.call(rows), self.state.changing, beside)
        except RuntimeError as error:
            # A capture that ends early fails once more by that, with the first fault as its context.
            first = error.__context__ if isinstance(error.__context__, RuntimeError) else error
            if batches[0].dim() > 1 and is_for_memory(first):  # a graph of fewer models is faster than none of all
                raise
            told = (str(first).splitlines() or [""])[0]
            self.say(
                f"steps on {rows[0].shape[-1]} images are not captured as a CUDA graph, which would be faster: {told}"
            )
            return None


def for_products(data: Data, settings: Settings) -> Data:
    """Return the data with images in the type of the products on CUDA, where that loses nothing and saves time."""
    if data.device.type == "cuda" and isinstance(data.images, Images) and settings.precision == PrecisionName.BFLOAT16:
        return replace(data, images=data.images.in_half())
    return data


def why_not_captured(data: Data) -> str | None:
    """Return why no step on the data can be captured, None if that may be."""
    if processes() > 1:
        return "several processes share each batch"
    return None if data.images.are_on(data.device) else "the images are not in the memory of the device"


def write(rows: Sequence[Tensor], batches: Sequence[Tensor]) -> None:
    """Write the rows of BATCHES where a captured step reads them. Nothing waits."""
    for own, batch in zip(rows, batches, strict=True):
        own.copy_(to_device(batch, own.device), non_blocking=True)
