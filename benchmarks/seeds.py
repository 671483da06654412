"""Measure whether several seeds in one process train faster than one after another: python benchmarks/seeds.py

The decoder's layers of the paper's MLP, forward and backward in bfloat16, for 8 networks in turn against the same 8 as
batched matrix products. `--seeds 0..7` would pay where the second is much the faster.
"""

import itertools
import statistics

import torch
from pairs import number, seconds
from torch import Tensor

SEEDS = 8
WIDTHS = (10, 1200, 1200, 1200, 4096)


def layers(batch: int) -> tuple[Tensor, list[Tensor]]:
    """Return inputs (seed, batch, 10) and weights (seed, in, out), all with gradients."""
    generator = torch.Generator().manual_seed(0)
    sizes = itertools.pairwise(WIDTHS)
    weights = [torch.randn(SEEDS, *size, generator=generator) / size[0] ** 0.5 for size in sizes]
    inputs = torch.randn(SEEDS, batch, WIDTHS[0], generator=generator).bfloat16()
    return inputs, [weight.bfloat16().requires_grad_() for weight in weights]


def batched(inputs: Tensor, weights: list[Tensor]) -> Tensor:
    """Compute all networks at once."""
    for weight in weights:
        inputs = torch.bmm(inputs, weight).tanh()
    return inputs


def in_turn(inputs: Tensor, weights: list[Tensor]) -> Tensor:
    """Compute one network after the other."""
    outputs = []
    for one, *own in zip(inputs, *weights, strict=True):
        for weight in own:
            one = (one @ weight).tanh()
        outputs.append(one)
    return torch.stack(outputs)


def main() -> None:
    """Print a table."""
    print("| B | 8 in turn, s | 8 at once, s | times as fast |\n|---:|---:|---:|---:|")
    for batch in (64, 256, 512, 2048):
        inputs, weights = layers(batch)

        def work(form: object, inputs: Tensor = inputs, weights: list[Tensor] = weights) -> None:
            form(inputs, weights).sum().backward()  # type: ignore[operator]

        pairs = [(seconds(lambda: work(in_turn)), seconds(lambda: work(batched))) for _ in range(6)][1:]
        first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"| {batch:,} | {number(first)} | {number(second)} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
