"""FactorVAE's discriminator: is z a joint sample of the latents, or was each latent drawn on its own?"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.models.networks import Float32Linear

WIDTH, HIDDEN_LAYERS = 1000, 6


class Discriminator(nn.Module):
    """6 layers of LeakyReLU(0.2), each 1000 wide, to logits of joint and permuted: Kim & Mnih 2018, appendix A."""

    def __init__(self, latents: int, width: int = WIDTH) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in [latents] + [width] * (HIDDEN_LAYERS - 1):
            layers += [nn.Linear(inputs, width), nn.LeakyReLU(0.2)]
        self.layers, self.head = nn.Sequential(*layers), Float32Linear(width, 2)

    def log_ratio(self, z: Tensor) -> Tensor:
        """Return the discriminator's ln q(z) / prod_j q(z_j): (batch,). Its mean over q(z) estimates the TC, in nats.

        The logits are float32 whatever the layers below them are.
        """
        joint, permuted = self.head(self.layers(z)).unbind(-1)
        return joint - permuted  # type: ignore[no-any-return]

    def loss(self, joint: Tensor, permuted: Tensor) -> Tensor:
        """Return the cross-entropy of telling JOINT from PERMUTED latents (batch, latent): (batch,), nats."""
        return 0.5 * (F.softplus(-self.log_ratio(joint)) + F.softplus(self.log_ratio(permuted)))


def latent_orders(batch: int, latents: int, generator: torch.Generator) -> Tensor:
    """Draw an order of the batch for each latent: (batch, latent). z.gather(0, orders) permutes each on its own."""
    return torch.stack([torch.randperm(batch, generator=generator) for _ in range(latents)], dim=1)
