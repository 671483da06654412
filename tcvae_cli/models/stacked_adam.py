"""Adam over stacked weights: float32 masters and moments, and the bfloat16 copies that are multiplied."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tcvae_cli.kernels import usable
from tcvae_cli.models.adam import EPSILON, MOMENTS, Adam
from tcvae_cli.models.stacked import of_member, side_by_side


class StackedAdam(Adam):
    """The optimisers of several members as one: the same arithmetic, element by element.

    Beside its moments a weight has its float32 `master`, which is the weight itself if that is float32. `counter` ()
    int64 is the number of steps done, on the device; its owner counts on, and a captured step reads it anew.
    """

    def __init__(self, weights: Sequence[nn.Parameter], members: Sequence[Adam], counter: Tensor) -> None:
        super().__init__(weights, members[0].rate, members[0].betas)
        self.counter = counter
        for number, weight in enumerate(weights):
            master = weight.detach()  # (member, in, out) or (member, 1, out)
            if weight.dtype != torch.float32:
                master = side_by_side([member.parameters[number] for member in members]).to(weight.device)
            self.moments[number] = {"master": master, "step": counter.float()}
            for name in MOMENTS[1:]:
                found = [member.moments[number][name] for member in members if number in member.moments]
                moment = side_by_side(found).to(weight.device) if found else torch.zeros_like(master)
                self.moments[number][name] = moment

    @torch.no_grad()
    def step(self) -> None:
        """Take a step by the gradients, which are of the kind that the weights are. Nothing waits for the device."""
        gradients = [weight.grad.contiguous() for weight in self.parameters if weight.grad is not None]
        moments = [*self.moments.values()]
        if usable(self.counter):
            self.step_by_kernel(gradients, moments)
            return
        masters = [own["master"] for own in moments]
        self.move(masters, [gradient.float() for gradient in gradients], moments)
        for weight, master in zip(self.parameters, masters, strict=True):
            if weight.dtype != torch.float32:
                weight.copy_(master)

    def step_by_kernel(self, gradients: Sequence[Tensor], moments: Sequence[dict[str, Tensor]]) -> None:
        """Do the same in one pass over each weight, which writes its bfloat16 copy as well."""
        from tcvae_cli.kernels import adam

        first, second = (1 - beta ** (self.counter + 1).double() for beta in self.betas)
        schedule = torch.stack([self.rate / first, second.rsqrt()]).float()
        for weight, gradient, own in zip(self.parameters, gradients, moments, strict=True):
            half = None if weight.dtype == torch.float32 else weight
            mean, square = (own[name] for name in MOMENTS[1:])
            adam.step(own["master"], mean, square, gradient, half, schedule, betas=self.betas, eps=EPSILON)

    @torch.no_grad()
    def put_back(self, member: int, own: Adam) -> None:
        """Give a member the weights and the moments that it has here."""
        for number, weight in enumerate(own.parameters):
            ours = self.moments[number]
            weight.copy_(of_member(ours["master"], member, weight))
            moments = [torch.empty_like(weight).copy_(of_member(ours[name], member, weight)) for name in MOMENTS[1:]]
            step = self.counter.to(weight.device, torch.float32).clone()
            own.moments[number] = dict(zip(MOMENTS, (step, *moments), strict=True))
