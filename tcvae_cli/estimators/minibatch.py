"""What a minibatch would say of the decomposition: the means of its terms, for comparison with the exact ones."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.estimators.densities import sample
from tcvae_cli.estimators.objective import minibatch_terms
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import Prior

FEWEST_BATCHES = 8  # +-1.96 standard errors of so many means hold the truth in 91% of the cases; of two means in 70%


def batch_means(
    posterior: Posterior, prior: Prior, estimator: str, batch: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield the means (3,) of index-code MI, TC and dimension-wise KL over one random batch after another, in nats.

    As in training: images without replacement if p(n) is uniform, else drawn by it and weighed by it (`mws`).
    """
    uniform = len(posterior.probability.unique()) == 1
    while True:
        if uniform:
            rows = torch.randperm(len(posterior.mean), generator=generator)[:batch]
        else:
            rows = posterior.probability.cpu().multinomial(batch, replacement=True, generator=generator)
        rows = rows.to(posterior.device)
        mean, log_std = posterior.mean[rows].double(), posterior.log_std[rows].double()
        z = sample(mean, log_std, generator, posterior.family)
        terms = minibatch_terms(
            *(z, mean, log_std, len(posterior.mean), estimator),
            family=posterior.family,
            log_pz=prior.log_density(z).sum(1),
            probability=None if uniform else posterior.probability[rows],
        )
        yield torch.stack([terms.index_code_mi, terms.total_correlation, terms.dimension_wise_kl]).mean(1)


@dataclass(frozen=True)
class BatchTerms:
    """Index-code MI, TC and dimension-wise KL: means over batches (3,) and their standard errors, in nats."""

    mean: Tensor
    standard_error: Tensor
    samples: int  # z in all batches together


def batches_for(samples: int, batch: int) -> int:
    """Return how many batches to draw for so many samples: at least as many as tell how far their means spread."""
    return max(FEWEST_BATCHES, -(-samples // batch))


def estimate_terms(
    posterior: Posterior,
    prior: Prior,
    estimator: str,
    batches: int,
    batch: int,
    generator: torch.Generator,
    advance: Callable[[int], object] = lambda count: None,
) -> BatchTerms:
    """Return the mean terms over BATCHES batches of BATCH images; `advance` is told of each batch."""
    means = []
    for mean in itertools.islice(batch_means(posterior, prior, estimator, batch, generator), batches):
        means.append(mean.cpu())
        advance(1)
    stacked = torch.stack(means)
    return BatchTerms(stacked.mean(0), stacked.std(0) / batches**0.5, batches * batch)
