"""The aggregated posterior at points: log q(z) over all N components, log q(z_j) from the panels of its integral."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.estimators.densities import HALF_LOG_TWO_PI, NORMAL, log_density
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.quadrature import Leaves, interpolation
from tcvae_cli.estimators.threads import map_in_threads

BLOCK_SAMPLES, BLOCK_COMPONENTS = 256, 1024  # 2 MB of float64: the temporaries of a block stay in cache
COMPONENTS_ON_CUDA = 1 << 16  # 128 MB
BLOCK_POINTS = 1 << 15
LARGEST_EXPONENT = 80.0
LARGEST_ROUNDING = 1e-6  # nats, of an exponent as a matrix product


def joint_log_density(
    z: Tensor, rows: Tensor, posterior: Posterior, advance: Callable[[int], object] = lambda count: None
) -> Tensor:
    """Return log q(z) over all N components for z drawn from images ROWS: (samples,), float64, where z is.

    For normals the exponents are one matrix product in float64, [z^2, z, 1] with the components' natural parameters;
    relative to the sample's own component they fit float32, where exp is cheap. Other families, and normals so narrow
    that the product would cancel, are weighed one difference at a time, several times slower.
    """
    place, on_cpu = z.device, posterior.device.type == "cpu"
    z, rows = z.to(posterior.device), rows.to(posterior.device)
    mean, log_std = posterior.mean.double(), posterior.log_std.double()
    own = log_density(z, mean[rows], log_std[rows], posterior.family).sum(1) + posterior.probability[rows].log()
    precision = (-2 * log_std).exp()
    # z^2/2s^2 - z m/s^2 + m^2/2s^2 is (z - m)^2/2s^2 only if its terms do not cancel. With m = 1000 s they are 5e5 each
    # and round at 5e5 * 2e-16 = 1e-10: harmless. With m = 1e6 s they round at 1e-4, and differences are taken instead.
    cancelled = float((mean.square() * precision).max()) * torch.finfo(torch.float64).eps
    block_rows, block_components = BLOCK_SAMPLES, BLOCK_COMPONENTS if on_cpu else COMPONENTS_ON_CUDA
    if posterior.family is NORMAL and cancelled < LARGEST_ROUNDING:
        constant = posterior.probability.log() - (log_std + HALF_LOG_TWO_PI + 0.5 * mean.square() * precision).sum(1)
        natural = torch.cat([-0.5 * precision, mean * precision, constant[:, None]], dim=1)  # (data, 2 latent + 1)
        features = torch.cat([z.square(), z, torch.ones_like(z[:, :1])], dim=1)

        def log_terms(samples: Tensor, components: slice) -> Tensor:
            return features[samples] @ natural[components].T

    else:
        block_rows = 16 if on_cpu else BLOCK_SAMPLES
        constant = posterior.probability.log() - (log_std + posterior.family.log_normaliser).sum(1)
        inverse_std = (-log_std).exp()

        def log_terms(samples: Tensor, components: slice) -> Tensor:
            total = constant[components].repeat(len(samples), 1)
            for j in range(z.shape[1]):
                t = (z[samples, j, None] - mean[components, j]).mul_(inverse_std[components, j])
                total += posterior.family.log_kernel(t)
            return total

    def of_samples(samples: Tensor) -> Tensor:
        total = torch.zeros_like(own[samples])
        for start in range(0, len(mean), block_components):
            relative = log_terms(samples, slice(start, start + block_components)).sub_(own[samples, None]).float()
            # Relative to the sample's own term, e^80 of which float32 holds; what is e^-80 of it is nothing.
            terms = relative.clamp_(-LARGEST_EXPONENT, LARGEST_EXPONENT).exp_()
            total += terms.sum(1) if on_cpu else terms.sum(1, dtype=torch.float64)  # of many more terms
        return (own[samples] + total.log()).to(place)

    blocks = torch.arange(len(z), device=z.device).split(block_rows)
    return torch.cat(map_in_threads(of_samples, blocks, lambda samples: advance(len(samples)), None if on_cpu else 1))


def log_product_of_marginals(points: Tensor, marginals: list[list[Leaves]]) -> Tensor:
    """Return sum_j ln q(z_j) at POINTS (points, latent), from the panels of each latent: (points,)."""
    total = torch.zeros(len(points), dtype=torch.float64)
    for rows in torch.arange(len(points)).split(BLOCK_POINTS):
        for j, panels in enumerate(marginals):
            total[rows] += log_density_at(points[rows, j], panels)
    return total


def rough_log_density_at(points: Tensor, panels: list[Leaves]) -> Tensor:
    """Return ln of a one-group density at POINTS by lines between the nodes: (points,). A fifth of the time."""
    nodes = torch.cat([level.nodes().flatten() for level in panels])
    density = torch.cat([level.density[0].flatten() for level in panels])
    order = nodes.argsort()
    nodes, density = nodes[order].to(points.device), density[order].to(points.device)
    if points.device.type == "cpu":
        found = torch.from_numpy(np.interp(points.numpy(), nodes.numpy(), density.numpy()))
    else:
        right = torch.searchsorted(nodes, points.contiguous()).clamp(1, len(nodes) - 1)
        share = ((points - nodes[right - 1]) / (nodes[right] - nodes[right - 1])).clamp(0, 1)
        found = torch.lerp(density[right - 1], density[right], share)
    return found.clamp(min=torch.finfo(found.dtype).tiny).log()


def log_density_at(points: Tensor, panels: list[Leaves]) -> Tensor:
    """Return ln of a one-group density at POINTS, by the polynomial of the panel each lies in: (points,)."""
    result = torch.full_like(points, -math.inf)
    for level in panels:
        if len(level.left) == 0:
            continue
        panel = (torch.searchsorted(level.left, points.contiguous(), right=True) - 1).clamp(min=0)
        inside = (points >= level.left[panel]) & (points < level.left[panel] + level.width)
        panel, local = panel[inside], 2 * (points[inside] - level.left[panel[inside]]) / level.width - 1
        density = (interpolation(local) * level.density[0, panel]).sum(1)
        result[inside] = density.clamp(min=torch.finfo(density.dtype).tiny).log()
    return result
