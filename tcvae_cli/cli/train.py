"""`tcvae train`: a data set to a run."""

import contextlib
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from tcvae_cli.cli.common import Device, progress, say, start_torch
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import check_output, system_fault, write_bytes

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import Run
    from tcvae_cli.training.settings import Settings


class Objective(StrEnum):
    """What is maximised."""

    BETA_TCVAE = "beta-tcvae"
    BETA_VAE = "beta-vae"
    VAE = "vae"


class Estimator(StrEnum):
    """How a minibatch estimates log q(z)."""

    MWS = "mws"
    MSS = "mss"


class Architecture(StrEnum):
    """Which networks."""

    AUTO = "auto"
    MLP = "mlp"
    CONV = "conv"


class Precision(StrEnum):
    """The number format of the networks' matrix products."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


PAPER_BETA = {"beta-tcvae": 6.0, "beta-vae": 4.0, "vae": 1.0}


def train(
    context: typer.Context,
    data: Annotated[str | None, typer.Option(metavar="FILE.h5", help="The data set; - is standard input.")] = None,
    objective: Annotated[Objective, typer.Option(help="What to maximise.")] = Objective.BETA_TCVAE,
    beta: Annotated[
        float | None, typer.Option(min=0, help="Weight of the TC (beta-tcvae, default 6) or of the KL (beta-vae, 4).")
    ] = None,
    alpha: Annotated[float, typer.Option(min=0, help="Weight of the index-code MI (beta-tcvae).")] = 1.0,
    gamma: Annotated[float, typer.Option(min=0, help="Weight of the dimension-wise KL (beta-tcvae).")] = 1.0,
    estimator: Annotated[Estimator, typer.Option(help="Minibatch estimator of log q(z).")] = Estimator.MWS,
    architecture: Annotated[
        Architecture, typer.Option(help="The paper's networks; auto is mlp for binary images, else conv.")
    ] = Architecture.AUTO,
    latents: Annotated[int, typer.Option(min=1, max=4096, help="Number of latents.")] = 10,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 2048,
    learning_rate: Annotated[float, typer.Option(help="Adam's step size.")] = 1e-3,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data. [default: 50]")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps, instead of epochs.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of weights, order and noise.")] = 0,
    precision: Annotated[Precision, typer.Option(help="auto is bfloat16 where the hardware has it.")] = Precision.AUTO,
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

    tcvae train --data dsprites.h5 --objective beta-vae --beta 4 --steps 3000 --architecture conv -o run.safetensors

    The defaults are the paper's: batch 2048, Adam 1e-3, 50 epochs, 10 latents, its MLP for dSprites.
    """
    check_flags(context, objective, beta, learning_rate, steps, epochs)
    check_paths(data, output, log, checkpoint, resume)
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.files.runs import read_run

    checkpoint_run = read_run(resume) if resume is not None else None
    if checkpoint_run is not None and not checkpoint_run.is_checkpoint:
        raise TcvaeError(str(resume), "is a finished run, not a checkpoint", "give a file made by --checkpoint")
    data = data_path(data, checkpoint_run)
    torch_device = start_torch(device)
    from tcvae_cli.training.precision import choose_precision

    with open_data_set(data) as rows:
        asked = {
            "objective": objective.value,
            "alpha": alpha,
            "beta": PAPER_BETA[objective] if beta is None else beta,
            "gamma": gamma,
            "estimator": estimator.value if objective is Objective.BETA_TCVAE else None,
            "architecture": resolve_architecture(architecture, rows),
            "latents": latents,
            "batch_size": batch_of(rows, batch_size, checkpoint_run),
            "learning_rate": learning_rate,
            "steps": count_steps(rows, batch_of(rows, batch_size, checkpoint_run), steps, epochs),
            "seed": seed,
            "precision": choose_precision(precision, torch_device),
        }
        settings = merge(context, asked, checkpoint_run, rows)
        train_and_write(
            rows, settings, checkpoint_run, torch_device, Outputs(output, log, checkpoint, checkpoint_every, verbose)
        )


class Outputs:
    """Where a training writes, and how often."""

    def __init__(self, run: str, log: str | None, checkpoint: str | None, every: int, verbose: bool) -> None:
        self.run, self.log, self.checkpoint, self.every, self.verbose = run, log, checkpoint, every, verbose


def typed(context: typer.Context, name: str) -> bool:
    """Whether the flag was typed rather than left to its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def check_flags(
    context: typer.Context, objective: str, beta: float | None, rate: float, steps: int | None, epochs: int | None
) -> None:
    """Refuse combinations that would not do what they say."""
    if steps is not None and epochs is not None:
        raise UsageError("--steps", "--epochs already says how long to train", "give one of the two")
    if not 0 < rate < float("inf"):
        raise UsageError("--learning-rate", f"is {rate:g}", "give a number above 0")
    for name in ("alpha", "gamma", "estimator"):
        if objective != Objective.BETA_TCVAE and typed(context, name):
            raise UsageError(f"--{name}", f"means nothing to {objective}", "leave it out or use beta-tcvae")
    if objective == Objective.VAE and beta not in (None, 1.0):
        raise UsageError("--beta", "is 1 in a vae", "use --objective beta-vae")
    for name in ("alpha", "beta", "gamma"):
        value = context.params.get(name)
        if value is not None and not value < float("inf"):
            raise UsageError(f"--{name}", f"is {value}", "give a finite number")


def check_paths(data: str | None, output: str, log: str | None, checkpoint: str | None, resume: str | None) -> None:
    """Refuse outputs that cannot be written, or that would write over one another or over an input."""
    for flag, path in (("--log", log), ("--checkpoint", checkpoint)):
        if path == "-":
            raise UsageError(flag, "standard output is for the run", "name a file")
    outputs = [path for path in (output, log, checkpoint) if path is not None]
    for path in outputs:
        check_output(path)
    real = [
        os.path.realpath(path) for path in outputs if (path != "-" and not os.path.exists(path)) or os.path.isfile(path)
    ]
    real += [os.path.realpath(path) for path in (data,) if path is not None and path != "-"]
    if len(set(real)) < len(real):
        raise UsageError("--output", "two files of this command are one and the same", "give each its own name")
    if resume is not None and resume == output:
        raise UsageError("--output", "is the checkpoint that --resume reads", "name another file")
    try:
        (data or "").encode()
    except UnicodeEncodeError:
        raise UsageError("--data", "its name is not UTF-8, and the run has to remember it", "rename it") from None


def data_path(typed_path: str | None, run: "Run | None") -> str:
    """The data set to train on: as typed, else the one the checkpoint remembers."""
    if typed_path is not None:
        return typed_path
    if run is None:
        raise UsageError("--data", "is missing", "name a data set: tcvae train --data dsprites.h5 -o run.safetensors")
    from tcvae_cli.files.runs import remembered_data_path

    return remembered_data_path(run)


def resolve_architecture(architecture: str, data: "DataSet") -> str:
    """What `auto` stands for. UsageError if the network cannot take the images."""
    height, width = data.description.image_shape[:2]
    if architecture == Architecture.AUTO:
        architecture = Architecture.CONV
        if data.description.pixel_kind == "binary" or (height, width) != (64, 64):
            architecture = Architecture.MLP
    if height != width:
        raise TcvaeError(data.path, f"its images are {height} x {width}, not square", "crop or pad them")
    if architecture == Architecture.CONV and height != 64:
        raise UsageError("--architecture", f"conv takes 64 x 64 images, not {height} x {width}", "use mlp")
    return str(architecture)


def batch_of(data: "DataSet", asked: int, run: "Run | None") -> int:
    """Images a step: never more than there are, and on resuming those of the checkpoint."""
    if run is not None:
        from tcvae_cli.training.checkpoint import run_settings

        return run_settings(run).batch_size
    return min(asked, data.description.rows)


def count_steps(data: "DataSet", batch_size: int, steps: int | None, epochs: int | None) -> int:
    """Steps to train: as typed, or those of the epochs."""
    from tcvae_cli.training.loop import steps_per_epoch

    rows = data.description.rows
    if rows < 2:
        raise TcvaeError(data.path, "holds a single image", "train on two or more")
    return steps or (epochs or 50) * steps_per_epoch(rows, batch_size)


def merge(context: typer.Context, asked: dict[str, Any], run: "Run | None", data: "DataSet") -> "Settings":
    """The settings to train with: as asked, or those of the checkpoint, which no typed flag may contradict."""
    from tcvae_cli.training.checkpoint import run_settings
    from tcvae_cli.training.settings import Settings

    if asked["estimator"] == "mss" and data.probability is not None:
        raise UsageError("--estimator", "mss assumes uniform sampling, and the data set has `probability`", "use mws")
    if run is None:
        return Settings(**asked)
    if run.header["data"]["digest"] != data.digest:
        raise TcvaeError(data.path, f"is not the data set that {run.path} was trained on", "name that one with --data")
    stored = run_settings(run).header()
    longer = typed(context, "steps") or typed(context, "epochs")
    for name, value in stored.items():
        if name != "steps" and typed(context, name) and asked[name] != value:
            flag = name.replace("_", "-")
            raise UsageError(f"--{flag}", f"is {asked[name]}, but {run.path} was made with {value}", "leave it out")
    return Settings(**{**stored, "steps": asked["steps"] if longer else stored["steps"]})


def train_and_write(data: "DataSet", settings: "Settings", start: "Run | None", device: Any, outputs: Outputs) -> None:
    """Load, train, evaluate, write."""
    import torch

    from tcvae_cli.files.runs import run_header
    from tcvae_cli.files.tensors import tensors_to_bytes
    from tcvae_cli.training.checkpoint import checkpoint_of, resume, weights_of
    from tcvae_cli.training.images import load_images
    from tcvae_cli.training.loop import State, check_finite, evaluate, new_state
    from tcvae_cli.training.loop import train as run_training

    say(f"{settings.expanded()}")
    images = load_images(data)
    shape = list(images.shape)
    state = new_state(settings, images.shape, device) if start is None else resume(start, settings, device)
    if state.step > settings.steps:
        fault = f"{settings.steps} steps are asked for, but the checkpoint is at step {state.step}"
        raise UsageError("--resume", fault, "ask for more --steps or --epochs")
    probability = None if data.probability is None else torch.from_numpy(data.probability)

    def header(final: dict[str, object] | None) -> dict[str, object]:
        return run_header(data, settings.header(), state.step, final, shape)

    with (
        log_file(outputs.log, append=start is not None) as log,
        progress("training", total=settings.steps) as advance,
    ):
        advance(state.step)

        def after_step(state: State, report: dict[str, float] | None) -> None:
            advance(1, **({"note": f"ELBO {report['elbo']:.2f}"} if report else {}))
            if report:
                write_report(log, state.step, report, outputs.verbose)
            if outputs.checkpoint and state.step % outputs.every == 0:
                check_finite(state)
                write_bytes(outputs.checkpoint, tensors_to_bytes(header(None), checkpoint_of(state)))

        run_training(state, images, probability, settings, after_step)
    final = evaluate(state, images, settings)
    write_bytes(outputs.run, tensors_to_bytes(header(final), weights_of(state.vae)))
    say(f"{settings.steps:,} steps: ELBO {final['elbo']:.2f} nats, KL {final['kl']:.2f} nats")


@contextlib.contextmanager
def log_file(path: str | None, append: bool) -> Iterator[IO[str] | None]:
    """The open log, or None."""
    if path is None:
        yield None
        return
    try:
        stream = open(path, "a" if append else "w")  # noqa: SIM115
    except OSError as error:
        raise TcvaeError(path, system_fault(error), "choose another place for the log") from None
    with stream:
        yield stream


def write_report(log: IO[str] | None, step: int, report: dict[str, float], verbose: bool) -> None:
    """One line of the log, and one on stderr if asked."""
    from tcvae_cli.files.provenance import canonical_json

    if log is not None and all(abs(value) < float("inf") for value in report.values()):
        log.write(canonical_json({"step": step, **report}) + "\n")
        log.flush()
    if verbose and not sys.stderr.isatty():
        say(f"step {step}: ELBO {report['elbo']:.2f}, log p(x|z) {report['log_likelihood']:.2f}, KL {report['kl']:.2f}")
