"""Encoders and decoders of Chen et al. 2018, appendix: images (batch, channel, side, side), codes (batch, latent)."""

import itertools

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.models.doubling import Doubling
from tcvae_cli.models.normalised import RectifiedBatchNorm2d


class Float32Linear(nn.Linear):
    """A linear layer in float32 whatever the network runs in, for what must not be rounded.

    In bfloat16 the means of the posteriors would lie on a lattice, as coarse as the narrow ones are wide.
    """

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(features.to(self.weight.dtype))


class Float32Pixel(nn.Conv2d):
    """A convolution of a single pixel that is such a linear layer: (batch, before, 1, 1) to (batch, after, 1, 1)."""

    def forward(self, pixel: Tensor) -> Tensor:
        with torch.autocast(pixel.device.type, enabled=False):
            if pixel.dtype == self.weight.dtype:
                return super().forward(pixel)  # in the bits that a network in float32 has always had
            outputs = F.linear(pixel.flatten(1).to(self.weight.dtype), self.weight.flatten(1), self.bias)
        return outputs[:, :, None, None]


def mlp_encoder(pixels: int, outputs: int) -> nn.Sequential:
    """Return pixels-1200-ReLU-1200-ReLU-outputs on flattened images."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(pixels, 1200),
        nn.ReLU(),
        nn.Linear(1200, 1200),
        nn.ReLU(),
        Float32Linear(1200, outputs),
    )


def mlp_decoder(latents: int, channels: int, side: int) -> nn.Sequential:
    """Return latents-1200-Tanh-1200-Tanh-1200-Tanh-pixels, which gives logits."""
    return nn.Sequential(
        Float32Linear(latents, 1200),
        nn.Tanh(),
        nn.Linear(1200, 1200),
        nn.Tanh(),
        nn.Linear(1200, 1200),
        nn.Tanh(),
        nn.Linear(1200, channels * side * side),
        nn.Unflatten(1, (channels, side, side)),
    )


class ConvTranspose2d(nn.ConvTranspose2d):
    """torch's, with the bias added outside: on a CPU its gradient inside takes longer than all the others together."""

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert self.bias is not None
        outputs = F.conv_transpose2d(images, self.weight, None, self.stride, self.padding)  # type: ignore[arg-type]
        return outputs.add_(self.bias.to(outputs.dtype)[:, None, None])


class WholeConv2d(nn.Conv2d):
    """A convolution whose kernel covers the whole image: as a matrix product it takes a quarter of the time."""

    def forward(self, images: Tensor) -> Tensor:
        return F.linear(images.flatten(1), self.weight.flatten(1), self.bias)[:, :, None, None]


class WholeConvTranspose2d(ConvTranspose2d):
    """The transposed convolution of that kind: from a single pixel to the whole image."""

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert self.bias is not None
        outputs = images.flatten(1) @ self.weight.flatten(1) + self.bias.repeat_interleave(self.weight[0, 0].numel())
        return outputs.view(len(images), *self.weight.shape[1:])


def _normalised(layer: nn.Module, width: int) -> list[nn.Module]:
    return [layer, RectifiedBatchNorm2d(width), nn.Identity()]  # which keeps the numbers of layers in files


# Channels of the layers that halve an image down to 4 x 4. The paper's are those of side 64.
CONV_WIDTHS = {32: (32, 64, 64), 64: (32, 32, 64, 64), 128: (32, 32, 32, 64, 64)}
# Of the images that an architecture takes; any other takes all.
SIDES = {"conv": tuple(CONV_WIDTHS), "burgess": (64,), "locatello": (64,)}


def conv_encoder(channels: int, side: int, outputs: int) -> nn.Sequential:
    """Return conv 32, 32, 64, 64 (k4 s2 p1), 512 (k4), each BatchNorm + ReLU, then 1 x 1 to the outputs, at side 64."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise((channels, *CONV_WIDTHS[side])):
        layers += _normalised(nn.Conv2d(before, after, 4, stride=2, padding=1), after)
    layers += _normalised(WholeConv2d(64, 512, 4), 512)
    return nn.Sequential(*layers, Float32Pixel(512, outputs, 1), nn.Flatten())


def conv_decoder(latents: int, channels: int, side: int) -> nn.Sequential:
    """Return deconv 512 (k1), 64 (k4), 64, 32, 32 (k4 s2 p1), each BatchNorm + ReLU, then k4 s2 p1, at side 64."""
    layers: list[nn.Module] = [nn.Unflatten(1, (latents, 1, 1))]
    layers += _normalised(ConvTranspose2d(latents, 512, 1), 512)
    layers += _normalised(WholeConvTranspose2d(512, 64, 4), 64)
    for before, after in itertools.pairwise(CONV_WIDTHS[side][::-1]):
        layers += _normalised(ConvTranspose2d(before, after, 4, stride=2, padding=1), after)
    return nn.Sequential(*layers, Doubling(32, channels))


def check_input(architecture: str, input_shape: tuple[int, int, int]) -> None:
    """Raise ValueError if the architecture cannot take images of shape (channels, height, width)."""
    _, height, width = input_shape
    if height != width:
        raise ValueError(f"images must be square, not {height} x {width}")
    if fault := wrong_side(architecture, height):
        raise ValueError(f"the {architecture} network {fault}")


def wrong_side(architecture: str, side: int) -> str:
    """Return in words why an architecture does not take images of a side; "" if it does."""
    sides = SIDES.get(architecture, (side,))
    in_words = " or ".join(", ".join(map(str, sides)).rsplit(", ", 1))
    return "" if side in sides else f"takes images of side {in_words}, not {side}"


def split_posterior(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Split (..., 2 latent) into mean and log_std, each (..., latent) float32."""
    mean, log_std = outputs.float().chunk(2, dim=-1)
    return mean, log_std
