"""The picture of table 2, which walks each scored factor through its classes:

python recipes/table2-picture.py out/PROFILE/figures/table2 DATA.h5 ...
"""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from table2 import CALLED

import tcvae_cli as tcvae
from tcvae_cli.figures import figure_bytes, look, name_beside, shown_factors, varied
from tcvae_cli.results import data_set_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP = 3  # pixels between images


def figure(sets: list[tcvae.DataSet]) -> "Figure":
    """Draw one row of images per scored factor, one block per data set."""
    from matplotlib.figure import Figure

    rows = [(data, name, size) for data in sets for name, size in scored(data)]
    drawn = Figure(figsize=(6.5, 0.2 + 0.66 * len(rows)), layout="constrained")
    panels = drawn.subplots(len(rows), 1, squeeze=False)[:, 0]
    before = None
    for panel, (data, name, size) in zip(panels, rows, strict=True):
        draw_row(panel, data, name, size)
        if data is not before:
            described = data.description
            title = data_set_in_words(described.name, described.provenance, described.rows)
            panel.set_title(title, fontsize=7, loc="left", color=look().quiet)
        before = data
    return drawn


def scored(data: tcvae.DataSet) -> list[tuple[str, int]]:
    """Return names and sizes of the scored factors that vary."""
    return [(name, size) for name, size in shown_factors(data) if name in data.description.scored_factors]


def draw_row(panel: "Axes", data: tcvae.DataSet, name: str, size: int) -> None:
    """Draw one factor through its classes, the others near their middles, with the value below each image."""
    rows, captions = varied(data, name)
    images = [data.rows(int(row)).astype(float) for row in rows]
    width = images[0].shape[1]
    gap = np.full((images[0].shape[0], GAP, *images[0].shape[2:]), np.nan)
    strip = np.concatenate([part for image in images for part in (image, gap)][:-1], axis=1)
    highest = 1 if data.description.pixel_kind == "binary" else 255
    panel.imshow(strip / highest, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    places = [place * (width + GAP) + width / 2 for place in range(len(captions))]
    panel.set_xticks(places, list(map(name_beside, captions)), fontsize=5.5)
    panel.set_yticks([])
    panel.set_ylabel(
        f"{name_beside(CALLED.get(name, name))}\n{size} values", rotation=0, ha="right", va="center", fontsize=7
    )
    panel.tick_params(length=0, pad=1)
    panel.spines[:].set_visible(False)
    panel.set_anchor("W")


def main(stem: str, *paths: str) -> None:
    """Draw the data sets at PATHS."""
    with contextlib.ExitStack() as stack:
        sets = [stack.enter_context(tcvae.open_data_set(path)) for path in paths]
        for extension in ("pdf", "png"):
            Path(f"{stem}.{extension}").write_bytes(figure_bytes(lambda: figure(sets), extension))


if __name__ == "__main__":
    main(*sys.argv[1:])
