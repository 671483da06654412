"""Traversals of two runs, each latent of one above the latent of the other that matches it (figures 1 and 6)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.figures.lettering import fitted, folded, signed, width_of
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.pages.walk_parts import value_labels
from tcvae_cli.figures.sheets import sheet, show
from tcvae_cli.figures.style import colour, styled
from tcvae_cli.results.setting import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, LABEL, GAP, HEAD, EDGE = 6.5, 1.35, 0.1, 0.5, 0.065  # inches


@dataclass(frozen=True, eq=False)
class Strip:
    """A latent of one run: images (frame, height, width[, 3]) of a walk, and its mean KL in nats."""

    latent: int
    kl: float
    frames: Array


@dataclass(frozen=True, eq=False)
class StripPair:
    """Two strips that belong together, Pearson's r of their means, and a name if there is one to give."""

    first: Strip
    second: Strip
    correlation: float
    name: str = ""

    @property
    def frames(self) -> Array:
        """Both strips, (2, frame, height, width[, 3])."""
        return np.stack([self.first.frames, self.second.frames])


@dataclass(frozen=True, eq=False)
class MatchedWalks:
    """The walks of the latents of two runs that match: what `tcvae_cli.verbs.match_walks` returns."""

    pairs: tuple[StripPair, ...]
    runs: tuple[str, str]  # what the runs are called: "beta-TCVAE, β = 6, seed 0"
    settings: tuple[Setting, Setting]  # theirs
    values: Array  # (frame,) that the latents of the first run walk through
    note: str  # what the latents were matched over


@styled
def strips(walks: MatchedWalks) -> "Figure":
    """Draw the pairs one below the other, the strip of the first run above that of the second."""
    from matplotlib.figure import Figure

    pages = [sheet(pair.frames) for pair in walks.pairs]
    wide = WIDTH - LABEL - EDGE
    heights = [wide * page.shape[0] / page.shape[1] for page in pages]
    height = HEAD + sum(heights) + GAP * len(pages) if pages else 1.0
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.01, 1 - 0.06 / height, fitted(walks.note, WIDTH - 0.2, 7), size=7, color=look().quiet, va="top")
    left = 0.01
    for place, run, tint in zip(("above", "below"), walks.runs, tints(walks), strict=True):
        name = fitted(f"{place}: {run}", WIDTH / 2 - 0.2, 7)
        figure.text(left, 1 - 0.2 / height, name, size=7, color=tint, va="top")
        left += max(0.3, (width_of(name, 7) + 0.15) / WIDTH)
    if not pages:
        figure.text(0.5, 0.3, "no latent is active in both runs", size=7, ha="center")
    top = height - HEAD
    for pair, page, tall in zip(walks.pairs, pages, heights, strict=True):
        axes = figure.add_axes((LABEL / WIDTH, (top - tall) / height, wide / WIDTH, tall / height))
        show(axes, page)
        if pair is walks.pairs[0]:
            step = page.shape[1] / len(walks.values)
            places = [(number + 0.5) * step for number in range(len(walks.values))]
            axes.xaxis.tick_top()
            axes.set_xticks(places, [signed(value) for value in value_labels(walks.values)], size=6)
            axes.tick_params(length=0, pad=1)
        label_pair(figure, pair, tints(walks), ((top - tall) / height, tall / height))
        top -= tall + GAP
    return figure


def tints(walks: MatchedWalks) -> tuple[str, str]:
    """Return the colours of the two runs' objectives; black for the second if they have the same."""
    first, second = map(colour, walks.settings)
    return first, look().ink if first == second else second


def label_pair(figure: "Figure", pair: StripPair, colours: tuple[str, str], span: tuple[float, float]) -> None:
    """Write at the left of a pair which latents it shows, what they tell, and how well they match.

    SPAN is the bottom and the height of the pair, in heights of the figure.
    """
    bottom, tall = span
    sign = signed("-") if pair.correlation < 0 else ""
    names = (f"z{pair.first.latent}", f"{sign}z{pair.second.latent}")
    for strip, name, tint, up in zip((pair.first, pair.second), names, colours, (0.78, 0.22), strict=True):
        level = bottom + up * tall
        figure.text(0.01, level, name, size=8, color=tint, va="center")
        figure.text(0.075, level, f"{strip.kl:.2f} nats", size=6, color=look().quiet, va="center")
    middle = bottom + tall / 2
    figure.text(0.01, middle, folded(pair.name, LABEL - 0.6, 7, 3), size=7, va="center")
    figure.text(LABEL / WIDTH - 0.01, middle, f"|r| {abs(pair.correlation):.2f}", size=7, va="center", ha="right")
