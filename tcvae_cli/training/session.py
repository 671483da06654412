"""A training from its first step to the run that it writes: reports, checkpoints, signals, and the evaluation."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch

from tcvae_cli.errors import ArgumentError, TcvaeError, Terminated
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.headers import DataHeader, LogHeader, RunHeader
from tcvae_cli.files.provenance import Header
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.interrupts import tell as tell_of
from tcvae_cli.models.distributed import anywhere, processes, rank
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.objectives.state import Data, State
from tcvae_cli.progress import Advance, Note, Progress, quiet, silent
from tcvae_cli.training import evaluation
from tcvae_cli.training.checkpoint import checkpoint_of, resume, weights_of
from tcvae_cli.training.images import AnyImages, load_images
from tcvae_cli.training.log import Write, log_file
from tcvae_cli.training.loop import REPORT_EVERY, check_finite, share_sums, train
from tcvae_cli.training.own_files import OwnFiles
from tcvae_cli.training.request import Request, settings_for
from tcvae_cli.training.state import new_state
from tcvae_cli.training.thrift import Thrift
from tcvae_cli.training.trained import Run

AGREE = 10  # steps between which several processes ask one another whether to stop: each time waits for the device

Stopping = Callable[[], bool]  # tells whether the training is to stop
Hold = Callable[[], AbstractContextManager[Stopping]]  # signals wait inside, where `Stopping` tells of them
Report = Callable[[int, dict[str, float]], object]  # told the step and the means of the terms since the last report
Evaluate = Callable[[Run], dict[str, float | None]]  # tells of a run as it is now what its log has under `exact`


@contextlib.contextmanager
def hold_nothing() -> Iterator[Stopping]:
    """Let signals come as they come."""
    yield lambda: False


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Where a training writes and how often: None is for nowhere."""

    run: str | None = None
    log: str | None = None
    checkpoint: str | None = None
    checkpoint_every: int = 1000
    checkpoint_share: float | None = None  # of the time, which checkpoints may take: some are left out then
    report_every: int = REPORT_EVERY
    evaluate_every: int | None = None


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """Whom a training tells of what, and who may stop it."""

    progress: Progress = silent
    say: Note = quiet  # of what is maximised, and how it ended
    detail: Note = quiet  # of what is slower than it could be
    note: Note = quiet  # of what a person should know
    on_report: Report | None = None
    evaluate: Evaluate | None = None  # called every `evaluate_every` steps and after the last one
    hold: Hold = hold_nothing


@dataclass(frozen=True, kw_only=True)
class Session:
    """One training. Of several processes only the first does more than train."""

    about: DataHeader
    data: Data
    settings: Settings
    state: State
    outputs: Outputs
    listeners: Listeners
    files: OwnFiles
    kept: list[int] = field(default_factory=list)  # steps of which a checkpoint was written

    def run(self) -> Run:
        """Train, evaluate, write. TcvaeError if that cannot be done; KeyboardInterrupt or Terminated when stopped."""
        state, settings = self.state, self.settings
        if state.step > settings.steps:
            fault = f"{settings.steps} steps are asked for, but the checkpoint is at step {state.step}"
            raise ArgumentError("resume", fault, "ask for more {steps} or {epochs}")
        try:
            return self.trained()
        except (KeyboardInterrupt, Terminated) as stopped:
            if rank() == 0:
                tell_of(stopped, self.remains())
            raise

    def trained(self) -> Run:
        """Train, evaluate, write."""
        state, settings, tell = self.state, self.settings, self.listeners
        first, steps_to_agree = rank() == 0, 1 if processes() == 1 else AGREE
        progress, detail = (tell.progress, tell.detail) if first else (silent, quiet)
        thrift = Thrift(self.outputs.checkpoint_share)
        with (
            self.opened_log() as log,
            progress("training", settings.steps) as advance,
        ):
            advance(state.step)

            def after_step(state: State, report: dict[str, float] | None) -> None:
                self.evaluate(log)  # first, so that the means after the last step are the end of a log
                self.tell(report, advance, log)
                if not self.outputs.checkpoint:
                    return
                ends = state.step % steps_to_agree == 0 and anywhere(stopping(), self.data.device)
                if ends or (state.step % self.outputs.checkpoint_every == 0 and thrift.allows()):
                    share_sums(state)
                    with thrift.measured():
                        self.keep_last() if ends else self.keep()
                if ends:
                    raise Terminated

            trained = False
            try:
                with tell.hold() as stopping:
                    train(state, self.data, settings, after_step, report_every=self.outputs.report_every, say=detail)
                    trained = True  # inside: a signal that waited may come as this ends
                return self.finished(stopping)
            except (KeyboardInterrupt, Terminated):
                if trained:
                    self.keep_trained()  # alone: the other processes may have left
                raise

    def header(self, final: Header | None) -> RunHeader:
        """Return the header of what is written now; FINAL holds the terms of a finished run."""
        return RunHeader(self.settings.header(), self.about, self.state.step, final, processes())

    def opened_log(self) -> AbstractContextManager[Write]:
        """Open the log, which only the first process has, if one is asked for."""
        header = LogHeader(self.settings.header(), self.about, processes())
        return log_file(self.outputs.log if rank() == 0 else None, header, self.state.step)

    def tell(self, report: dict[str, float] | None, advance: Advance, log: Write) -> None:
        """Tell of a step that is done, and of the REPORT that is made after some."""
        if report is None:
            advance(1)
            return
        advance(1, load_objective(self.settings.objective).progress(report))
        log({"step": self.state.step, **report})
        if rank() == 0 and self.listeners.on_report is not None:
            self.listeners.on_report(self.state.step, report)

    def evaluate(self, log: Write) -> None:
        """Let the log tell of the run as it is now, after the steps of which that is asked for."""
        step, every, model = self.state.step, self.outputs.evaluate_every, self.state.model
        if every is None or self.listeners.evaluate is None or rank() != 0:
            return
        if step % every == 0 or step == self.settings.steps:
            check_finite(self.state)
            run = Run(StoredRun("the training", self.header(None), {}), self.settings, model.eval(), self.data.device)
            log({"step": step, "exact": self.listeners.evaluate(run)})
            model.train()

    def keep(self) -> None:
        """Keep a checkpoint, if one is asked for. TcvaeError if a weight is not finite."""
        check_finite(self.state)
        if rank() == 0 and self.outputs.checkpoint:
            self.files.write(self.outputs.checkpoint, self.header(None), checkpoint_of(self.state))
            self.kept.append(self.state.step)

    def keep_last(self) -> None:
        """Keep a checkpoint because of a signal, whose exit code is all that would be told of a fault."""
        try:
            self.keep()
        except TcvaeError as error:
            self.listeners.note(f"the last checkpoint could not be written: {error}")

    def keep_trained(self) -> None:
        """Keep a checkpoint of all steps because of a signal, unless there is one or the run is written already."""
        if self.state.step not in self.kept and not self.has_written_run():
            self.keep_last()

    def has_written_run(self) -> bool:
        """Tell whether the run is whole under its name."""
        return self.outputs.run is not None and self.files.is_written(self.outputs.run)

    def finished(self, stopping: Stopping) -> Run:
        """Evaluate the trained model and write the run. An error that stops that leaves a checkpoint."""
        final: Header | None = None
        try:
            if stopping():  # it came in the last step
                raise Terminated
            if rank() == 0:
                final = evaluation.evaluate(self.state, self.data, self.settings)
                if self.outputs.run is not None:
                    self.files.write(self.outputs.run, self.header(final), weights_of(self.state.model))
        except TcvaeError:  # such as a full disk
            with contextlib.suppress(TcvaeError):
                self.keep()
            raise
        if final is not None:
            self.listeners.say(self.closing(final))
        model = self.state.model.eval()
        stored = StoredRun(self.outputs.run or "the trained run", self.header(final), weights_of(model))
        return Run(stored, self.settings, model, self.data.device)

    def remains(self) -> str:
        """Return in words what a signal leaves of the training."""
        if self.has_written_run():
            return f"{self.outputs.run} is whole, and nothing is lost"
        steps, checkpoint = f"{self.state.step:,} of {self.settings.steps:,} steps", self.outputs.checkpoint
        if checkpoint is None:
            return f"{steps} were done and are lost, as no checkpoint was asked for"
        if not self.kept:
            return f"{steps} were done, and none of them is in a checkpoint yet"
        return f"{checkpoint} keeps step {self.kept[-1]:,} of {self.settings.steps:,}, from which it can be resumed"

    def closing(self, final: Header) -> str:
        """Return what became of the training, in a line."""
        text = f"KL {final['kl']:.2f} nats"
        if final["elbo"] is not None:
            text = f"ELBO {final['elbo']:.2f} nats, {text}"
        return f"{self.settings.steps:,} steps: {text}{load_objective(self.settings.objective).closing(final)}"


def start(
    data: DataSet, request: Request, outputs: Outputs, listeners: Listeners, images: AnyImages | None = None
) -> Session:
    """Return the training of a data set that is asked for, before its first step or as its checkpoint left it.

    IMAGES are those of the data set on the device, where they were loaded before, as for many trainings.
    """
    settings, device, stored = settings_for(data, request), request.device, request.stored
    files = OwnFiles(listeners.note)
    files.watch([outputs.run, outputs.checkpoint])
    if rank() == 0:
        listeners.say(load_objective(settings.objective).sentence(settings))
        tell_of_whole_batch(request, settings, listeners)
        before = processes() if stored is None else stored.header.processes
        if before != processes():
            listeners.note(f"{before} processes made the checkpoint, {processes()} go on: the same but for rounding")
        if settings.shuffle_rows is not None:
            listeners.note(f"the images stay on disk, {settings.shuffle_rows:,} of them shuffled at a time")
    if images is None:
        images = load_images(data, settings.shuffle_rows, request.block_bytes).on(device)
    probability = None if data.probability is None else torch.from_numpy(data.probability).to(device)
    if stored is None:
        state = new_state(settings, images.input_shape, device, counted=request.counted)
    else:
        state = resume(stored, settings, device, counted=request.counted)
    return Session(
        about=data.header(),
        data=Data(images, probability, device),
        settings=settings,
        state=state,
        outputs=outputs,
        listeners=listeners,
        files=files,
    )


def tell_of_whole_batch(request: Request, settings: Settings, listeners: Listeners) -> None:
    """Tell, in a note if the size was asked for, that a batch is of all images, as the data set has no more."""
    asked = request.asked.get("batch_size", Settings.batch_size)
    if request.stored is None and asked > settings.batch_size:
        tell = listeners.note if "batch_size" in request.asked else listeners.say
        tell(f"a batch has all {settings.batch_size:,} images, as the data set does not have {asked:,}")
