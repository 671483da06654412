"""Log densities, entropies and divergences of the diagonal normal. `log_std` everywhere, never log variance."""

import math

import torch
from torch import Tensor

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def normal_log_density(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """ln N(z; mean, std^2), elementwise over broadcast shapes."""
    return -0.5 * ((z - mean) * torch.exp(-log_std)).square() - log_std - HALF_LOG_TWO_PI


def standard_normal_log_density(z: Tensor) -> Tensor:
    """ln N(z; 0, 1), elementwise."""
    return -0.5 * z.square() - HALF_LOG_TWO_PI


def normal_entropy(log_std: Tensor) -> Tensor:
    """H[N(mean, std^2)] = log_std + (1 + ln 2 pi) / 2, elementwise."""
    return log_std + HALF_LOG_TWO_PI + 0.5


def normal_kl(mean: Tensor, log_std: Tensor) -> Tensor:
    """KL(N(mean, std^2) || N(0, 1)), elementwise: Kingma & Welling 2014, appendix B."""
    return 0.5 * (mean.square() + torch.exp(2 * log_std) - 1) - log_std
