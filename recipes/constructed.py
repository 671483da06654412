"""Codes made from a grid of factors, so that what they tell of each factor is known:

    python recipes/constructed.py unlike_30 out/codes.safetensors

They are written as a third party would write them, by docs/formats.md alone.

alike_DEGREES: two latents, each a factor of eight even values with standard deviation 1, then turned in their plane.
unlike_DEGREES: the same, but the second factor is spread half as far as the first.
two-mode_0: each latent is its factor times a sign that no scored factor tells: its distribution has two modes, also
where the factor is fixed; the distance from 0 tells the factor without doubt.
blurred_0: alike_0 with normal noise of standard deviation 1 on each mean: the codes of an imperfect model.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

SIZES = {"first": 8, "second": 8, "sign_of_first": 2, "sign_of_second": 2, "copy": 64}
NOISE = 0.02  # standard deviation of each posterior: a fifth of the least distance between two values
SPREADS = {"alike": (1.0, 1.0), "unlike": (1.0, 0.5), "blurred": (1.0, 1.0)}

Array = npt.NDArray[np.float64]


def constructed(kind: str, degrees: float) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the means (images, 2) and the factor classes (images, factors) of a kind of codes."""
    classes = np.stack(np.meshgrid(*map(np.arange, SIZES.values()), indexing="ij"), axis=-1).reshape(-1, len(SIZES))
    values = classes[:, :2].astype(float)
    if kind == "two-mode":
        means = (2 * classes[:, 2:4] - 1) * (2 + 0.1 * values)
    else:
        means = (values - values.mean(0)) / values.std(0) * SPREADS[kind]
    if kind == "blurred":
        means = means + np.random.default_rng(0).normal(size=means.shape)
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return means @ turn.T, classes


def main(name: str, path: str) -> None:
    """Write the codes that NAME, kind_degrees, describes."""
    kind, degrees = name.split("_")
    means, classes = constructed(kind, float(degrees))
    header = {
        "kind": "codes",
        "schema": 1,
        "settings": {"objective": "constructed", "codes": kind, "degrees": float(degrees)},
        "data": {
            "name": "constructed codes",
            "provenance": "made from a grid of factors",
            "factor_names": list(SIZES),
            "scored_factors": ["first", "second"],
            "rows": len(means),
        },
    }
    tensors = {"mean": means, "log_std": np.full_like(means, math.log(NOISE)), "factor_classes": classes}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(save(tensors, {"tcvae": json.dumps(header)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
