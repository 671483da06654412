"""Plain PyTorch as a paper's authors write it: what the benchmarks compare with. It uses none of our estimators."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

N = 737_280


def log_normal(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return the log density of each element."""
    return -0.5 * ((z - mean) / log_std.exp()) ** 2 - log_std - 0.5 * math.log(2 * math.pi)


def mixture(z: Tensor, mean: Tensor, log_std: Tensor, data_set_size: int) -> tuple[Tensor, Tensor]:
    """Return Minibatch-weighted log q(z) and log q(z_j) from all B x B x D log densities at once (eq. 3)."""
    log_terms = log_normal(z[:, None], mean[None], log_std[None])
    constant = math.log(data_set_size * len(z))
    return torch.logsumexp(log_terms.sum(2), dim=1) - constant, torch.logsumexp(log_terms, dim=1) - constant


def mlp(latents: int) -> tuple[nn.Module, nn.Module]:
    """Return the paper's network for dSprites."""
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(4096, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 2 * latents)
    )
    decoder = nn.Sequential(
        nn.Linear(latents, 1200),
        nn.Tanh(),
        nn.Linear(1200, 1200),
        nn.Tanh(),
        nn.Linear(1200, 1200),
        nn.Tanh(),
        nn.Linear(1200, 4096),
        nn.Unflatten(1, (1, 64, 64)),
    )
    return encoder, decoder


def conv(latents: int) -> tuple[nn.Module, nn.Module]:
    """Return the paper's network for faces and chairs."""

    def layer(module: nn.Module, width: int) -> list[nn.Module]:
        return [module, nn.BatchNorm2d(width), nn.ReLU()]

    encoder = nn.Sequential(
        *layer(nn.Conv2d(1, 32, 4, 2, 1), 32),
        *layer(nn.Conv2d(32, 32, 4, 2, 1), 32),
        *layer(nn.Conv2d(32, 64, 4, 2, 1), 64),
        *layer(nn.Conv2d(64, 64, 4, 2, 1), 64),
        *layer(nn.Conv2d(64, 512, 4), 512),
        nn.Conv2d(512, 2 * latents, 1),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Unflatten(1, (latents, 1, 1)),
        *layer(nn.ConvTranspose2d(latents, 512, 1), 512),
        *layer(nn.ConvTranspose2d(512, 64, 4), 64),
        *layer(nn.ConvTranspose2d(64, 64, 4, 2, 1), 64),
        *layer(nn.ConvTranspose2d(64, 32, 4, 2, 1), 32),
        *layer(nn.ConvTranspose2d(32, 32, 4, 2, 1), 32),
        nn.ConvTranspose2d(32, 1, 4, 2, 1),
    )
    return encoder, decoder


class Training:
    """beta-TCVAE on batches of float images, float32 throughout, one step at a time."""

    def __init__(self, architecture: str, batch: int, latents: int, images: Tensor) -> None:
        torch.manual_seed(0)
        self.encoder, self.decoder = {"mlp": mlp, "conv": conv}[architecture](latents)
        self.optimizer = torch.optim.Adam([*self.encoder.parameters(), *self.decoder.parameters()], lr=1e-3)
        stored = torch.utils.data.TensorDataset(images)
        self.loader = torch.utils.data.DataLoader(stored, batch_size=batch, shuffle=True, drop_last=True)
        self.batches = iter(self.loader)

    def step(self) -> float:
        """Take one step of eq. 4 with beta = 6, and return the loss."""
        (images,) = next(self.batches, None) or self.rewound()
        mean, log_std = self.encoder(images).chunk(2, dim=1)
        z = mean + log_std.exp() * torch.randn_like(mean)
        logits = self.decoder(z)
        log_likelihood = -F.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)
        joint, marginals = mixture(z, mean, log_std, N)
        marginal = marginals.sum(1)
        log_qz_given_n = log_normal(z, mean, log_std).sum(1)
        log_pz = log_normal(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)
        penalty = (log_qz_given_n - joint) + 6 * (joint - marginal) + (marginal - log_pz)
        loss = (penalty - log_likelihood).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def rewound(self) -> tuple[Tensor]:
        """Start another epoch, and return its first batch."""
        self.batches = iter(self.loader)
        return next(self.batches)  # type: ignore[no-any-return]
