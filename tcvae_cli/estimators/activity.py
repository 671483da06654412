"""Which latents carry anything at all."""

from torch import Tensor

LEAST_SHARE = 0.01  # Chen et al. 2018 call a latent active if Var(mean) > 0.01, where the whole variance is about 1
ROUNDING = 2.0**-23  # of float32: a mean that varies less is constant


def active_latents(mean: Tensor, log_std: Tensor, probability: Tensor) -> Tensor:
    """Whether the means are more than LEAST_SHARE of each latent's aggregated variance: (latent,) bool.

    mean, log_std: (data, latent); probability: (data,), sums to 1. Unlike a threshold on the variance the share is free
    of scale, and a dead latent has almost none of it, however cleanly its mean leaks a factor.
    """
    mean = mean.double()
    spread = probability @ (mean - probability @ mean).square()
    noise = probability @ (2 * log_std.double()).exp()
    return (spread > LEAST_SHARE * (spread + noise)) & (spread.sqrt() > ROUNDING * mean.abs().amax(0))
