"""Posteriors whose images are not of one kind: far ones, rare clusters, heavy tails."""

import math

import torch

from tcvae_cli.estimators import Posterior


def awkward_posterior(kind: str, images: int, latents: int) -> Posterior:
    """Return a made-up posterior of a KIND that a few samples may miss: "far 50", "clusters", "tails", ..."""
    generator = torch.Generator().manual_seed(7)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    mean, log_std = noise(images, latents), -1 + 0.3 * noise(images, latents)
    name, _, number = kind.partition(" ")
    match name:
        case "far":  # one image in a far corner
            mean[3] = float(number)
        case "further":  # four of them, each further than the one before
            mean[3:7] = torch.tensor([5.0, 50.0, 1e3, -1e4], dtype=torch.float64)[:, None]
        case "clusters":  # far images alone and a far pair
            mean[:4] = 20 + 3 * noise(4, latents)
            mean[4:6] = -20 + 0.1 * noise(2, latents)
        case "tails":  # Cauchy distances
            mean /= noise(images, 1).abs()
        case "widths":  # images alone in narrow posteriors, and wide ones that meet
            log_std = -1 + 2 * noise(images, latents).clamp(-4, 2)
        case "corners":  # images that no latent shows to be rare, but two together do
            mean = 0.5 * mean + torch.where(mean[:, :1] > 0, 3, -3)
            mean[:2, ::2] *= -1
        case "independent":  # a grid: no total correlation
            side = round(images ** (1 / latents))
            mean = torch.cartesian_prod(*[torch.arange(side, dtype=torch.float64)] * latents)
            log_std = torch.full_like(mean, math.log(0.6))
        case _:
            raise ValueError(kind)
    return Posterior.from_tensors(mean, log_std)
