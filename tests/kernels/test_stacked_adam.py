"""Stacked weights stepped by the kernel of Adam, and given back, against each member's own torch.optim.Adam."""

import pytest
import torch
from torch import nn

from tcvae_cli.models.adam import Adam
from tcvae_cli.models.stacked import side_by_side, stacked
from tcvae_cli.models.stacked_adam import StackedAdam


@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
def test_each_member_steps_as_alone(device: torch.device, half: bool) -> None:
    torch.manual_seed(0)
    singles = [nn.Sequential(nn.Linear(7, 5), nn.Linear(5, 3)).to(device) for _ in range(3)]
    theirs = [[weight.detach().clone().requires_grad_() for weight in single.parameters()] for single in singles]
    optimizers = [torch.optim.Adam(weights, lr=1e-2) for weights in theirs]
    own = [Adam(single.parameters(), 1e-2) for single in singles]
    counter = torch.tensor(0, device=device)
    together = stacked(singles, half)
    stack = StackedAdam([*together.parameters()], own, counter)
    for _ in range(3):
        gradients = [[torch.randn_like(weight) for weight in weights] for weights in theirs]
        for number, weight in enumerate(stack.parameters):
            weight.grad = side_by_side([one[number] for one in gradients]).to(weight.dtype)
        for optimizer, weights, one in zip(optimizers, theirs, gradients, strict=True):
            for weight, gradient in zip(weights, one, strict=True):
                weight.grad = gradient.to(stack.parameters[0].dtype).float()
            optimizer.step()
        stack.step()
        counter += 1
    for member, (optimizer, weights) in enumerate(zip(own, theirs, strict=True)):
        stack.put_back(member, optimizer)
        torch.testing.assert_close(optimizer.parameters, weights, rtol=1e-6, atol=1e-6)
