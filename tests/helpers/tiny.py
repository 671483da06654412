"""Tiny data sets and codes, made in a moment."""

from pathlib import Path

import numpy as np
import safetensors.numpy

from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.datasets.labels import grid_factors
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set


def tiny_rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images, classes and values of 192 rows: 3 shapes x 2 scales x 4 orientations x 2 x 4 positions."""
    images, classes, values = [], [], []
    for shape in range(3):
        for i, scale in enumerate((1, 5)):
            for j, orientation in enumerate((0, 10, 20, 30)):
                packed = dsprites.render_combination(shape, scale, orientation).reshape(32, 32, -1)
                for k, x in enumerate((4, 28)):
                    for m, y in enumerate((2, 11, 20, 29)):
                        images.append(np.unpackbits(packed[x, y]).reshape(64, 64))
                        classes.append((0, shape, i, j, k, m))
                        values.append((1.0, shape + 1.0, scale / 10 + 0.5, orientation / 6.2, x / 31, y / 31))
    return np.stack(images), np.array(classes, dtype=np.int64), np.array(values)


def factor_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return classes and values (737280, 6) of all dSprites in the published order."""
    factors = grid_factors(dsprites.LEVELS)
    return np.stack([f.classes for f in factors], axis=1), np.stack([f.values for f in factors], axis=1)


def write_tiny(path: Path, labelled: bool = True, probability: np.ndarray | None = None, side: int = 64) -> None:
    """Write the tiny grid as a data set file.

    At side 32, the smallest that both networks take, a step takes half the time: what costs in the paper's MLP are its
    weights, 14.2 million at side 64 and 6.8 million at 32.
    """
    images, classes, values = tiny_rows()
    pixel = 64 // side
    images = images.reshape(len(images), side, pixel, side, pixel).max((2, 4))
    names = dsprites.FACTOR_NAMES if labelled else ()
    sizes = (1, 3, 2, 4, 2, 4) if labelled else ()
    scored = dsprites.SCORED if labelled else ()
    description = Description(
        "tiny-dsprites", len(images), (side, side), "binary", names, sizes, scored, "rendered, thinned"
    )
    if not labelled:
        classes, values = classes[:, :0], values[:, :0]
    write_data_set(path, Source(description, iter([images]), classes, values, probability=probability))


def write_third_party_codes(path: Path) -> None:
    """Write codes of 48 images as someone else would: z0 tells factor_0 exactly, z1 half of factor_1, z2 is dead."""
    classes = np.tile(np.indices((4, 6)).reshape(2, -1), 2).T.astype(np.int64)
    mean = np.stack([classes[:, 0] * 2.0 - 3, classes[:, 1] // 3 * 4.0 - 2, np.zeros(48)], axis=1).astype(np.float32)
    log_std = np.log(np.tile([0.1, 0.1, 1.0], (48, 1))).astype(np.float32)
    tensors = {"mean": mean, "log_std": log_std, "factor_classes": classes}
    safetensors.numpy.save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, path)
