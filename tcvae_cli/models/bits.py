"""The first layer of an encoder on pixels that are bits: sums of the weights of those that are 1, in the loops in C."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tcvae_cli.models.model import Model
from tcvae_cli.models.vae import Vae
from tcvae_cli.native import call, has, in_threads

PAIRS, LANES = 2, 16  # of native/bits.c
WORD = 64  # pixels that it takes at once
MOST_LIT = 0.15  # share of pixels that are 1, above which a matrix product takes less time


class BitLinear(nn.Module):
    """A linear layer in bfloat16 whose inputs are bits, eight in a byte as numpy.packbits packs them.

    With AVX-512 it gives the bits that torch's layer gives under autocast, elsewhere the same but for rounding.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.pixels, self.outputs = layer.in_features, layer.out_features
        self.tiles = -(-self.outputs // (2 * PAIRS * LANES))
        lacking = self.tiles * 2 * PAIRS * LANES - self.outputs
        weight = F.pad(layer.weight.detach().bfloat16(), (0, 0, 0, lacking))  # (tiles, pairs, of a pair, lane, pixel)
        apart = weight.view(self.tiles, PAIRS, 2, LANES, self.pixels // 2, 2).flip(5)  # neighbours change places
        self.weight = apart.permute(0, 4, 5, 1, 3, 2).contiguous()
        self.bias = F.pad(layer.bias.detach().bfloat16(), (0, lacking))

    def forward(self, packed: Tensor) -> Tensor:
        """Turn (rows, pixels / 8) uint8 into (rows, outputs) bfloat16."""
        packed = packed.contiguous()
        found = torch.empty(len(packed), self.tiles * 2 * PAIRS * LANES, dtype=torch.bfloat16)

        def work(start: int, stop: int) -> None:
            sizes = stop - start, self.pixels, self.tiles
            call("bits_forward", packed[start:], self.weight, self.bias, *sizes, found[start:])

        in_threads(work, len(packed), min(len(packed), torch.get_num_threads()))
        return found[:, : self.outputs]


def bit_encoder(model: Model, precision: str) -> nn.Module | None:
    """Return the encoder of a model for packed bits (rows, pixels / 8), in evaluation mode.

    None where there is no such loop for it: it has to begin with a linear layer in bfloat16, on the CPU.
    """
    if not isinstance(model, Vae) or not isinstance(model.encoder, nn.Sequential) or not has("bits_forward"):
        return None
    flatten, first, *others = model.encoder
    if not isinstance(flatten, nn.Flatten) or type(first) is not nn.Linear or first.in_features % WORD:
        return None
    if precision != "bfloat16" or first.weight.device.type != "cpu":
        return None
    return nn.Sequential(BitLinear(first), *others)
