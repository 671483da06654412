"""What a decoder has learned: samples from the prior, images beside their reconstructions, walks of the latents."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import printable, wrong_kind
from tcvae_cli.figures.lettering import folded, signed
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.pages.walk_parts import what_is_pale
from tcvae_cli.figures.placing import height_of
from tcvae_cli.figures.sheets import ground, sheet, show
from tcvae_cli.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

WIDTH = 6.5  # inches


@dataclass(frozen=True, eq=False)
class SampledRun:
    """Images of one run in [0, 1], (row, column, height, width[, 3]): what `tcvae_cli.verbs.sample_run` returns."""

    title: str
    samples: Array
    pairs: Array  # each image followed by its reconstruction
    walks: Array  # one row per latent
    latents: tuple[int, ...]  # of the walks' rows
    extent: tuple[float, float]  # the ends of the walks
    active: tuple[bool, ...]  # whether the mean of each of these latents has more than LEAST_SHARE of its variance
    least_share: float


@styled
def samples(runs: Iterable[SampledRun] | SampledRun) -> "Figure":
    """Draw one run, or several one below the other."""
    from matplotlib.figure import Figure

    runs = [runs] if isinstance(runs, SampledRun) else list(runs)
    for run in runs:
        if not isinstance(run, SampledRun):
            raise wrong_kind("runs", run, "give what sample_run returns")
    heights = [
        0.3
        + height_of(title_of(run), 8)
        + (WIDTH / 3 - 0.08) * sheet(run.samples).shape[0] / sheet(run.samples).shape[1]
        for run in runs
    ]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(runs), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, run in zip(parts, runs, strict=True):
        draw_run(part, run)
    return figure


def title_of(run: SampledRun) -> str:
    """Return the whole title of a run, on several lines if it is long, and what pale names of latents mean."""
    unused = run.active.count(False)
    lines = [run.title, *([what_is_pale(unused, run.least_share)] if unused else [])]
    return "\n".join(folded(printable(line), WIDTH - 0.2) for line in lines)


def draw_run(figure: "SubFigure", run: SampledRun) -> None:
    """Draw one run as three blocks side by side."""
    figure.suptitle(title_of(run), fontsize=8, x=0.01, ha="left", color=look().quiet)
    low, high = run.extent
    blocks = (
        ("samples from the prior", sheet(run.samples)),
        ("original / reconstruction", sheet(run.pairs, (1, 2))),
        (signed(f"latents from {low:g} to {high:g}, by KL"), sheet(run.walks)),
    )
    grid = figure.subplots(1, 3)
    for axes, (title, page) in zip(grid, blocks, strict=True):
        show(axes, padded(page, max(other.shape[1] for _, other in blocks)))
        axes.set_title(title, size=7, loc="left")
    page = blocks[-1][1]
    step = page.shape[0] / len(run.latents)
    grid[-1].set_yticks((np.arange(len(run.latents)) + 0.5) * step, [f"z{j}" for j in run.latents], size=5)
    grid[-1].tick_params(length=0, pad=1)
    for name, active in zip(grid[-1].get_yticklabels(), run.active, strict=True):
        name.set_color(look().ink if active else look().faint)


def padded(page: Array, width: int) -> Array:
    """Widen a sheet with ground at its right, such that all blocks have cells of one size."""
    return np.concatenate([page, np.tile(ground(), (page.shape[0], width - page.shape[1], 1))], axis=1)
