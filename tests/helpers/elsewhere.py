"""Tensors that say they are on another device, and are not: what mixes devices is found without a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

ELSEWHERE = torch.device("meta")  # which every torch knows, and which is not the CPU
MAY_MIX = {"copy_", "_to_copy"}
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_"}  # also by integers and truths on the CPU


class Elsewhere(torch.Tensor):
    """A tensor on ELSEWHERE, whose numbers are in `inner`, on the CPU."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "Elsewhere":
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, inner.stride(), dtype=inner.dtype, device=ELSEWHERE
        )
        made.inner = inner
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(function, args, kwargs or {})

    def tolist(self) -> Any:
        """Return the numbers, as a tensor on a GPU would."""
        return self.inner.tolist()


class _Factories(TorchDispatchMode):
    """Makes what is asked for on ELSEWHERE."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(function, args, kwargs or {})


def run(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Compute on the CPU; RuntimeError where tensors with dimensions are of both devices. Numbers (()) may mix."""
    name = function._schema.name.split("::")[1]
    tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, torch.Tensor)]
    there = any(isinstance(each, Elsewhere) for each in tensors)
    here = [each for each in tensors if not isinstance(each, Elsewhere) and each.dim()]
    if name in INDEXING and isinstance(args[0], Elsewhere):
        here = [each for each in here if each.is_floating_point()]
    if there and here and name not in MAY_MIX:
        raise RuntimeError(f"{name} of tensors on two devices, of {[tuple(each.shape) for each in tensors]}")
    if kwargs.get("device") is not None:
        there = torch.device(kwargs["device"]) == ELSEWHERE
        kwargs = {**kwargs, "device": "cpu"}
    inner = tree_map_only(Elsewhere, lambda each: each.inner, (args, kwargs))
    found = function(*inner[0], **inner[1])
    if name.endswith("_"):
        return args[0]
    if "out" in kwargs:
        return kwargs["out"]
    return tree_map_only(torch.Tensor, Elsewhere, found) if there else found


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """Yield the device, on which tensors can be made and computed with in the block."""
    with _Factories():
        yield ELSEWHERE
