"""`tcvae train`: train a model on a data set."""

import functools
import os
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli import interrupts
from tcvae_cli.cli.flags import Device, Where, typed
from tcvae_cli.cli.messages import say, say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.training_lines import in_columns
from tcvae_cli.errors import UsageError
from tcvae_cli.objectives import DEFAULT_OBJECTIVE, OBJECTIVES
from tcvae_cli.objectives.settings import (
    ArchitectureName,
    EstimatorName,
    LikelihoodName,
    ObjectiveName,
    PosteriorName,
    PrecisionName,
    PriorName,
    Settings,
)
from tcvae_cli.progress import quiet

if TYPE_CHECKING:
    from tcvae_cli.files.headers import DataHeader

# What is passed on by name; the rest may be left out.
OTHERS = ("data", "device", "log", "checkpoint", "resume", "output", "verbose", "context")


def beta_in_words() -> str:
    """Return what beta is the weight of, for the help: in each objective that takes one, with its default."""
    *parts, last = (
        f"of {objective.of_beta} ({name}, default {objective.beta:g})"
        for name, objective in sorted(OBJECTIVES.items())
        if objective.of_beta
    )
    return f"Weight of what the objective penalises. It is that {', '.join(parts)}, or {last}."


def latents_in_words() -> str:
    """Return how many latents there are, for the help, with the objectives that have another default."""
    others = (f"; {name}: {objective.latents}" for name, objective in OBJECTIVES.items() if objective.latents)
    return f"Number of latents. [default: {Settings.latents}{''.join(others)}]"


def train(
    context: typer.Context,
    data: Annotated[
        str | None, typer.Option(metavar="FILE.h5", help="Data set to train on; - is standard input.")
    ] = None,
    objective: Annotated[ObjectiveName, typer.Option(help="Objective to maximise.")] = ObjectiveName(DEFAULT_OBJECTIVE),
    beta: Annotated[float | None, typer.Option(min=0, help=beta_in_words())] = None,
    alpha: Annotated[float, typer.Option(min=0, help="Weight of the index-code MI (beta-tcvae).")] = 1.0,
    gamma: Annotated[float, typer.Option(min=0, help="Weight of dimension-wise KL (beta-tcvae).")] = 1.0,
    beta_anneal: Annotated[
        int | None,
        typer.Option(
            min=1, max=2**31, metavar="STEPS", help="Raise beta from 0 to its value over this number of steps."
        ),
    ] = None,
    lambda_anneal: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2**31,
            metavar="STEPS",
            help="Raise gamma from 5% of its value to all of it over 95% of this number of steps (beta-tcvae).",
        ),
    ] = None,
    capacity: Annotated[
        float | None, typer.Option(min=0, metavar="NATS", help="What C rises to (annealed-vae, default 25).")
    ] = None,
    capacity_anneal: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2**31,
            metavar="STEPS",
            help="Raise C from 0 to the capacity over this number of steps (annealed-vae, default 100,000).",
        ),
    ] = None,
    lambda_od: Annotated[
        float | None,
        typer.Option(min=0, help="Weight of the covariances between latents (dip-vae-i and dip-vae-ii, default 10)."),
    ] = None,
    lambda_d: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Weight of the distance of the latents' variances from 1 (dip-vae-i, default 10 times --lambda-od, "
            "and dip-vae-ii, default --lambda-od).",
        ),
    ] = None,
    estimator: Annotated[
        EstimatorName,
        typer.Option(
            help="How to estimate log q(z) (beta-tcvae). From the minibatch (mws or mss), or over all images (exact), "
            "for small data sets."
        ),
    ] = EstimatorName.MWS,
    posterior: Annotated[PosteriorName, typer.Option(help="Family of the posterior q(z|n).")] = PosteriorName.NORMAL,
    prior: Annotated[
        PriorName | None,
        typer.Option(
            help="Family of the prior p(z). A flow is learned, and factorial. [default: the posterior's family]"
        ),
    ] = None,
    likelihood: Annotated[
        LikelihoodName,
        typer.Option(
            help="Likelihood p(x|z) of the pixels. For bernoulli, grey levels are soft targets; gaussian has a learned "
            "standard deviation."
        ),
    ] = LikelihoodName.BERNOULLI,
    architecture: Annotated[
        ArchitectureName,
        typer.Option(
            help="Networks to train. The paper has mlp and conv, Burgess et al. 2018 and Locatello et al. 2019 the "
            "others; auto takes mlp for binary images, else conv if it fits."
        ),
    ] = ArchitectureName.AUTO,
    latents: Annotated[int | None, typer.Option(min=1, max=4096, help=latents_in_words())] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Number of images per step.")] = 2048,
    learning_rate: Annotated[float, typer.Option(help="Step size of the Adam optimiser.")] = 1e-3,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=2**31, help="Number of passes over the data. [default: 50]")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, max=2**31, help="Number of steps to train, instead of epochs.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the weights, the order and the noise.")] = 0,
    precision: Annotated[
        PrecisionName,
        typer.Option(help="Number format of the networks. In auto it is bfloat16 where the hardware has it."),
    ] = PrecisionName.AUTO,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory for images. In bytes, such as 500M or 4G; larger data sets stay on disk. "
            "[default: half of what is free]",
        ),
    ] = None,
    device: Where = Device.AUTO,
    log: Annotated[
        str | None, typer.Option(metavar="FILE.jsonl", help="File to log the ELBO and its terms in.")
    ] = None,
    report_every: Annotated[
        int, typer.Option(min=1, metavar="STEPS", help="Steps between lines of the log, and of -v.")
    ] = 100,
    evaluate_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="STEPS",
            help="Also measure a sample every so many steps. The log then has the exact terms of the KL and the MIG "
            "of 2,000 images.",
        ),
    ] = None,
    pictures: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Folder to draw walks in, each time that is measured.")
    ] = None,
    tensorboard: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Folder for all this as event files of TensorBoard."),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="FILE", help="File to keep a checkpoint in. From it, --resume goes on.")
    ] = None,
    checkpoint_every: Annotated[int, typer.Option(min=1, help="Number of steps between checkpoints.")] = 1000,
    resume: Annotated[
        str | None, typer.Option(metavar="FILE", help="Checkpoint to go on from, with its settings.")
    ] = None,
    rendezvous_timeout: Annotated[
        int,
        typer.Option(
            min=1, metavar="SECONDS", help="Time to wait for the other processes, where torchrun has started several."
        ),
    ] = 300,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print the log's numbers on stderr.")] = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="RUN", help="Run to write; - is standard output.")
    ] = "-",
) -> None:
    """Train a model on a data set, and write it as a run (safetensors) that the other verbs read.

    tcvae train --data dsprites.h5 --beta 6 -o run.safetensors

    tcvae train --data dsprites.h5 --objective factorvae --beta 35 --steps 3000 --architecture conv -o run.safetensors

    torchrun --nproc-per-node 4 -m tcvae_cli train --data dsprites.h5 -o run.safetensors

    The defaults are the paper's: a beta-TCVAE, 2048 images per step, Adam at 0.001, 50 epochs, 10 latents, and its MLP
    for dSprites.
    """
    if data is None and resume is None:
        raise UsageError("--data", "is missing", "name a data set: tcvae train --data dsprites.h5 -o run.safetensors")
    from tcvae_cli.verbs.train import train as train_on

    if verbose:
        say_if_slow()
    run = train_on(
        data,
        **{name: value for name, value in context.params.items() if name not in OTHERS and typed(context, name)},
        device=device,
        log=log,
        checkpoint=checkpoint,
        resume=resume,
        output=output,
        on_report=in_columns() if verbose and not sys.stderr.isatty() else None,
        hold=functools.partial(interrupts.held, checkpoint is not None),
        progress=progress,
        say=say,
        detail=say if verbose else quiet,
        note=say_note,
    )
    if output != "-" and os.environ.get("RANK", "0") == "0":
        say(next_step(output, run.header.data))


def next_step(path: str, data: "DataHeader") -> str:
    """Return what to type now that a run is at PATH: to measure it, and to look at it."""
    name, measure = shlex.quote(path), "mig" if data.factor_names else "estimate-tc"
    if data.path == "-":  # it cannot be read again
        return f"next: tcvae encode {name} --data FILE.h5 | tcvae {measure}"
    return f"next: tcvae encode {name} | tcvae {measure}, or tcvae report {name} -o page.html"


def say_if_slow() -> None:
    """Print a line if the compiled loops are missing; of several processes only the first does."""
    from tcvae_cli import native

    if native.library() is None and os.environ.get("RANK", "0") == "0":
        say("the compiled loops are missing, so torch is used, which is slower: install tcvae with a C compiler")
