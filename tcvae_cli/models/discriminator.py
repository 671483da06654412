"""FactorVAE's discriminator: is z a joint sample of the latents, or one whose latents were drawn apart?"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

WIDTH, HIDDEN_LAYERS = 1000, 6


class Discriminator(nn.Module):
    """6 x 1000 LeakyReLU(0.2) to two logits, joint and permuted: Kim & Mnih 2018, appendix A."""

    def __init__(self, latents: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in [latents] + [WIDTH] * (HIDDEN_LAYERS - 1):
            layers += [nn.Linear(width, WIDTH), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(WIDTH, 2))

    def log_ratio(self, z: Tensor) -> Tensor:
        """ln q(z) / prod_j q(z_j) as it is told apart: (batch,). Its mean over q(z) estimates the TC, in nats."""
        joint, permuted = self.layers(z).float().unbind(1)
        return joint - permuted  # type: ignore[no-any-return]

    def loss(self, joint: Tensor, permuted: Tensor) -> Tensor:
        """Cross-entropy of telling JOINT from PERMUTED latents (batch, latent) apart: (batch,), nats."""
        return 0.5 * (F.softplus(-self.log_ratio(joint)) + F.softplus(self.log_ratio(permuted)))


def permute_latents(z: Tensor, generator: torch.Generator) -> Tensor:
    """Each latent of the batch (batch, latent) in an order of its own, by GENERATOR on the CPU."""
    orders = torch.stack([torch.randperm(len(z), generator=generator) for _ in range(z.shape[1])], dim=1)
    return z.gather(0, orders.to(z.device))
