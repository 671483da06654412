"""Networks side by side as one: a layer of all members is one batched product, with weights (member, in, out).

The classes are those of single models, whose formulas heed the last axes only: a Vae or a Discriminator of stacked
layers takes and gives tensors with the members' axis in front.
"""

import copy
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from tcvae_cli.models.networks import Float32Linear

Network = TypeVar("Network", bound=nn.Module)


class StackedLinear(nn.Module):
    """The linear layers of several networks as one. Their weights are bfloat16 if `half`, but for a Float32Linear."""

    def __init__(self, layers: Sequence[nn.Linear], half: bool) -> None:
        super().__init__()
        self.float32 = isinstance(layers[0], Float32Linear)
        kind = torch.bfloat16 if half and not self.float32 else layers[0].weight.dtype
        self.weight = nn.Parameter(side_by_side([layer.weight for layer in layers]).to(kind))  # (member, in, out)
        self.bias = nn.Parameter(side_by_side([layer.bias for layer in layers]).to(kind))  # (member, 1, out)

    def forward(self, inputs: Tensor) -> Tensor:  # (member, batch, in) to (member, batch, out)
        if not self.float32:
            return torch.baddbmm(self.bias, inputs, self.weight)
        with torch.autocast(inputs.device.type, enabled=False):
            return torch.baddbmm(self.bias, inputs.to(self.weight.dtype), self.weight)


def stacked(networks: Sequence[Network], half: bool) -> Network:
    """Return networks of the same layers as one, whose linear weights are bfloat16 if `half`.

    Its parameters have the names that they have in each. ValueError for a layer that cannot be stacked.
    """
    first: nn.Module = networks[0]
    if type(first) in (nn.Linear, Float32Linear):
        return StackedLinear(networks, half)  # type: ignore[arg-type,return-value]
    if isinstance(first, nn.Flatten):
        return nn.Flatten(first.start_dim + 1)  # type: ignore[return-value]
    if isinstance(first, nn.Unflatten):
        return nn.Unflatten(int(first.dim) + 1, first.unflattened_size)  # type: ignore[return-value]
    if [*first.parameters(recurse=False), *first.buffers(recurse=False)]:
        raise ValueError(f"{type(first).__name__} has weights of its own and cannot be stacked")
    together = copy.copy(networks[0])
    together._modules = {
        name: stacked([network.get_submodule(name) for network in networks], half) for name, _ in first.named_children()
    }
    return together


@torch.no_grad()
def side_by_side(weights: Sequence[Tensor]) -> Tensor:
    """Stack a weight (out, in) or a bias (out,) of each member to (member, in, out) or (member, 1, out)."""
    return torch.stack([weight.reshape(len(weight), -1).T for weight in weights])


def of_member(together: Tensor, member: int, like: Tensor) -> Tensor:
    """Return what one member has of a stacked tensor, in the shape of its own weight or bias: a view."""
    return together[member].T.reshape(like.shape)
