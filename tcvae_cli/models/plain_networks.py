"""Convolutional encoders and decoders of other papers, for images of side 64: no batch norm, and ReLU after each layer.

Each convolution has stride 2 and halves the side, down to 4; the decoder is the encoder's mirror image, with kernels of
side 4. The posterior's layer gives log_std, where the code of Locatello et al. has ln variance.
"""

import itertools
from typing import NamedTuple

from torch import nn

from tcvae_cli.models.doubling import Doubling
from tcvae_cli.models.networks import ConvTranspose2d, Float32Linear

LAST_SIDE = 4


class Layers(NamedTuple):
    """The layers of an encoder, first to last."""

    channels: tuple[int, ...]
    kernels: tuple[int, ...]
    dense: tuple[int, ...]


PLAIN = {
    # Burgess et al. 2018, appendix A.1.
    "burgess": Layers((32, 32, 32, 32), (4, 4, 4, 4), (256, 256)),
    # Locatello et al. 2019 as its code (disentanglement_lib, conv_encoder) and its published models have it. Table 2 of
    # the paper writes kernels of side 4 throughout.
    "locatello": Layers((32, 32, 64, 64), (4, 4, 2, 2), (256,)),
}


def plain_encoder(architecture: str, channels: int, outputs: int) -> nn.Sequential:
    """Return the convolutions, the dense layers, and a last one to the outputs."""
    shape = PLAIN[architecture]
    layers: list[nn.Module] = []
    for (before, after), kernel in zip(itertools.pairwise((channels, *shape.channels)), shape.kernels, strict=True):
        layers += [nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2 - 1), nn.ReLU(inplace=True)]
    layers.append(nn.Flatten())
    for before, after in itertools.pairwise((shape.channels[-1] * LAST_SIDE**2, *shape.dense)):
        layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, Float32Linear(shape.dense[-1], outputs))


def plain_decoder(architecture: str, latents: int, channels: int) -> nn.Sequential:
    """Return the same backwards, which gives logits."""
    shape = PLAIN[architecture]
    widths = shape.channels[::-1]
    layers: list[nn.Module] = [Float32Linear(latents, shape.dense[-1]), nn.ReLU(inplace=True)]
    for before, after in itertools.pairwise((*shape.dense[::-1], widths[0] * LAST_SIDE**2)):
        layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
    layers.append(nn.Unflatten(1, (widths[0], LAST_SIDE, LAST_SIDE)))
    for before, after in itertools.pairwise(widths):
        layers += [ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, Doubling(widths[-1], channels))
