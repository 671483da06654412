"""`tcvae train`: a data set to a run."""

import contextlib
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli import interrupts
from tcvae_cli.cli.flags import Device
from tcvae_cli.cli.messages import say
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.train_settings import (
    Architecture,
    Estimator,
    Likelihood,
    Objective,
    Posterior,
    Precision,
    Prior,
    check_flags,
    check_paths,
    data_path,
    settings_of,
)
from tcvae_cli.errors import TcvaeError, Terminated, UsageError
from tcvae_cli.files.ledger import release
from tcvae_cli.files.streams import writing
from tcvae_cli.machine import start_torch
from tcvae_cli.training.log import log_file

if TYPE_CHECKING:
    import torch

    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import StoredRun
    from tcvae_cli.objectives.settings import Settings
    from tcvae_cli.objectives.state import State


AGREE = 10  # steps between which several processes ask one another whether to stop: each time waits for the device


def train(
    context: typer.Context,
    data: Annotated[str | None, typer.Option(metavar="FILE.h5", help="The data set; - is standard input.")] = None,
    objective: Annotated[Objective, typer.Option(help="What to maximise.")] = Objective.BETA_TCVAE,
    beta: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Weight of the TC (beta-tcvae, default 6), of the KL (beta-vae, 4), of the discriminator's TC besides "
            "the KL (factorvae, 35), of the codes' log-likelihood (infogan, 1).",
        ),
    ] = None,
    alpha: Annotated[float, typer.Option(min=0, help="Weight of the index-code MI (beta-tcvae).")] = 1.0,
    gamma: Annotated[float, typer.Option(min=0, help="Weight of the dimension-wise KL (beta-tcvae).")] = 1.0,
    beta_anneal: Annotated[
        int | None, typer.Option(min=1, max=2**31, metavar="STEPS", help="Raise beta from 0 over so many steps.")
    ] = None,
    lambda_anneal: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2**31,
            metavar="STEPS",
            help="Raise gamma from 0.05 of itself over 0.95 of so many (beta-tcvae).",
        ),
    ] = None,
    estimator: Annotated[
        Estimator, typer.Option(help="Of log q(z): from the minibatch, or exact over all images (small data sets).")
    ] = Estimator.MWS,
    posterior: Annotated[Posterior, typer.Option(help="Family of q(z|n).")] = Posterior.NORMAL,
    prior: Annotated[
        Prior | None,
        typer.Option(help="p(z); flow is a learned, factorial one. \\[default: the posterior's family]"),
    ] = None,
    likelihood: Annotated[
        Likelihood,
        typer.Option(help="p(x|z): bernoulli (grey levels are soft targets) or gaussian (learned std)."),
    ] = Likelihood.BERNOULLI,
    architecture: Annotated[
        Architecture, typer.Option(help="The paper's networks; auto is mlp for binary images, else conv.")
    ] = Architecture.AUTO,
    latents: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Number of latents. \\[default: 10; infogan: 5]")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 2048,
    learning_rate: Annotated[float, typer.Option(help="Adam's step size.")] = 1e-3,
    epochs: Annotated[int | None, typer.Option(min=1, max=2**31, help="Passes over the data. \\[default: 50]")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=2**31, help="Steps, instead of epochs.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of weights, order and noise.")] = 0,
    precision: Annotated[Precision, typer.Option(help="auto is bfloat16 where the hardware has it.")] = Precision.AUTO,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="For images, as 500M or 4G; more stays on disk. \\[default: half of what is free]"
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    log: Annotated[str | None, typer.Option(metavar="FILE.jsonl", help="Write the ELBO and its terms here.")] = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="FILE", help="Keep a resumable checkpoint here (safetensors).")
    ] = None,
    checkpoint_every: Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")] = 1000,
    resume: Annotated[str | None, typer.Option(metavar="FILE", help="Go on from a checkpoint.")] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line on stderr per 100 steps.")] = False,
    output: Annotated[str, typer.Option("-o", "--output", metavar="RUN", help="The run to write.")] = "-",
) -> None:
    """Train a VAE and write it as a run (safetensors) that the other verbs read.

    tcvae train --data dsprites.h5 --beta 6 -o run.safetensors

    tcvae train --data dsprites.h5 --objective factorvae --beta 35 --steps 3000 --architecture conv -o run.safetensors

    torchrun --nproc-per-node 4 -m tcvae_cli train --data dsprites.h5 -o run.safetensors

    The defaults are the paper's: batch 2048, Adam 1e-3, 50 epochs, 10 latents, its MLP for dSprites.
    """
    check_flags(context)
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.files.runs import read_run
    from tcvae_cli.progress import silent

    start = None
    if resume is not None:
        start = read_run(resume, "a checkpoint (safetensors)", "`tcvae train --checkpoint`")
        release(resume)  # --checkpoint may go on in the same file
    check_paths(data, output, log, checkpoint, resume)
    if start is not None and not start.is_checkpoint:
        raise TcvaeError(str(resume), "is a finished run, not a checkpoint", "give a file made by --checkpoint")
    path = data_path(data, start)
    torch_device = start_torch(device)
    from tcvae_cli.models import distributed

    distributed.join(torch_device)
    try:
        with open_data_set(path, progress if distributed.rank() == 0 else silent) as rows:
            settings = settings_of(context, rows, start, torch_device)
            outputs = Outputs(output, log, checkpoint, checkpoint_every, verbose)
            train_and_write(rows, settings, start, torch_device, outputs)
    finally:
        distributed.leave()


@dataclass(frozen=True)
class Outputs:
    """Where a training writes, and how often it keeps a checkpoint."""

    run: str
    log: str | None
    checkpoint: str | None
    every: int
    verbose: bool


def train_and_write(
    rows: "DataSet", settings: "Settings", start: "StoredRun | None", device: "torch.device", outputs: Outputs
) -> None:
    """Load, train, evaluate, write. Of several processes only the first does more than train."""
    import torch

    from tcvae_cli import native
    from tcvae_cli.files.headers import RunHeader
    from tcvae_cli.files.provenance import Header
    from tcvae_cli.files.runs import write_run
    from tcvae_cli.models.distributed import anywhere, processes, rank
    from tcvae_cli.objectives import load_objective
    from tcvae_cli.objectives.state import Data
    from tcvae_cli.training import images as stored_images
    from tcvae_cli.training import loop
    from tcvae_cli.training.checkpoint import checkpoint_of, resume, weights_of
    from tcvae_cli.training.evaluation import evaluate
    from tcvae_cli.training.images import load_images
    from tcvae_cli.training.loop import check_finite, share_sums
    from tcvae_cli.training.loop import train as run_training
    from tcvae_cli.training.state import new_state

    writes, objective = rank() == 0, load_objective(settings.objective)
    if writes:
        say(objective.sentence(settings))
        before = processes() if start is None else start.header.processes
        if before != processes():
            say(f"the checkpoint is of {before} processes, these are {processes()}: equal to rounding only")
        if outputs.verbose and native.library() is None:
            say("there are no compiled loops, which a C compiler makes when tcvae is installed: torch does it, slower")
        if settings.shuffle_rows is not None:
            say(f"the images stay on disk, {settings.shuffle_rows:,} of them shuffled at a time (--memory)")
    images = load_images(rows, settings.shuffle_rows, stored_images.BLOCK_BYTES).on(device)
    probability = None if rows.probability is None else torch.from_numpy(rows.probability).to(device)
    data = Data(images, probability, device)
    state = new_state(settings, images.layout.input_shape, device) if start is None else resume(start, settings, device)
    if state.step > settings.steps:
        fault = f"{settings.steps} steps are asked for, but the checkpoint is at step {state.step}"
        raise UsageError("--resume", fault, "ask for more --steps or --epochs")

    about = rows.header()

    def header(final: Header | None) -> RunHeader:
        return RunHeader(settings.header(), about, state.step, final, processes())

    with (
        log_file(outputs.log if writes else None, state.step) as log,
        progress("training", settings.steps) if writes else contextlib.nullcontext(skip) as advance,
    ):
        advance(state.step)

        def keep() -> None:
            check_finite(state)
            if writes and outputs.checkpoint:
                write_run(outputs.checkpoint, header(None), checkpoint_of(state))

        def keep_last() -> None:
            try:
                keep()
            except TcvaeError as error:  # a signal's exit code is all that would be told
                say(f"there is no last checkpoint: {error}")

        def after_step(state: "State", report: dict[str, float] | None) -> None:
            advance(1, **({"note": objective.progress(report)} if report else {}))
            if report and writes:
                write_report(log, state.step, report, outputs)
            if not outputs.checkpoint:
                return
            ends = state.step % steps_to_agree == 0 and anywhere(stopping(), device)
            if ends or state.step % outputs.every == 0:
                share_sums(state)
                keep_last() if ends else keep()
            if ends:
                interrupts.stop()

        steps_to_agree = 1 if processes() == 1 else AGREE
        with interrupts.held(outputs.checkpoint is not None) as stopping:
            run_training(state, data, settings, after_step, report_every=loop.REPORT_EVERY)
        try:
            if stopping():  # it came in the last step
                interrupts.stop()
            if writes:
                final = evaluate(state, data, settings)
                write_run(outputs.run, header(final), weights_of(state.model))
        except (KeyboardInterrupt, Terminated):
            keep_last()  # alone: the other processes may have left
            raise
        except TcvaeError:  # such as a full disk
            with contextlib.suppress(TcvaeError):
                keep()
            raise
    if writes:
        say(f"{settings.steps:,} steps: {closing(final)}{objective.closing(final)}")


def skip(count: int, note: str = "") -> None:
    """The progress bar of a process that shows none."""


def closing(final: dict[str, Any]) -> str:
    """The last line: what became of it."""
    text = f"KL {final['kl']:.2f} nats"
    if final["elbo"] is not None:
        text = f"ELBO {final['elbo']:.2f} nats, {text}"
    return text


def write_report(log: IO[str] | None, step: int, report: dict[str, float], outputs: Outputs) -> None:
    """One line of the log, and one on stderr if asked."""
    from tcvae_cli.files.provenance import canonical_json

    if log is not None and all(abs(value) < float("inf") for value in report.values()):
        with writing(str(outputs.log)):
            log.write(canonical_json({"step": step, **report}) + "\n")
            log.flush()
    if outputs.verbose and not sys.stderr.isatty():
        say(f"step {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in report.items()))
