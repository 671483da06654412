"""Adam over stacked weights: float32 masters and moments, and the bfloat16 copies that are multiplied."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tcvae_cli.kernels import usable
from tcvae_cli.models.adam import EPSILON, Adam
from tcvae_cli.models.stacked import of_member, side_by_side

MOMENTS = ("exp_avg", "exp_avg_sq")


class StackedAdam(Adam):
    """The optimisers of several members as one: the same arithmetic, element by element.

    Beside its moments a weight has its float32 `master`, which is the weight itself if that is float32. `counter` ()
    int64 is the number of steps done, on the device; its owner counts on, and a captured step reads it anew.
    """

    def __init__(self, weights: Sequence[nn.Parameter], members: Sequence[Adam], counter: Tensor) -> None:
        super().__init__(weights, members[0].rate, members[0].betas)
        self.counter = counter
        for number, weight in enumerate(weights):
            master = weight.detach()
            if weight.dtype != torch.float32:
                master = side_by_side([member.parameters[number] for member in members]).to(weight.device)
            self.moments[number] = {"master": master}
            for name in MOMENTS:
                found = [member.moments[number][name] for member in members if number in member.moments]
                moment = side_by_side(found).to(weight.device) if found else torch.zeros_like(master)
                self.moments[number][name] = moment

    @torch.no_grad()
    def step(self) -> None:
        """Take a step by the gradients, which are of the kind that the weights are. Nothing waits for the device."""
        first, second = (1 - beta ** (self.counter + 1).double() for beta in self.betas)
        schedule = torch.stack([self.rate / first, second.rsqrt()]).float()
        for number, weight in enumerate(self.parameters):
            assert weight.grad is not None
            half = None if weight.dtype == torch.float32 else weight
            descend(self.moments[number], weight.grad, half, schedule, self.betas)

    @torch.no_grad()
    def put_back(self, member: int, own: Adam) -> None:
        """Give a member the weights and the moments that it has here."""
        for number, weight in enumerate(own.parameters):
            ours = self.moments[number]
            weight.copy_(of_member(ours["master"], member, weight))
            moments = {name: torch.empty_like(weight).copy_(of_member(ours[name], member, weight)) for name in MOMENTS}
            step = self.counter.to(weight.device, torch.float32).clone()
            own.moments[number] = {"step": step, **moments}


def descend(
    moments: dict[str, Tensor], gradient: Tensor, half: Tensor | None, schedule: Tensor, betas: tuple[float, float]
) -> None:
    """Change a master and its moments in place, and HALF, if there is one, to its bfloat16 copy.

    schedule: (2,), rate / (1 - beta_1^t) and 1 / sqrt(1 - beta_2^t).
    """
    master, mean, square = (moments[name] for name in ("master", *MOMENTS))
    if usable(master):
        from tcvae_cli.kernels import adam

        adam.step(master, mean, square, gradient.contiguous(), half, schedule, betas=betas, eps=EPSILON)
        return
    wide, (first, second) = gradient.float(), betas
    mean.lerp_(wide, 1 - first)
    square.mul_(second).addcmul_(wide, wide, value=1 - second)
    master.sub_(mean / square.sqrt().mul_(schedule[1]).add_(EPSILON) * schedule[0])
    if half is not None:
        half.copy_(master)
