"""Which latents carry anything at all: the one rule of every measure and every picture."""

import torch
from torch import Tensor

from tcvae_cli.activity import ACTIVE_SHARE


def rounding_of(mean: Tensor) -> float:
    """Return the share of its largest value by which a mean varies that is constant but for rounding.

    It is that of float32, also for floats of 16 bits; float64 keeps its digits but for 6 bits that sums may lose.
    """
    return 2.0**-46 if mean.dtype == torch.float64 else 2.0**-23


def active_latents(mean: Tensor, log_std: Tensor, probability: Tensor, share: float = ACTIVE_SHARE) -> Tensor:
    """Return whether each latent's mean has more than SHARE of its aggregated variance: (latent,) bool.

    mean, log_std: (data, latent); probability: (data,), sums to 1.
    """
    return mean_share(mean, log_std, probability) > share


def mean_share(mean: Tensor, log_std: Tensor, probability: Tensor) -> Tensor:
    """Return Var(mean) / (Var(mean) + E[std^2]) of each latent, between 0 and 1: (latent,) float64.

    mean, log_std: (data, latent); probability: (data,), sums to 1. Unlike the variance itself the share is free of
    scale, and a dead latent has almost none of it, however cleanly its mean leaks a factor. A mean that is constant
    to rounding has 0. Means -1 and 1 of standard deviation 1: the variances are 1 and 1, so the share is 1/2.
    """
    rounding, mean = rounding_of(mean), mean.double()
    spread = probability.double() @ (mean - probability.double() @ mean).square()
    noise = probability.double() @ (2 * log_std.double()).exp()
    varies = spread.sqrt() > rounding * mean.abs().amax(0)
    return (spread / (spread + noise)).where(varies, 0.0).cpu()


def effective_latents(kl: Tensor) -> float:
    """Return exp H(share), share_j = KL_j / sum_j KL_j: how many latents there would be if all had the same mean KL.

    kl: (latent,) in nats. It is Hill's number of order 1 (Hill 1973): 3, 3, 0 gives 2, and 3, 0.1, 0.1 gives 1.32. It
    is 0 where no latent differs from the prior.
    """
    share = kl.double().clamp(min=0)
    if not float(share.sum()) > 0:
        return 0.0
    return float(torch.special.entr(share / share.sum()).sum().exp())
