"""Several processes on one batch, started by torchrun: each has a share of its rows, all have the same weights.

A step in K processes computes what one process would: noise is drawn for the whole batch everywhere, posteriors are
gathered with their gradients so that mixtures see the whole batch, batch norm takes its moments over all processes, and
gradients are summed. Alone, everything here is the identity.
"""

import contextlib
import datetime
import importlib
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.errors import TcvaeError
from tcvae_cli.interrupts import leave_behind, something_left
from tcvae_cli.models.rendezvous import meet, meeting_told

MOMENTUM = 0.1  # of torch's batch norm
RENDEZVOUS = 300  # seconds in which all processes must have come
SLICE = datetime.timedelta(seconds=0.5)


def join(device: torch.device, seconds: float = RENDEZVOUS, say: Callable[[str], object] = lambda line: None) -> None:
    """Meet the other processes, if a launcher has started any: nccl on CUDA, gloo elsewhere.

    SAY is told a sentence if they keep this one waiting. TcvaeError if not all have come after SECONDS.
    """
    if (meeting := meeting_told()) is not None:
        # Were it loaded while there is a group (by torch's compiler, say, which nothing here needs), it would keep the
        # group past leave() as a default argument, and with it gloo's threads, which torch aborts when they meet the
        # interpreter's end.
        importlib.import_module("torch.distributed.nn.functional")

        store = meet(meeting, seconds, say)
        backend = "nccl" if device.type == "cuda" else "gloo"
        try:
            dist.init_process_group(backend, store=store, rank=meeting.rank, world_size=meeting.size)
        except RuntimeError as error:  # another process may end amid this
            if not isinstance(error, dist.DistError) and "onnection" not in str(error):
                raise
            raise lost(meeting.rank, error) from None


def lost(number: int, error: RuntimeError) -> TcvaeError:
    """Return the error of process NUMBER, whose connection to another one torch says is broken or silent."""
    silent = "timed out" in str(error).lower()
    fault = f"another process of the job {'does not answer' if silent else 'has ended'}"
    return TcvaeError(f"rank {number}", fault, "its own message says why")


def leave() -> None:
    """Leave the group of processes, if there is one.

    Not in the middle of a sum, which a signal has ended here: taken apart, the group would wait for the others.
    """
    if dist.is_initialized() and not something_left():
        dist.destroy_process_group()


def rank() -> int:
    """Return the number of this process. Process 0 is the one that writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def processes() -> int:
    """Return how many processes share a batch."""
    return dist.get_world_size() if dist.is_initialized() else 1


def my_share(rows: int) -> slice:
    """Return which rows of a batch this process computes."""
    mine, shares = rank(), processes()
    return slice(rows * mine // shares, rows * (mine + 1) // shares)


def add_up(tensor: Tensor) -> Tensor:
    """Sum TENSOR over all processes, in place. TcvaeError if one of them is gone."""
    if dist.is_initialized():
        try:
            if dist.get_backend() == "gloo":
                finish(dist.all_reduce(tensor, async_op=True))
            else:
                dist.all_reduce(tensor)
        except RuntimeError as error:
            raise lost(rank(), error) from None
    return tensor


def finish(work: dist.Work) -> None:
    """Wait for a sum over all processes, a little at a time: signals arrive in between."""
    try:
        while not work.is_completed():
            with contextlib.suppress(RuntimeError):  # the time is over, or a fault that is raised below
                work.wait(SLICE)
    except BaseException:
        leave_behind()
        raise
    work.wait()


def anywhere(here: bool, device: torch.device) -> bool:
    """Tell whether HERE is true in any of the processes."""
    if not dist.is_initialized():
        return here
    return bool(add_up(torch.tensor([float(here)], device=device)))


class _Sum(torch.autograd.Function):
    """Sum over processes; the gradient of a sum that every process uses is the sum of the gradients."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        return add_up(tensor.clone())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return add_up(gradients[0].clone(memory_format=torch.contiguous_format))


def summed(tensor: Tensor) -> Tensor:
    """Return the sum of TENSOR over all processes, differentiable."""
    return _Sum.apply(tensor) if dist.is_initialized() else tensor  # type: ignore[no-untyped-call]


def gathered(mine: Tensor, rows: int) -> Tensor:
    """Put the whole batch (rows, ...) together from every process's share of it, differentiable."""
    if not dist.is_initialized():
        return mine
    share = my_share(rows)
    return summed(F.pad(mine, (0, 0) * (mine.dim() - 1) + (share.start, rows - share.stop)))


def add_up_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Sum the gradients over all processes, in one message."""
    if not dist.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    whole = add_up(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, part in zip(gradients, whole.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm whose moments are those of the batch over all processes. torch's own works on CUDA only."""

    def forward(self, images: Tensor) -> Tensor:
        if not (self.training and dist.is_initialized()):
            return super().forward(images)
        whole = images.to(torch.promote_types(images.dtype, torch.float32))
        mine = whole.numel() // whole.shape[1]
        count = summed(torch.full((), mine, dtype=whole.dtype, device=whole.device))
        mean = summed(whole.sum((0, 2, 3))) / count
        centred = whole - mean[:, None, None]
        variance = summed(centred.square().sum((0, 2, 3))) / count
        with torch.no_grad():
            self.get_buffer("num_batches_tracked").add_(1)
            self.get_buffer("running_mean").lerp_(mean, MOMENTUM)
            self.get_buffer("running_var").lerp_(variance * count / (count - 1), MOMENTUM)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(images.dtype)
