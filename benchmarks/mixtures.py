"""log q(z) and log q(z_j) of a minibatch, forward and backward: ours against the textbook broadcast, in one process.

python benchmarks/mixtures.py [BATCH [LATENTS]]
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import log_density
from tcvae_cli.estimators.mixtures import minibatch_weighted


def textbook(z: Tensor, mean: Tensor, log_std: Tensor, data_set_size: int) -> tuple[Tensor, Tensor]:
    """As the paper's authors write it: all B x B x D log densities at once."""
    log_terms = log_density(z[:, None], mean[None], log_std[None])
    constant = torch.log(torch.tensor(float(data_set_size * len(z))))
    return torch.logsumexp(log_terms.sum(2), dim=1) - constant, torch.logsumexp(log_terms, dim=1) - constant


def seconds(form: Callable[..., tuple[Tensor, Tensor]], parameters: list[Tensor]) -> float:
    """One forward and backward pass."""
    leaves = [tensor.clone().requires_grad_() for tensor in parameters]
    start = time.perf_counter()
    joint, marginals = form(*leaves, 737280)
    (joint - marginals.sum(1)).mean().backward()
    return time.perf_counter() - start


def main() -> None:
    """Pairs of passes, in turn, so that a machine that drifts drifts for both."""
    batch, latents = (int(text) for text in (sys.argv[1:] + ["2048", "10"][len(sys.argv) - 1 :])[:2])
    generator = torch.Generator().manual_seed(0)
    mean, spread, noise = torch.randn(3, batch, latents, generator=generator)
    log_std = 0.3 * spread - 2
    parameters = [mean + log_std.exp() * noise, mean, log_std]
    pairs = [(seconds(textbook, parameters), seconds(minibatch_weighted, parameters)) for _ in range(8)][1:]
    slow, fast = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    print(f"B {batch}, D {latents}, {torch.get_num_threads()} threads, float32")
    print(f"textbook {slow:.3f} s, ours {fast:.3f} s, ratio {ratios[len(ratios) // 2]:.1f}", end=" ")
    print(f"({ratios[0]:.1f} to {ratios[-1]:.1f}, {len(pairs)} pairs)")


if __name__ == "__main__":
    main()
