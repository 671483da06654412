"""The states of several trainings as one, whose tensors have the members' axis in front, and the way back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tcvae_cli.models.noise import CounterNoise
from tcvae_cli.models.stacked import stacked
from tcvae_cli.models.stacked_adam import StackedAdam
from tcvae_cli.objectives.elbo import TERMS
from tcvae_cli.objectives.settings import PrecisionName, Settings, Weights, weights_at
from tcvae_cli.objectives.state import State

WEIGHED_AS_ONE = ("vae", "beta-vae")  # objectives in which beta is the weight of the whole KL


@dataclass
class MemberWeights:
    """What the terms of each member are multiplied by, and the steps over which that rises: (member, 1) each."""

    last: Weights
    beta_anneal: Tensor
    lambda_anneal: Tensor
    as_one: Tensor  # where the KL is weighed as a whole

    @classmethod
    def of(cls, settings: Sequence[Settings], device: torch.device) -> "MemberWeights":
        """Return those of the settings of each member. Over a single step nothing rises."""

        def column(name: str) -> Tensor:
            values = [getattr(one, name) for one in settings]
            numbers = [[1.0 if value is None else value] for value in values]
            return torch.tensor(numbers, dtype=torch.float32, device=device)

        as_one = torch.tensor([[one.objective in WEIGHED_AS_ONE] for one in settings], device=device)
        last = Weights(*map(column, Weights._fields))
        return cls(last, column("beta_anneal"), column("lambda_anneal"), as_one)

    def at(self, step: float | Tensor) -> Weights:
        """Return the weights at a step, counted from 1. They are equal where the KL is weighed as a whole."""
        alpha, beta, gamma = weights_at(step, self.last, self.beta_anneal, self.lambda_anneal)
        return Weights(torch.where(self.as_one, beta, alpha), beta, torch.where(self.as_one, beta, gamma))


@dataclass
class StackedState(State):
    """A state of several members, whose terms have weights of their own."""

    member_weights: MemberWeights | None = None

    def weights(self, settings: Settings) -> Weights:
        """Return the weights of the step that is being taken: (member, 1) each."""
        assert self.member_weights is not None
        return self.member_weights.at(self.now)


def stack_states(states: Sequence[State], settings: Sequence[Settings], device: torch.device) -> StackedState:
    """Return the states of members, which are at the same step, as one on DEVICE.

    Their own networks wait on the CPU from now on, for what `put_back` gives them.
    """
    first, half = states[0], settings[0].precision == PrecisionName.BFLOAT16
    model, *others = (stacked(same, half).to(device) for same in zip(*map(networks_of, states), strict=True))
    counter = torch.tensor(first.step, device=device)
    together = StackedState(
        model=model,
        optimizers={},
        generator=torch.Generator(),
        beside=dict(zip(first.beside, others, strict=True)),
        step=first.step,
        sums={
            name: torch.tensor([float(state.sums.get(name, 0.0)) for state in states], device=device)
            for name in dict.fromkeys(name for state in states for name in state.sums)
        },
        counter=counter,
        member_weights=MemberWeights.of(settings, device),
    )
    together.noise = CounterNoise(torch.tensor([one.seed for one in settings], device=device), counter)
    place = dict(zip(map(id, weights_of(first)), weights_of(together), strict=True))
    for name, optimizer in first.optimizers.items():
        weights = [place[id(own)] for own in optimizer.parameters]
        together.optimizers[name] = StackedAdam(weights, [state.optimizers[name] for state in states], counter)
    for network in (network for state in states for network in networks_of(state)):
        network.cpu()
    return together


def put_back(together: StackedState, member: int, state: State, settings: Settings) -> None:
    """Give a member's own state, on the CPU, all that it has in the stack; it has counted its steps itself."""
    for name, optimizer in together.optimizers.items():
        assert isinstance(optimizer, StackedAdam)
        optimizer.put_back(member, state.optimizers[name])
    names = terms_of(settings, together.sums) if state.summed else []
    state.sums = {name: together.sums[name][member].cpu() for name in names}
    if state.counter is not None:
        state.counter.fill_(state.step)


def terms_of(settings: Settings, names: Iterable[str]) -> list[str]:
    """Return those of the NAMES of terms that a member's objective has: where the KL is a whole, not its parts."""
    return [name for name in names if settings.objective not in WEIGHED_AS_ONE or name in TERMS]


def networks_of(state: State) -> list[nn.Module]:
    """Return all networks of a state, its model first."""
    return [state.model, *state.beside.values()]


def weights_of(state: State) -> list[nn.Parameter]:
    """Return the weights of all networks of a state."""
    return [weight for network in networks_of(state) for weight in network.parameters()]
