"""The kernel of Adam against torch's."""

import pytest
import torch


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9)])
@pytest.mark.parametrize("shape", [(1, 1), (2, 5, 7), (3, 1500)], ids=str)
@pytest.mark.parametrize("half", [True, False], ids=["bfloat16", "float32"])
def test_as_torch(device: torch.device, half: bool, shape: tuple[int, ...], betas: tuple[float, float]) -> None:
    from tcvae_cli.kernels import adam

    rate, generator = 3e-2, torch.Generator().manual_seed(3)
    start = torch.randn(shape, generator=generator)
    theirs = start.double().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=rate, betas=betas)
    parameter = start.to(device)
    moment, second_moment = torch.zeros_like(parameter), torch.zeros_like(parameter)
    copy = torch.empty_like(parameter, dtype=torch.bfloat16) if half else None
    for step in range(1, 6):
        gradient = torch.randn(shape, generator=generator) * 10.0 ** (step - 4)
        gradient = gradient.bfloat16() if half else gradient
        schedule = torch.tensor([rate / (1 - betas[0] ** step), (1 - betas[1] ** step) ** -0.5], device=device)
        adam.step(parameter, moment, second_moment, gradient.to(device), copy, schedule, betas=betas)
        theirs.grad = gradient.double()
        optimizer.step()
    torch.testing.assert_close(parameter.cpu().double(), theirs.detach(), rtol=1e-6, atol=1e-6)
    if copy is not None:
        cut = 2**-7 if device.type == "cpu" else 0  # by the interpreter, while CUDA rounds
        torch.testing.assert_close(copy, parameter.bfloat16(), rtol=cut, atol=0)
