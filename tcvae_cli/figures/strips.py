"""Traversals of two runs, each latent of one above the latent of the other that matches it (figures 1 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcvae_cli.arrays import Array
from tcvae_cli.figures.pages.walks import value_labels
from tcvae_cli.figures.sheets import sheet, show
from tcvae_cli.figures.style import GREY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, LABEL, GAP, HEAD = 6.5, 1.35, 0.1, 0.5  # inches


@dataclass(frozen=True)
class Strip:
    """A latent of one run: images (frame, height, width[, 3]) of a walk, and its mean KL in nats."""

    latent: int
    kl: float
    frames: Array


@dataclass(frozen=True)
class StripPair:
    """Two strips that belong together, Pearson's r of their means, and a name if there is one to give."""

    first: Strip
    second: Strip
    correlation: float
    name: str = ""


def strips(
    pairs: Sequence[StripPair], runs: tuple[str, str], colours: tuple[str, str], note: tuple[str, Array]
) -> "Figure":
    """The pairs one below the other; RUNS names the upper and the lower strip of each, NOTE says what all that is.

    NOTE is a line of text, and the values that the latents walk through, of the upper strips.
    """
    from matplotlib.figure import Figure

    text, values = note
    pages = [sheet(stacked_frames(pair)) for pair in pairs]
    wide = WIDTH - LABEL
    heights = [wide * page.shape[0] / page.shape[1] for page in pages]
    height = HEAD + sum(heights) + GAP * len(pages) if pages else 1.0
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.01, 1 - 0.06 / height, text, size=7, color=GREY, va="top")
    for number, (run, colour) in enumerate(zip(runs, colours, strict=True)):
        place = "above" if number == 0 else "below"
        figure.text(0.01 + 0.3 * number, 1 - 0.2 / height, f"{place}: {run}", size=7, color=colour, va="top")
    if not pages:
        figure.text(0.5, 0.3, "no latent is active in both runs", size=7, ha="center")
    top = height - HEAD
    for pair, page, tall in zip(pairs, pages, heights, strict=True):
        axes = figure.add_axes((LABEL / WIDTH, (top - tall) / height, wide / WIDTH, tall / height))
        show(axes, page)
        if pair is pairs[0]:
            step = page.shape[1] / len(values)
            axes.xaxis.tick_top()
            axes.set_xticks([(number + 0.5) * step for number in range(len(values))], value_labels(values), size=6)
            axes.tick_params(length=0, pad=1)
        sign = "-" if pair.correlation < 0 else ""
        for strip, name, colour, y in (
            (pair.first, f"z{pair.first.latent}", colours[0], 0.78),
            (pair.second, f"{sign}z{pair.second.latent}", colours[1], 0.22),
        ):
            level = (top - tall + y * tall) / height
            figure.text(0.01, level, name, size=8, color=colour, va="center")
            figure.text(0.075, level, f"{strip.kl:.2f} nats", size=6, color=GREY, va="center")
        middle = (top - tall / 2) / height
        figure.text(0.01, middle, pair.name, size=7, va="center")
        figure.text(LABEL / WIDTH - 0.01, middle, f"|r| {abs(pair.correlation):.2f}", size=7, va="center", ha="right")
        top -= tall + GAP
    return figure


def stacked_frames(pair: StripPair) -> Array:
    """Both strips, (2, frame, height, width[, 3])."""
    import numpy as np

    return np.stack([pair.first.frames, pair.second.frames])
