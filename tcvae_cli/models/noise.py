"""The noise of a training, from where it comes: a generator on the CPU, or a function of seed, step and place alone."""

import math
from typing import Protocol

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.kernels import usable
from tcvae_cli.models.discriminator import latent_orders

WORD = 0xFFFFFFFF
MULTIPLIERS, INCREMENTS = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)  # of Philox 4x32
ROUNDS = 10


class Noise(Protocol):
    """What the objectives draw from."""

    def begin(self) -> None:
        """Begin a step."""

    def standard(self, family: Family, shape: tuple[int, ...]) -> Tensor:
        """Return independent draws of the family's standard member, float32."""

    def orders(self, batch: int, latents: int) -> Tensor:
        """Return an order of the batch for each latent: (batch, latent) int64."""


class GeneratorNoise:
    """Noise of a generator on the CPU, one draw after another."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def begin(self) -> None:
        """Go on where the last step ended."""

    def standard(self, family: Family, shape: tuple[int, ...]) -> Tensor:
        """Return independent draws of the family's standard member: SHAPE, float32, on the CPU."""
        return family.standard_noise(shape, self.generator, torch.float32)

    def orders(self, batch: int, latents: int) -> Tensor:
        """Return an order of the batch for each latent: (batch, latent), on the CPU."""
        return latent_orders(batch, latents, self.generator)


class CounterNoise:
    """Noise by Philox 4x32-10, keyed by (seed, step), counting (place, which draw of the step): Salmon et al. 2011.

    Seeds (members,) give results of shape (members, ...), one seed () results without that axis, and a member has the
    same noise whatever members are beside it. Seeds and step are int64 on the device where the noise is wanted; the
    step is read anew by each draw, so that a captured graph draws other noise when its caller has counted on. `begin`
    comes before the first draw of a step.
    """

    def __init__(self, seeds: Tensor, step: Tensor) -> None:
        self.seeds, self.step, self.drawn = seeds, step, 0

    def begin(self) -> None:
        """Start to count the draws of a step."""
        self.drawn = 0

    def standard(self, family: Family, shape: tuple[int, ...]) -> Tensor:
        """Return independent draws of the family's standard member: (*seeds, *shape), float32."""
        return self._draw(family.name, math.prod(shape)).view(*self.seeds.shape, *shape)

    def orders(self, batch: int, latents: int) -> Tensor:
        """Return an order of the batch for each latent: (*seeds, batch, latent)."""
        keys = self._draw("keys", batch * latents).view(*self.seeds.shape, latents, batch)
        return keys.argsort(dim=-1, stable=True).transpose(-1, -2)

    def _draw(self, kind: str, count: int) -> Tensor:
        """Return COUNT numbers of each seed (members, count), one row for a single seed."""
        stream, seeds = self.drawn, self.seeds.view(-1)
        self.drawn += 1
        if usable(seeds):
            from tcvae_cli.kernels import noise

            kinds = {NORMAL.name: noise.NORMAL, LAPLACE.name: noise.LAPLACE, "keys": noise.KEYS}
            return noise.draw(seeds, self.step, stream, count, kinds[kind])
        return drawn_with_torch(seeds, self.step, stream, count, kind)


def drawn_with_torch(seeds: Tensor, step: Tensor, stream: int, count: int, kind: str) -> Tensor:
    """Return (members, COUNT) numbers as kernels/noise.py does, with the same bits before they are made floats."""
    place = torch.arange(-(-count // (2 if kind == "keys" else 4)), device=seeds.device)
    seed = seeds[:, None]
    counter = (place.expand(len(seeds), -1), torch.full_like(place, stream), step >> 32, seed >> 32)
    first, second, third, fourth = philox(counter, (seed & WORD, step & WORD))
    if kind == "keys":
        numbers = [(first >> 1 << 32) | second, (third >> 1 << 32) | fourth]
    elif kind == NORMAL.name:
        numbers = [*_box_muller(first, second), *_box_muller(third, fourth)]
    else:
        numbers = [_laplace(word) for word in (first, second, third, fourth)]
    return torch.stack(numbers, dim=-1).flatten(1)[:, :count].contiguous()


def philox(counter: tuple[Tensor, ...], key: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return four random words for four of a COUNTER and two of a KEY, all 32 bits in int64 of broadcast shapes."""
    first, second, third, fourth = counter
    left, right = key
    for _ in range(ROUNDS):
        high_one, low_one = _product(first, MULTIPLIERS[0])
        high_two, low_two = _product(third, MULTIPLIERS[1])
        first, second, third, fourth = high_two ^ second ^ left, low_two, high_one ^ fourth ^ right, low_one
        left, right = (left + INCREMENTS[0]) & WORD, (right + INCREMENTS[1]) & WORD
    return first, second, third, fourth


def _product(word: Tensor, multiplier: int) -> tuple[Tensor, Tensor]:
    """Return the high and the low half of a product of 64 bits, of which int64 holds 63: half of the word at a time."""
    low, high = (word & 0xFFFF) * multiplier, (word >> 16) * multiplier
    high += low >> 16
    return high >> 16, ((high & 0xFFFF) << 16) | (low & 0xFFFF)


def _unit(word: Tensor, bits: int) -> Tensor:
    """Return the middle of one of 2^bits equal parts of (0, 1] in float32, which rounds those next to 1 up to it."""
    return word.float() * 2.0**-bits + 2.0 ** -(bits + 1)


def _box_muller(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return two standard normal numbers, no further out than 6.8: Box & Muller 1958."""
    radius, angle = _unit(first, 32).log_().mul_(-2).sqrt_(), second.float() * (2.0**-32 * 2 * math.pi)
    return radius * angle.cos(), radius * angle.sin()


def _laplace(word: Tensor) -> Tensor:
    """Return a standard Laplace number: a sign, and an exponential distance."""
    distance = -_unit(word >> 1, 31).log() * math.sqrt(0.5)
    return torch.where(word & 1 == 1, -distance, distance)
