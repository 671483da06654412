"""A step as one CUDA graph, which the processor starts in a single call instead of launching every kernel of it."""

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

WARM_UP = 2  # steps before the capture: kernels are compiled, and everything has come to be that a step makes once


class Captured:
    """A step that has been captured, to be taken by `replay`. Without CUDA that simply calls it.

    STEP works on the same tensors at every call, changes them in place, and asks the device for no number. CHANGES
    returns those that it changes, of which some may come to be in the first step, where they start as 0. BESIDE is
    another captured step, never taken at the same time, with which the new one shares the memory between its tensors.
    RuntimeError if the step cannot be captured; then nothing has changed.
    """

    def __init__(
        self, step: Callable[[], None], changes: Callable[[], Sequence[Tensor]], beside: "Captured | None" = None
    ) -> None:
        self.replay = step  # takes the step
        self.graph: torch.cuda.CUDAGraph | None = None
        on_cuda = any(tensor.is_cuda for tensor in changes())
        with unchanged(changes):
            warm_up_on_cuda(step) if on_cuda else warm_up(step)
        if on_cuda:
            self.graph = graph_of(step, None if beside is None else beside.graph)
            self.replay = self.graph.replay


def graph_of(step: Callable[[], None], beside: "torch.cuda.CUDAGraph | None") -> "torch.cuda.CUDAGraph":
    """Capture a step that has been warmed up. RuntimeError if that cannot be done."""
    gc.collect()  # a graph that is garbage must not go during the capture, which that would spoil
    graph = torch.cuda.CUDAGraph()
    capture = torch.cuda.graph(graph, pool=None if beside is None else beside.pool())
    stream = torch.cuda.current_stream()  # to which a capture that fails does not return by itself
    with torch.cuda.stream(stream), capture:
        step()
    return graph


def warm_up(step: Callable[[], None]) -> None:
    """Take the step a few times."""
    for _ in range(WARM_UP):
        step()


def warm_up_on_cuda(step: Callable[[], None]) -> None:
    """Take the step a few times on a stream of their own, as a capture wants it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    try:
        with torch.cuda.stream(stream):
            warm_up(step)
    finally:
        torch.cuda.current_stream().wait_stream(stream)


@contextlib.contextmanager
def unchanged(changes: Callable[[], Sequence[Tensor]]) -> Iterator[None]:
    """Give the tensors the values again that they have now, and 0 to those that come to be inside: moments and sums."""
    before = [(tensor, tensor.detach().clone()) for tensor in changes()]
    try:
        yield
    finally:
        known = {id(tensor) for tensor, _ in before}
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
            for tensor in changes():
                if id(tensor) not in known:
                    tensor.zero_()
