"""The layers of a decoder as a page carries them: a table of their shapes, and their numbers as text."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tcvae_cli.arrays import Array

EXACT = 20_000  # weights up to which a layer stays float32: rounding costs most where few numbers carry all
LEVELS = 80  # of a sign, of the 127 in int8: so a page of the paper's MLP is below 10 MB whatever its weights are


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights (kernel * kernel * after, before) from each place of an image to the places of the next around it.

    Images are (side, side, channel), and a vector is an image of one place. Place (y, x) adds to the places
    (y * stride - padding + row, x * stride - padding + column) of the next, for each row and column of the kernel, the
    slow axes of the weights. Then comes the bias (after,), then the activation. So kernel 1 on side 1 is a linear
    layer, and anything else a transposed convolution.
    """

    weights: Array
    bias: Array
    activation: str = ""  # "", "tanh" or "relu"
    side: int = 1
    kernel: int = 1
    stride: int = 1
    padding: int = 0

    @property
    def is_exact(self) -> bool:
        """Tell whether the page has its weights in float32."""
        return bool(self.weights.size <= EXACT)

    def table(self) -> dict[str, Any]:
        """Return what the page's script needs to know of it beside its numbers."""
        rows, before = self.weights.shape
        return {
            "rows": rows,
            "before": before,
            "after": len(self.bias),
            "exact": self.is_exact,
            "activation": self.activation,
            "side": self.side,
            "kernel": self.kernel,
            "stride": self.stride,
            "padding": self.padding,
        }


def packed(layers: Sequence[Layer]) -> str:
    """Return the numbers of some layers as deflated bytes in base64.

    First come all float32, little-endian: of each layer its bias and then its weights, or where these are int8 a scale
    for each row. Then come the weights in int8.
    """
    floats, bytes_ = [], []
    for layer in layers:
        floats.append(layer.bias)
        if layer.is_exact:
            floats.append(layer.weights.ravel())
        else:
            whole, scale = rounded(layer.weights)
            floats.append(scale)
            bytes_.append(whole.ravel())
    content = np.concatenate(floats).astype("<f4").tobytes() + b"".join(part.tobytes() for part in bytes_)
    deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)  # weights do not repeat
    return base64.b64encode(deflate.compress(content) + deflate.flush()).decode()


def rounded(weights: Array) -> tuple[Array, Array]:
    """Return weights (row, column) as int8, and the scale (row,) that gives them back, to half of it."""
    scale = np.abs(weights).max(axis=1) / LEVELS
    scale[scale == 0] = 1
    return np.rint(weights / scale[:, None]).astype(np.int8), scale
