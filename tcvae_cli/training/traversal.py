"""Latent traversals: the decoder's mean image as one latent at a time walks along a line."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.models.vae import Vae


@dataclass(frozen=True)
class Walk:
    """Images (latent, frame, channel, height, width) in [0, 1] for VALUES (frame,) of each latent in turn."""

    images: Tensor
    values: Tensor


@torch.inference_mode()
def traverse(vae: Vae, start: Tensor, latents: list[int], values: Tensor) -> Walk:
    """Walk each of LATENTS through VALUES with the others held at START (latent,)."""
    rows = []
    for latent in latents:
        z = start.repeat(len(values), 1)
        z[:, latent] = values.to(z)
        rows.append(torch.sigmoid(vae.logits(z)).cpu())
    return Walk(torch.stack(rows), values)
