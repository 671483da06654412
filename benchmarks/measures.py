"""What the exact measures cost against N, D and S, in this process: CPU seconds, and the memory it has needed so far.

python benchmarks/measures.py [LARGEST_N]
"""

import sys
import time
from collections.abc import Callable

import torch
from pairs import peak

from tcvae_cli.estimators.decomposition import decompose
from tcvae_cli.estimators.information import by_quadrature, entropies
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.scores.registry import MEASURES
from tcvae_cli.estimators.scores.representation import Plan, represent

LATENTS, SAMPLES = 10, 1000
SIZES = (6, 40, 32, 32)  # dSprites' scored factors


def codes(rows: int, latents: int) -> tuple[Posterior, torch.Tensor]:
    """Return codes of four factors as dSprites has them, one narrow latent for each; the other latents are dead."""
    generator = torch.Generator().manual_seed(0)
    number = torch.randperm(rows, generator=generator)
    classes = torch.stack([number % size for size in SIZES], dim=1)
    mean = 1e-2 * torch.randn(rows, latents, generator=generator)
    log_std = 0.1 * torch.randn(rows, latents, generator=generator)
    known = min(latents, len(SIZES))
    mean[:, :known] += ((classes / torch.tensor(SIZES) - 0.5) * 3.4)[:, :known]
    log_std[:, :known] -= 2.5
    return Posterior.from_tensors(mean, log_std), classes


def show(what: str, rows: int, latents: int, samples: int | None, work: Callable[[], object]) -> None:
    """Print a row of the table."""
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    print(f"| {what} | {rows:,} | {latents} | {samples or ''} | {seconds:.1f} | {peak():.1f} |")


def main() -> None:
    """Measure MIG and TC over N, D and S, then each score at the largest N."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 737_280
    print(
        f"{torch.get_num_threads()} threads",
        "| measure | N | D | S | CPU seconds | GB so far |",
        "|---|---:|---:|---:|---:|---:|",
        sep="\n",
    )
    for rows, latents in (
        (largest // 16, LATENTS),
        (largest // 4, LATENTS),
        (largest, LATENTS),
        (largest, LATENTS // 2),
    ):
        posterior, classes = codes(rows, latents)
        show("mig", rows, latents, None, lambda: entropies(posterior, classes, by_quadrature()))  # noqa: B023
    for rows, samples in ((largest // 4, SAMPLES), (largest, SAMPLES), (largest, 2 * SAMPLES)):
        posterior, classes = codes(rows, LATENTS)
        show("estimate-tc", rows, LATENTS, samples, lambda: decompose(posterior, samples, torch.Generator()))  # noqa: B023
    tensors = (posterior.mean, posterior.log_std, classes, posterior.probability)
    given = represent(*(tensor.numpy() for tensor in tensors))
    for name, measure in MEASURES.items():
        if name != "dci":  # minutes: its cost is scikit-learn's, and does not depend on N
            show(f"score {name}", largest, LATENTS, None, lambda: measure.compute(given, Plan()))  # noqa: B023


if __name__ == "__main__":
    main()
