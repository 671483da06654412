"""Latent traversals: the decoder's mean image as one latent at a time walks along a line."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tcvae_cli.models.model import Model


@dataclass(frozen=True)
class Walk:
    """Images (latent, frame, channel, height, width) in [0, 1] for VALUES (frame,) of each latent in turn."""

    images: Tensor
    values: Tensor


@torch.inference_mode()
def traverse(model: Model, start: Tensor, latents: list[int], values: Tensor) -> Walk:
    """Walk each of LATENTS through VALUES with the others held at START (latent,).

    Values are those of the prior's base: under a flow prior the latent itself walks through their images.
    """
    walked = model.prior.from_base(values.to(start)[:, None].expand(-1, len(start)))
    rows = []
    for latent in latents:
        z = start.repeat(len(values), 1)
        z[:, latent] = walked[:, latent]
        rows.append(torch.sigmoid(model.logits(z).float()).cpu())
    return Walk(torch.stack(rows), values)
