"""Adam against torch's own, and that it loads no compiler."""

import subprocess
import sys

import torch
from torch import nn

from tcvae_cli.models.adam import Adam

CHECK = """
import sys, torch
from tcvae_cli.models.adam import Adam
weight = torch.nn.Parameter(torch.ones(2))
weight.square().sum().backward()
optimizer = Adam([weight], 0.1)
optimizer.step()
optimizer.zero_grad()
assert weight.grad is None and float(weight.detach().max()) < 0.95
assert "torch._dynamo" not in sys.modules
"""


def test_steps_are_those_of_torch_to_the_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    first = [torch.randn(7, 3, generator=generator), torch.randn(5, generator=generator)]
    ours, theirs = ([nn.Parameter(tensor.clone()) for tensor in first] for _ in range(2))
    own, other = Adam(ours, 0.01, (0.5, 0.9)), torch.optim.Adam(theirs, lr=0.01, betas=(0.5, 0.9), fused=True)
    for step in range(4):
        own.zero_grad()
        for mine, their in zip(ours, theirs, strict=True):
            gradient = torch.randn(mine.shape, generator=generator)
            mine.grad, their.grad = gradient.clone(), gradient.clone()
        if step == 0:
            ours[1].grad = theirs[1].grad = None  # it has no moments yet
        own.step()
        other.step()
    assert all(torch.equal(mine, their) for mine, their in zip(ours, theirs, strict=True))
    for number, moments in other.state_dict()["state"].items():
        assert all(torch.equal(own.moments[number][name], tensor) for name, tensor in moments.items())


def test_it_loads_no_compiler() -> None:
    subprocess.run([sys.executable, "-c", CHECK], check=True, timeout=300)
