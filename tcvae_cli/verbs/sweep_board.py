"""How a sweep stands: which runs train how fast, which are finished or failed, and the time that is left."""

import functools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tcvae_cli.errors import TcvaeError
from tcvae_cli.objectives import load_objective
from tcvae_cli.progress import Note
from tcvae_cli.text import FEW
from tcvae_cli.training.children import Pace, Told
from tcvae_cli.verbs.sweep_work import OFTEN, Job

ENOUGH = 10.0  # seconds of training after which its pace is known


@dataclass(frozen=True)
class Running:
    """A run at work: its path, how far it is, its steps in a second so far, and its ELBO or what it does in words.

    `label` is its path without the parts that all runs of the sweep have in common.
    """

    path: str
    step: int
    steps: int
    rate: float | None
    words: str
    label: str = ""


@dataclass(frozen=True)
class Standing:
    """How a sweep stands at a moment. `left` is in seconds, None while nobody knows."""

    runs: int
    finished: int
    failed: int
    running: tuple[Running, ...]
    left: float | None


@dataclass
class Track:
    """One job at work: the step where it is, with what step it began at what time, and when it was trained."""

    job: Job
    step: int
    words: str = "starting"
    first: int = 0
    since: float | None = None
    trained: float | None = None

    @property
    def rate(self) -> float | None:
        """Steps in a second so far; None where none are taken."""
        if self.trained is not None or self.step == self.first:
            return None
        return (self.step - self.first) / max(self.seconds, 1e-6)

    @property
    def seconds(self) -> float:
        """How long it has trained."""
        return 0.0 if self.since is None else (self.trained or time.monotonic()) - self.since

    @property
    def afterwards(self) -> float:
        """The seconds since it was trained, in which it is evaluated and measured."""
        return 0.0 if self.trained is None else time.monotonic() - self.trained


def images_of(job: Job, step: int) -> int:
    """Return how many images the steps of a job behind STEP take: what its time depends on."""
    settings = job.place.wanted.settings
    each = settings.batch_size * load_objective(settings.objective).batches
    return max(0, settings.steps - step) * each if job.trains else 0


@dataclass
class Board:
    """Where all that is told of the jobs comes together, and is passed on."""

    jobs: Sequence[Job]
    say: Note
    detail: Note
    note: Note
    on_report: Callable[[Standing], object] | None = None
    failures: dict[str, TcvaeError] = field(default_factory=dict)
    tracks: dict[str, Track] = field(default_factory=dict)  # of what is running
    stopped: list[Job] = field(default_factory=list)
    ended: int = 0
    images_done: int = 0
    seconds_trained: float = 0.0  # of the jobs that have ended
    afterwards: list[float] = field(default_factory=list)  # seconds of evaluation and measuring, of these
    at_once: int = 1  # the most jobs that were at work together
    began: float | None = None
    begun: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)
    pace: Pace = field(default_factory=lambda: Pace(OFTEN))

    def to_do(self) -> list[Job]:
        """Return the jobs that were not finished."""
        return [job for job in self.jobs if job.state != "finished"]

    def plan(self) -> str:
        """Return how many runs there are to do, in words: "30 runs: 12 are new, 1 goes on from its checkpoint"."""
        if not self.jobs:
            return "this share has no runs, as there are fewer of them than shares"
        counts = {state: sum(job.state == state for job in self.jobs) for state in ("new", "cut off", "unmeasured")}
        words = {
            "new": ("is new", "are new"),
            "cut off": ("goes on from its checkpoint", "go on from their checkpoints"),
            "unmeasured": ("is to be measured", "are to be measured"),
        }
        parts = [f"{count:,} {words[state][count > 1]}" for state, count in counts.items() if count]
        runs = f"{len(self.jobs):,} run{'s' * (len(self.jobs) != 1)}"
        return f"{runs}: {', '.join(parts) if parts else 'all finished'}"

    def displaced(self) -> list[str]:
        """Return in sentences what stands in the place of runs, and is kept under another name; of many runs a few."""
        found = [f"{job.path} replaces {job.replaces}" for job in self.jobs if job.replaces]
        more = (
            [f"{len(found) - FEW:,} more runs replace something, which {{dry_run}} tells"] if len(found) > FEW else []
        )
        return [*found[:FEW], *more]

    def summary(self, results: str) -> str:
        """Return how it has ended, in words, and where the results are."""
        now = self.standing()
        place = f"; results in {results}" if os.path.exists(results) else ""
        return f"{now.finished:,} of {now.runs:,} run{'s' * (now.runs != 1)} finished{place}"

    def begin(self, job: Job) -> None:
        """Put up a job that starts."""
        self.begun.add(job.path)
        self.tracks[job.path] = Track(job, job.step)
        self.at_once = max(self.at_once, len(self.tracks))
        self.show()

    def hear(self, job: Job, told: Told) -> None:
        """Take in what is told of a job."""
        if "step" in told:
            self.advance(self.tracks[job.path], told["step"], told["words"])
        if "doing" in told:
            track = self.tracks[job.path]
            track.words, track.trained = told["doing"], track.trained or time.monotonic()
            self.show()
        for key, listener in (("detail", self.detail), ("note", self.note)):
            if key in told and told[key] not in self.noted:  # once, of whichever run tells it first
                self.noted.add(told[key])
                listener(f"{job.path}: {told[key]}")
        if "done" in told:
            self.end(job)
            self.say(f"{job.path}: {told['done'] or 'was finished elsewhere'}")
        if "failed" in told:
            self.fail(job, TcvaeError(*told["failed"]))
        if "stopped" in told:
            self.stopped.append(job)
            self.take_down(job)

    def advance(self, track: Track, step: int, words: str) -> None:
        """Take in where a training is."""
        if track.since is None:
            track.since, track.first, track.step, track.words = time.monotonic(), step, step, ""
            self.began = self.began or track.since
        self.images_done += images_of(track.job, track.step) - images_of(track.job, step)
        track.step, track.words = step, words or track.words
        if step >= track.job.place.wanted.settings.steps:
            track.words, track.trained = "evaluating", time.monotonic()
        self.show()

    def take_down(self, job: Job) -> Track | None:
        """Take down a job that has ended, and remember what its training took."""
        track = self.tracks.pop(job.path, None)
        self.seconds_trained += 0.0 if track is None else track.seconds
        return track

    def end(self, job: Job) -> None:
        """Take down a job that has ended well."""
        track = self.take_down(job)
        if track is not None and track.trained is not None:
            self.afterwards.append(track.afterwards)
        self.ended += 1
        self.show()

    def fail(self, job: Job, error: TcvaeError) -> None:
        """Take down a job that has failed, and name it at once."""
        self.take_down(job)
        self.failures[job.path] = error
        where = "" if error.where == "train" or error.where.endswith(job.path) else f"{error.where}: "
        self.note(f"{job.path} failed: {where}{error.fault}; {error.cure}")
        self.show()

    def show(self) -> None:
        """Tell how it stands, if it is time."""
        if self.on_report is not None and self.pace.is_due():
            self.on_report(self.standing())

    def standing(self) -> Standing:
        """Return how it stands now."""
        labels = self.labels
        running = tuple(
            Running(
                path, track.step, track.job.place.wanted.settings.steps, track.rate, track.words, labels.get(path, path)
            )
            for path, track in self.tracks.items()
        )
        finished = len(self.jobs) - len(self.to_do()) + self.ended
        return Standing(len(self.jobs), finished, len(self.failures), running, self.left())

    @functools.cached_property
    def labels(self) -> dict[str, str]:
        """By its path what tells a job apart from the others."""
        return told_apart([job.path for job in self.jobs])

    def left(self) -> float | None:
        """Return the seconds that the sweep still takes, at the pace so far; None before that is known.

        What comes after a training is known from the runs that have ended.
        """
        if self.began is None or time.monotonic() - self.began < ENOUGH or not self.images_done:
            return None
        at_work, waiting = list(self.tracks.values()), [job for job in self.to_do() if job.path not in self.begun]
        trained = self.seconds_trained + sum(track.seconds for track in at_work)
        images = sum(images_of(track.job, track.step) for track in at_work)
        images += sum(images_of(job, job.step) for job in waiting)
        after = sum(self.afterwards) / len(self.afterwards) if self.afterwards else 0.0
        measuring = after * len(waiting) + sum(max(0.0, after - track.afterwards) for track in at_work)
        seconds = images * trained / self.images_done + measuring
        return seconds / max(1, min(self.at_once, len(at_work) + len(waiting))) or None


def told_apart(paths: Sequence[str]) -> dict[str, str]:
    """Return each path without what all have in common: "beta_4/seed_1" of runs that differ in these two."""
    common = set.intersection(*(set(path.split("/")) for path in paths)) if len(paths) > 1 else set()
    return {path: "/".join(part for part in path.split("/") if part not in common) or path for path in paths}
