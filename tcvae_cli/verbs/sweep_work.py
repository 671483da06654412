"""One run of a sweep from its settings to its results, in whichever process: what it tells on the way is JSON."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tcvae_cli.errors import TcvaeError, Terminated, is_for_memory
from tcvae_cli.files.data_sets import DataSet, reopened
from tcvae_cli.files.folders import make_folder
from tcvae_cli.files.ledger import one_command
from tcvae_cli.files.streams import writing
from tcvae_cli.progress import Advance, Progress, silent
from tcvae_cli.training.children import Pace, Tell
from tcvae_cli.training.images import AnyImages, load_images, rows_shuffled_together
from tcvae_cli.training.request import Request
from tcvae_cli.training.session import Hold, Listeners, Outputs, Session, start
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.encode import codes_from, encoding
from tcvae_cli.verbs.sweep_aside import replaced, set_aside
from tcvae_cli.verbs.sweep_folder import ELSEWHERE, Place, Results, locked
from tcvae_cli.verbs.sweep_list import Wanted
from tcvae_cli.verbs.sweep_measures import in_words, measured
from tcvae_cli.verbs.train import read_checkpoint

if TYPE_CHECKING:
    import torch

OFTEN = 0.25  # seconds between two signs of life of a training, and between two looks at all of them
CHECKPOINTS = 0.05  # of the time of a training that they may take
NARROW = "use a smaller {batch_size} or model, or on processors fewer runs at once (TCVAE_THREADS)"
AT_WORK = "is being trained by another sweep", "leave it to that one"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What all runs of a sweep share."""

    data: DataSet
    device: "torch.device"
    memory: int
    measures: tuple[str, ...]
    results: Results
    checkpoint_every: int
    stacked: bool = False  # trained as one program where that can be
    images: AnyImages | None = None  # None where they stay in the file, which each process opens for itself

    def loaded(self, progress: Progress) -> "Workshop":
        """Return the same with all images in memory, where they fit."""
        if rows_shuffled_together(self.data, self.memory) is not None:
            return self
        with progress("loading images", None):
            return replace(self, images=load_images(self.data).on(self.device))


@dataclass(frozen=True)
class Job:
    """A run of a sweep as it was found: finished, unmeasured, cut off (at `step`, of its checkpoint) or new."""

    place: Place
    state: str
    step: int
    replaces: str | None = None  # what its training sets aside, in words

    @property
    def path(self) -> str:
        """The path of the run in the folder."""
        return self.place.wanted.path

    @property
    def trains(self) -> bool:
        """Tell whether there is more to do than to measure."""
        return self.state in ("new", "cut off")


def find(wanted: Wanted, folder: str, digest: str, measures: Sequence[str]) -> Job:
    """Return how a run stands in the folder, by what its files say."""
    place = Place(folder, wanted, digest)
    if place.is_finished():
        state = "finished" if all(place.line(name) is not None for name in measures) else "unmeasured"
        return Job(place, state, wanted.settings.steps)
    step = place.kept_step()
    return Job(place, "new" if step is None else "cut off", step or 0, replaced(place))


def do(job: Job, shop: Workshop, tell: Tell, hold: Hold) -> None:
    """Train a run and measure it, and tell what becomes of it: `done`, `failed`, or where a signal comes `stopped`."""
    with ending(tell), reserved(job.place), opened(shop) as shop:
        words: list[str] = []
        if job.trains and not job.place.is_finished():  # by another sweep meanwhile
            session = session_of(job, shop, tell, hold)
            with one_command():
                words.append(finished(session, session.run()))
        elif job.place.kept_step() is not None:
            discard(job.place.checkpoint)
        tell({"done": ", ".join([*words, *measure(job, shop, tell, hold)])})


def do_together(jobs: Sequence[Job], shop: Workshop, tells: Sequence[Tell], hold: Hold) -> None:
    """Train runs as one program and measure each, and tell of each what becomes of it.

    The error of memory that does not hold all of them is raised, and nothing told.
    """
    from tcvae_cli.training.stack import train_together

    with contextlib.ExitStack() as stack:
        begun: list[tuple[Job, Tell, Session]] = []
        for job, tell in zip(jobs, tells, strict=True):
            with ending(tell, or_memory=False):
                stack.enter_context(reserved(job.place))
                begun.append((job, tell, session_of(job, shop, tell, hold)))
        try:
            with one_command():
                outcomes = train_together([session for _, _, session in begun]) if begun else []
        except (KeyboardInterrupt, Terminated):
            for _, tell, _ in begun:
                tell({"stopped": True})
            raise
        for (job, tell, session), outcome in zip(begun, outcomes, strict=True):
            with ending(tell):
                if isinstance(outcome, TcvaeError):
                    raise outcome
                tell({"done": ", ".join([finished(session, outcome), *measure(job, shop, tell, hold)])})


@contextlib.contextmanager
def ending(tell: Tell, *, or_memory: bool = True) -> Iterator[None]:
    """Tell of a signal or an error inside, OR of lacking MEMORY. After an error what follows goes on."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        tell({"stopped": True})
        raise
    except Exception as error:
        if is_for_memory(error) and not or_memory:
            raise
        tell({"failed": fault_of(error)})


@contextlib.contextmanager
def opened(shop: Workshop) -> Iterator[Workshop]:
    """Yield what runs share, with images that this process may read."""
    if shop.images is not None:
        yield shop
        return
    with one_command(), reopened(shop.data) as data:
        rows = rows_shuffled_together(data, shop.memory)
        yield replace(shop, data=data, images=load_images(data, rows))


def fault_of(error: Exception) -> list[str]:
    """Return where, fault and cure of an error that ends a run. Raises again what is a bug."""
    if isinstance(error, TcvaeError):
        return [error.where, error.fault, error.cure]
    if is_for_memory(error):
        return ["train", "there is not enough memory", NARROW]
    raise error


@contextlib.contextmanager
def reserved(place: Place) -> Iterator[None]:
    """Have the folder of a run for ourselves inside. TcvaeError if another sweep has it."""
    folder = os.path.dirname(place.run)
    make_folder(folder, ELSEWHERE)
    with locked(folder, *AT_WORK):
        set_aside(place)
        yield


def session_of(job: Job, shop: Workshop, tell: Tell, hold: Hold) -> Session:
    """Return the training of a run, from its checkpoint on if there is one."""
    place, stored = job.place, None
    if place.kept_step() is not None:
        with one_command():
            stored = read_checkpoint(place.checkpoint)
    asked = dict(place.wanted.asked)
    if stored is not None and asked.get("precision", "auto") == "auto":
        asked["precision"] = stored.header.settings["precision"]

    @contextlib.contextmanager
    def progress(label: str, total: int | None, *, unit: str = "") -> Iterator[Advance]:
        pace, step, words = Pace(OFTEN), 0, ""

        def advance(count: int, note: str = "") -> None:
            nonlocal step, words
            step, words = step + count, note or words
            if pace.is_due() or step == total:
                tell({"step": step, "words": words})

        yield advance

    request = Request(asked=asked, device=shop.device, memory=shop.memory, stored=stored, counted=shop.stacked)
    outputs = Outputs(
        run=place.run,
        checkpoint=place.checkpoint,
        checkpoint_every=shop.checkpoint_every,
        checkpoint_share=CHECKPOINTS,
    )
    listeners = Listeners(
        progress=progress,
        detail=lambda sentence: tell({"detail": sentence}),
        note=lambda sentence: tell({"note": sentence}),
        hold=hold,
    )
    return start(shop.data, request, outputs, listeners, shop.images)


def finished(session: Session, run: Run) -> str:
    """Return what became of a training, in words, and remove its checkpoint."""
    if session.outputs.checkpoint is not None:
        discard(session.outputs.checkpoint)
    return session.closing(run.header.final or {})


def discard(checkpoint: str) -> None:
    """Remove the checkpoint of a run that is finished, if it is there: a sweep that is killed may leave one."""
    with writing(checkpoint), contextlib.suppress(FileNotFoundError):
        os.unlink(checkpoint)


def measure(job: Job, shop: Workshop, tell: Tell, hold: Hold) -> list[str]:
    """Make the results of a run that are missing, and return them in words."""
    with hold() as stopping:
        if stopping():  # since the run was being written
            raise Terminated
    missing = [name for name in shop.measures if job.place.line(name) is None]
    if not missing:
        return []
    tell({"doing": "measuring"})
    of_means = "estimate-tc" not in missing  # which alone asks for the likelihood
    place = job.place.run, shop.data, 0, shop.device.type, silent, shop.images
    with one_command(), encoding(*place, posterior_only=of_means) as source:
        codes = codes_from(source)
    words = []
    for name in missing:
        tell({"doing": f"measuring {name}"})
        record = measured(name, codes, shop.data, shop.device.type, lambda sentence: tell({"note": sentence})).record()
        with one_command():
            shop.results.add([job.place.keep_result(name, record)])
        words.append(in_words(name, record))
    return words
