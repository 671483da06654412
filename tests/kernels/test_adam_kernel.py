"""The kernel of Adam against torch's."""

import pytest
import torch


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9)])
@pytest.mark.parametrize("shape", [(1, 1), (2, 5, 7), (3, 1500)], ids=str)
@pytest.mark.parametrize("half", [True, False], ids=["bfloat16", "float32"])
def test_as_torch(device: torch.device, half: bool, shape: tuple[int, ...], betas: tuple[float, float]) -> None:
    from tcvae_cli.kernels import adam

    rates = [1e-3, 3e-2, 1e-4][: shape[0]]
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(shape, generator=generator)
    theirs = [start[member].double().clone().requires_grad_() for member in range(shape[0])]
    optimizers = [torch.optim.Adam([one], lr=rate, betas=betas) for one, rate in zip(theirs, rates, strict=True)]
    parameter = start.to(device)
    moment, second_moment = torch.zeros_like(parameter), torch.zeros_like(parameter)
    copy = torch.empty_like(parameter, dtype=torch.bfloat16) if half else None
    for step in range(1, 6):
        gradient = torch.randn(shape, generator=generator) * 10.0 ** (step - 4)
        gradient = gradient.bfloat16() if half else gradient
        schedule = torch.tensor([[rate / (1 - betas[0] ** step), (1 - betas[1] ** step) ** -0.5] for rate in rates])
        adam.step(parameter, moment, second_moment, gradient.to(device), copy, schedule.float().to(device), betas=betas)
        for member, optimizer in enumerate(optimizers):
            theirs[member].grad = gradient[member].double()
            optimizer.step()
    torch.testing.assert_close(parameter.cpu().double(), torch.stack(theirs).detach(), rtol=1e-6, atol=1e-7)
    if copy is not None:
        cut = 2**-7 if device.type == "cpu" else 0  # by the interpreter, while CUDA rounds
        torch.testing.assert_close(copy, parameter.bfloat16(), rtol=cut, atol=0)


def test_one_schedule_for_all(device: torch.device) -> None:
    from tcvae_cli.kernels import adam

    parameter, gradient = torch.ones(2, 3, device=device), torch.ones(2, 3, device=device)
    moments = torch.zeros(2, 2, 3, device=device)
    adam.step(parameter, moments[0], moments[1], gradient, None, torch.tensor([0.1 / 0.1, 0.001**-0.5], device=device))
    torch.testing.assert_close(parameter, torch.full_like(parameter, 0.9))
