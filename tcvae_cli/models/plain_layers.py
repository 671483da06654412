"""The networks of a trained model in torch's own layers, as other programs take them: from images, and from codes."""

import copy

import torch
from torch import Tensor, nn

from tcvae_cli.models.infogan import NOISE_VARIABLES, InfoGan
from tcvae_cli.models.model import Model
from tcvae_cli.models.vae import Vae


class Encoder(nn.Module):
    """From images (batch, channel, height, width) in [0, 1] to mean and log_std (batch, latent) of q(z|x)."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return self.encoder(images).chunk(2, dim=1)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """From codes z (batch, latent) to the mean images (batch, channel, height, width) of p(x|z), in [0, 1]."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor) -> tuple[Tensor, ...]:
        return (torch.sigmoid(self.decoder(z)),)


class Autoencoder(nn.Module):
    """From images to mean and log_std, and to the reconstruction: the decoder's images of the mean."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        mean, log_std = self.encoder(images).chunk(2, dim=1)
        return mean, log_std, torch.sigmoid(self.decoder(mean))


def plain_networks(model: Model) -> tuple[nn.Module, nn.Module]:
    """Return copies, on the CPU, of a model's encoder (to 2 latent numbers) and decoder (to logits).

    Each layer of ours is the one of torch that it differs from in speed and rounding only, in the same place, so that
    weights keep their names. InfoGAN's generator loses the noise variables behind the codes, which decoding holds at 0.
    """
    if isinstance(model, InfoGan):
        encoder = plain(nn.Sequential(*model.critic.features, *model.critic.codes))
        return encoder, without_noise(plain(model.generator))
    assert isinstance(model, Vae)
    return plain(model.encoder), plain(model.decoder)


def plain(network: nn.Module) -> nn.Module:
    """Return a copy of a network on the CPU whose layers are torch's own.

    An Identity keeps the place of the rectifier, which our batch norm computes too.
    """
    found: nn.Module = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).requires_grad_(False)  # type: ignore[call-overload]
    for part in list(found.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.Identity):
                part.add_module(name, nn.ReLU())
        part.__class__ = next(kind for kind in type(part).__mro__ if kind.__module__.startswith("torch.nn.modules"))
    return found.eval()


def without_noise(generator: nn.Module) -> nn.Module:
    """Let a generator take codes alone: its first layer loses the weights of the noise variables behind them."""
    unflatten, first = generator[0], generator[1]  # type: ignore[index]
    first.in_channels -= NOISE_VARIABLES
    first.weight = nn.Parameter(first.weight[: first.in_channels].clone(), requires_grad=False)
    unflatten.unflattened_size = (first.in_channels, *unflatten.unflattened_size[1:])
    return generator
