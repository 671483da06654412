"""What a training tells of itself on the way: the exact terms and MIG of some images, and pictures of its walks."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.streams import write_bytes
from tcvae_cli.progress import Note, once, quiet
from tcvae_cli.training.session import Listeners
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.board import board
from tcvae_cli.verbs.decompose import TERMS, decompose
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.sampled_codes import sample_of, sampled_codes
from tcvae_cli.verbs.walk import walk, walk_bytes

MOST_IMAGES = 2_000  # which are drawn once: of so many, MIG and total correlation take a second or two
SAMPLES = 1_000  # of z, for H(z)

Exact = dict[str, float | None]


@contextlib.contextmanager
def watched(
    data: DataSet, listeners: Listeners, pictures: str | None, tensorboard: str | None, evaluates: bool, step: int
) -> Iterator[Listeners]:
    """Yield listeners that also write PICTURES and for TENSORBOARD, both folders, of a training that is at STEP.

    Where the training EVALUATES itself on the way, they tell the exact terms of DATA.
    """
    with contextlib.ExitStack() as opened:
        shown = opened.enter_context(board(tensorboard, step)) if tensorboard else None
        exact = watcher(data, listeners.note) if evaluates else None

        def on_report(step: int, terms: dict[str, float]) -> None:
            if listeners.on_report is not None:
                listeners.on_report(step, terms)
            if shown is not None:
                shown.numbers("mean", step, terms)

        def evaluate(run: Run) -> Exact:
            terms = {} if exact is None else exact(run)
            picture = draw_walk(run, pictures) if pictures else None
            if shown is not None:
                shown.numbers("exact", run.header.step, terms)
                if picture is not None:
                    shown.picture("walks", run.header.step, picture)
            return terms

        yield replace(listeners, on_report=on_report, evaluate=evaluate if evaluates else None)


def watcher(data: DataSet, note: Note) -> Callable[[Run], Exact]:
    """Return a function that tells the exact terms in nats and the MIG of a run, of up to MOST_IMAGES images of DATA.

    The same images each time, drawn without repetition, so that what changes is the run. MIG is None where these images
    have no factor to score, as NOTE is told once.
    """
    sample = sample_of(data, MOST_IMAGES)
    count, tell = len(sample.images), once(note)

    def exact(run: Run) -> Exact:
        """Return the terms by their names in the log."""
        codes = sampled_codes(run, sample)
        if codes is None:
            tell("the log lacks the exact terms where codes are not finite")
            return {"images": count}
        found = decompose(codes, samples=SAMPLES, device="cpu", note=quiet)
        terms = {name: getattr(found, name) for name in TERMS}
        return {"images": count, **terms, "mig": mig_of(codes, tell)}

    return exact


def mig_of(codes: Codes, note: Note) -> float | None:
    """Return the MIG of codes over their factors that have two classes or more; None where there are none."""
    if codes.factor_classes is None:
        return None
    varied = [
        name
        for name, column in zip(codes.factor_names, codes.factor_classes.T, strict=True)
        if name in codes.scored_factors and len(np.unique(column)) > 1
    ]
    try:
        return mig(codes, factor=varied, device="cpu", note=quiet).mig if varied else None
    except TcvaeError as error:  # such as factors of which every image has a class of its own
        note(f"the log has no MIG: {error.fault}")
        return None


def draw_walk(run: Run, folder: str) -> bytes:
    """Write the walks of a run, as it is now, as a PNG in FOLDER, called by its step; return the picture."""
    picture = walk_bytes(walk(run, named=False), ".png")
    write_bytes(os.path.join(folder, f"step_{run.header.step:09d}.png"), picture)
    return picture
