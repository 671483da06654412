"""Location-scale families of posterior: densities, entropies, divergences. `log_std` is ln of the standard deviation.

Every family is described by its member of mean 0 and standard deviation 1, in t = (z - mean) / std, and that member is
also the prior of its name. All in nats, elementwise over broadcast shapes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
SQRT_TWO = math.sqrt(2)


@dataclass(frozen=True)
class Family:
    """The standard member of a location-scale family, and what the estimators need to know of it."""

    name: str
    log_kernel: Callable[[Tensor], Tensor]  # ln density + log_normaliser, at t
    slope: Callable[[Tensor], Tensor]  # - d log_kernel / d t
    log_normaliser: float
    entropy: float  # of the standard member, in nats
    surprise_variance: float  # of - ln density under itself
    mean_absolute: Callable[[Tensor], Tensor]  # E|t + x| over t, at x
    standard_noise: Callable[[tuple[int, ...], torch.Generator, torch.dtype], Tensor]  # independent t, on the CPU
    reach: float  # |t| beyond which less than 3e-12 of the mass lies
    has_cusp: bool  # at the mean


def _normal_mean_absolute(x: Tensor) -> Tensor:
    return math.sqrt(2 / math.pi) * torch.exp(-0.5 * x.square()) + x * torch.erf(x / SQRT_TWO)


def _draw_normal(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=dtype)


def _draw_laplace(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Draw by the quantile function; torch.rand is in [0, 1), so the logarithm is of (0, 1]."""
    uniform = torch.rand(shape, generator=generator, dtype=torch.float64) - 0.5
    return (-uniform.sign() * torch.log1p(-2 * uniform.abs().clamp_(max=0.5 - 1e-16)) / SQRT_TWO).to(dtype)


NORMAL = Family(
    name="normal",
    log_kernel=lambda t: (t * t).mul_(-0.5),
    slope=lambda t: t,
    log_normaliser=HALF_LOG_TWO_PI,
    entropy=HALF_LOG_TWO_PI + 0.5,
    surprise_variance=0.5,
    mean_absolute=_normal_mean_absolute,
    standard_noise=_draw_normal,
    reach=7.0,
    has_cusp=False,
)
LAPLACE = Family(
    name="laplace",
    log_kernel=lambda t: t.abs().mul_(-SQRT_TWO),
    slope=lambda t: t.sign().mul_(SQRT_TWO),
    log_normaliser=0.5 * math.log(2),
    entropy=1 + 0.5 * math.log(2),
    surprise_variance=1.0,
    mean_absolute=lambda x: x.abs() + torch.exp(-SQRT_TWO * x.abs()) / SQRT_TWO,
    standard_noise=_draw_laplace,
    reach=19.0,
    has_cusp=True,
)
FAMILIES = {family.name: family for family in (NORMAL, LAPLACE)}


def log_density(z: Tensor, mean: Tensor, log_std: Tensor, family: Family = NORMAL) -> Tensor:
    """Return ln q(z) of the member with this mean and std."""
    return family.log_kernel((z - mean) * torch.exp(-log_std)) - log_std - family.log_normaliser


def standard_log_density(z: Tensor, family: Family = NORMAL) -> Tensor:
    """Return ln of the density with mean 0 and std 1."""
    return family.log_kernel(z) - family.log_normaliser


def differential_entropy(log_std: Tensor, family: Family = NORMAL) -> Tensor:
    """Return H[q], which does not depend on the mean."""
    return log_std + family.entropy


def cross_entropy(mean: Tensor, log_std: Tensor, family: Family = NORMAL, prior: Family = NORMAL) -> Tensor:
    """Return - E_q[ln p(z)] for q of FAMILY and p the standard member of PRIOR, in closed form."""
    if prior is NORMAL:
        return 0.5 * (mean.square() + torch.exp(2 * log_std)) + HALF_LOG_TWO_PI
    std = torch.exp(log_std)
    return SQRT_TWO * std * family.mean_absolute(mean / std) + LAPLACE.log_normaliser


def kl(mean: Tensor, log_std: Tensor, family: Family = NORMAL, prior: Family = NORMAL) -> Tensor:
    """Return KL(q || p) for q of FAMILY and p the standard member of PRIOR (normals: Kingma & Welling 2014, app. B)."""
    return cross_entropy(mean, log_std, family, prior) - differential_entropy(log_std, family)


def sample(mean: Tensor, log_std: Tensor, generator: torch.Generator, family: Family = NORMAL) -> Tensor:
    """Draw one reparameterised z ~ q for each mean and log_std, with noise drawn by GENERATOR on the CPU."""
    return mean + torch.exp(log_std) * family.standard_noise(mean.shape, generator, mean.dtype).to(mean.device)
