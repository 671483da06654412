"""Adam (Kingma & Ba 2015) by torch's fused loop.

`torch.optim.Adam` runs the same loop, but loads torch's compiler, which nothing here uses, and which takes a second.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # the number of steps, and the running means of gradients and their squares
EPSILON = 1e-8


class Adam:
    """Steps down the gradients of some parameters; `moments` are those of each parameter by its number.

    A parameter has moments from its first gradient on: `step` (), `exp_avg` and `exp_avg_sq` as large as itself.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, betas: tuple[float, float] = (0.9, 0.999)):
        self.parameters = list(parameters)
        self.rate, self.betas = rate, betas
        self.moments: dict[int, dict[str, Tensor]] = {}

    def zero_grad(self) -> None:
        """Let no parameter have a gradient."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take a step by the gradients. A parameter without one stays as it is. Nothing waits for the device."""
        moved = {number: tensor.grad for number, tensor in enumerate(self.parameters) if tensor.grad is not None}
        for number in moved.keys() - self.moments.keys():
            self.moments[number] = fresh_moments(self.parameters[number])
        own = [self.parameters[number] for number in moved]
        self.move(own, list(moved.values()), [self.moments[number] for number in moved])

    def move(self, weights: Sequence[Tensor], gradients: list[Tensor], moments: Sequence[dict[str, Tensor]]) -> None:
        """Change some weights and their moments in place by their gradients."""
        steps, means, squares = ([own[name] for own in moments] for name in MOMENTS)
        adam(
            list(weights),
            gradients,
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=self.rate,
            weight_decay=0,
            eps=EPSILON,
            maximize=False,
        )


def fresh_moments(parameter: Tensor) -> dict[str, Tensor]:
    """Return the moments before the first step, in the memory layout of the parameter."""
    return {
        "step": torch.zeros((), device=parameter.device),
        "exp_avg": torch.zeros_like(parameter),
        "exp_avg_sq": torch.zeros_like(parameter),
    }
