"""A trained model as others use it: images to posteriors, and codes to images."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from tcvae_cli.arrays import Array
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.headers import RunHeader
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.models.model import BLOCK_ROWS, Model
from tcvae_cli.models.precision import autocast
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.checkpoint import load_model, run_settings


@dataclass(frozen=True, eq=False)
class Encoded:
    """Mean and log_std (image, latent) of q(z|n) for some images: arrays or tensors, as the images were given."""

    mean: Array | Tensor
    log_std: Array | Tensor


@dataclass(frozen=True, eq=False)
class Run:
    """A trained model in evaluation mode, with all that its file says of it."""

    stored: StoredRun
    settings: Settings
    model: Model = field(repr=False)
    device: torch.device

    @classmethod
    def from_stored(cls, stored: StoredRun, device: torch.device) -> "Run":
        """Build the model of a run or checkpoint on DEVICE. TcvaeError if its weights are not those of its header."""
        return cls(stored, run_settings(stored), load_model(stored, device), device)

    @property
    def header(self) -> RunHeader:
        """The header of the file: settings, data set, step, final terms."""
        return self.stored.header

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (height, width), or (height, width, 3)."""
        return self.header.data.image_shape

    @torch.no_grad()  # not inference_mode, whose tensors nobody can train on
    def posterior(self, images: Array | Tensor) -> Encoded:
        """Return q(z|n) of IMAGES (image, height, width[, 3]), as `encode` computes it.

        Floats are intensities in [0, 1]. Integers are levels from 0 to 255, or 0 and 1 for a run on binary images.
        ArgumentError for images of another shape or out of range.
        """
        blocks = []
        for block in self.pixels(images):
            with autocast(self.settings.precision, self.device):
                blocks.append(self.model.posterior(block))
        mean, log_std = (torch.cat(parts) for parts in zip(*blocks, strict=True))
        return Encoded(like(mean, images), like(log_std, images))

    @torch.no_grad()
    def decode(self, z: Array | Tensor) -> Array | Tensor:
        """Return the decoder's mean images (code, height, width[, 3]) in [0, 1] of the codes Z (code, latent).

        ArgumentError for codes of another shape, or that are not finite.
        """
        codes = as_tensor(z)
        if codes.dim() != 2 or codes.shape[1] != self.settings.latents or not len(codes):
            fault = f"has the shape {tuple(codes.shape)}"
            raise ArgumentError("z", fault, f"give one row of {self.settings.latents} numbers for each image to decode")
        if not bool(torch.isfinite(codes).all()):
            raise ArgumentError("z", "holds NaN or infinity", "give finite codes")
        blocks = [
            torch.sigmoid(self.model.logits(block.to(self.device, torch.float32)).float())
            for block in codes.split(BLOCK_ROWS)
        ]
        images = torch.cat(blocks).permute(0, 2, 3, 1)  # (code, height, width, channel)
        return like(images[..., 0] if images.shape[3] == 1 else images, z)

    def pixels(self, images: Array | Tensor) -> Iterator[Tensor]:
        """Yield blocks of IMAGES (image, height, width[, 3]) as floats (block, channel, height, width) in [0, 1]."""
        given = as_tensor(images)
        if tuple(given.shape[1:]) != self.image_shape or not len(given):
            wanted = "(images, " + ", ".join(map(str, self.image_shape)) + ")"
            raise ArgumentError("images", f"has the shape {tuple(given.shape)}", f"give an array {wanted}")
        whole = not given.is_floating_point()
        largest = 255 if whole and self.header.data.pixel_kind != "binary" else 1
        for block in given.split(BLOCK_ROWS):
            if not bool(((block >= 0) & (block <= largest)).all()):  # so not for NaN
                fault = f"holds pixels that are not between 0 and {largest}"
                raise ArgumentError("images", fault, "give floats in [0, 1], or integers as the data set has them")
            floats = block.to(self.device, torch.float32).reshape(len(block), *self.image_shape[:2], -1)
            yield floats.permute(0, 3, 1, 2) / largest


def as_tensor(given: Array | Tensor) -> Tensor:
    """Return what was GIVEN as a tensor: a copy of an array, which may not be writable."""
    return given if isinstance(given, Tensor) else torch.from_numpy(np.array(given))


def like(tensor: Tensor, given: Array | Tensor) -> Array | Tensor:
    """Return a tensor in the form of what was GIVEN: on the device of a tensor, or as an array of numpy."""
    return tensor.to(given.device) if isinstance(given, Tensor) else np.ascontiguousarray(tensor.cpu().numpy())
