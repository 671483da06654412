"""The decoder of a run as plain arrays, for whoever decodes without torch, such as the script of a page."""

from dataclasses import replace

import numpy as np
from torch import nn

from tcvae_cli.figures.pages.weights import Layer
from tcvae_cli.models.infogan import InfoGan
from tcvae_cli.models.model import Model
from tcvae_cli.models.normalised import RectifiedBatchNorm2d

ACTIVATIONS: dict[type[nn.Module], str] = {nn.Tanh: "tanh", nn.ReLU: "relu"}


def decoder_layers(model: Model, latents: int) -> list[Layer] | None:
    """Return the layers from a code (latent,) to the logits of its image; None for a decoder of other parts.

    InfoGAN's generator loses the noise variables behind the codes, which decoding holds at 0.
    """
    decoder = decoder_of(model)
    if decoder is None:
        return None
    layers: list[Layer] = []
    side = 1
    for part in decoder:
        last = layers[-1] if layers else None
        if isinstance(part, nn.Unflatten):
            _, side, _ = part.unflattened_size
            if last is not None:
                layers[-1] = channels_last(last, side)
        elif isinstance(part, nn.Linear):
            layers.append(Layer(floats(part.weight), floats(part.bias)))
        elif isinstance(part, nn.ConvTranspose2d) and is_plain(part):
            layers.append(transposed(part, side))
            side = (side - 1) * layers[-1].stride - 2 * layers[-1].padding + layers[-1].kernel
        elif isinstance(part, nn.BatchNorm2d) and last is not None and not last.activation:
            layers[-1] = normalised(last, part)
        elif type(part) in ACTIVATIONS and last is not None and not last.activation:
            layers[-1] = replace(last, activation=ACTIVATIONS[type(part)])
        elif not isinstance(part, nn.Identity):
            return None
    first = layers[0]
    return [replace(first, weights=np.ascontiguousarray(first.weights[:, :latents])), *layers[1:]]


def decoder_of(model: Model) -> nn.Sequential | None:
    """Return the decoder of a model; None for one of another make."""
    decoder = model.generator if isinstance(model, InfoGan) else getattr(model, "decoder", None)
    return decoder if isinstance(decoder, nn.Sequential) else None


def decoder_size(model: Model) -> int:
    """Return the number of weights of a decoder."""
    decoder = decoder_of(model)
    return 0 if decoder is None else sum(weights.numel() for weights in decoder.parameters())


def floats(tensor: object) -> np.ndarray:
    """Return a parameter as float32."""
    return np.asarray(tensor.detach().cpu().float().numpy())  # type: ignore[attr-defined]


def is_plain(part: nn.ConvTranspose2d) -> bool:
    """Tell whether a transposed convolution is square and of the common kind."""
    square = all(len(set(of)) == 1 for of in (part.kernel_size, part.stride, part.padding))
    others = (part.groups, set(part.dilation), set(part.output_padding), part.bias is None)
    return square and others == (1, {1}, {0}, False)


def transposed(part: nn.ConvTranspose2d, side: int) -> Layer:
    """Return a transposed convolution of images of a SIDE; torch's weights are (before, after, row, column)."""
    weights = floats(part.weight).transpose(2, 3, 1, 0)
    kernel, stride, padding = part.kernel_size[0], part.stride[0], int(part.padding[0])
    rows = np.ascontiguousarray(weights.reshape(-1, weights.shape[-1]))
    return Layer(rows, floats(part.bias), "", side, kernel, stride, padding)


def channels_last(layer: Layer, side: int) -> Layer:
    """Let a linear layer give (row, column, channel) where torch's gives (channel, row, column)."""
    order = np.arange(len(layer.bias)).reshape(-1, side, side).transpose(1, 2, 0).ravel()
    return replace(layer, weights=np.ascontiguousarray(layer.weights[order]), bias=layer.bias[order])


def normalised(layer: Layer, norm: nn.BatchNorm2d) -> Layer:
    """Let a layer do itself what a batch norm in evaluation mode does after it, with the rectifier that ours has."""
    deviation = np.sqrt(floats(norm.running_var) + norm.eps)
    scale = floats(norm.weight) / deviation
    return replace(
        layer,
        weights=layer.weights * np.tile(scale, len(layer.weights) // len(scale))[:, None],
        bias=(layer.bias - floats(norm.running_mean)) * scale + floats(norm.bias),
        activation="relu" if isinstance(norm, RectifiedBatchNorm2d) else "",
    )
