"""`tcvae sweep`: train and measure many runs."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tcvae_cli import interrupts
from tcvae_cli.cli.completion import objectives, swept_measures
from tcvae_cli.cli.flags import Device, Where
from tcvae_cli.cli.messages import say, say_note
from tcvae_cli.cli.progress import progress
from tcvae_cli.cli.sweep_display import display
from tcvae_cli.cli.tables import print_results
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.progress import quiet
from tcvae_cli.text import listed

if TYPE_CHECKING:
    from rich.table import Table

    from tcvae_cli.verbs.sweep import Swept

OTHERS = ("context", "data", "measure", "dry_run", "device", "verbose", "output")  # than what is passed on as it is


def setting(name: str, help: str) -> object:  # noqa: A002
    """Return the flag of a setting, which takes several values."""
    known = objectives if name == "objective" else None
    return typer.Option(f"--{name}", metavar="LIST", help=help, autocompletion=known)


def sweep(
    context: typer.Context,
    data: Annotated[str, typer.Option(metavar="FILE.h5", help="The data set to train on.")],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FOLDER", help="The folder of the runs and their results.")
    ],
    objective: Annotated[str | None, setting("objective", "Objectives, as beta-tcvae,beta-vae.")] = None,
    beta: Annotated[str | None, setting("beta", "Weights beta, as 1,2,4.")] = None,
    alpha: Annotated[str | None, setting("alpha", "Weights of the index-code mutual information.")] = None,
    gamma: Annotated[str | None, setting("gamma", "Weights of the dimension-wise KL.")] = None,
    beta_anneal: Annotated[str | None, setting("beta-anneal", "Numbers of steps over which beta rises.")] = None,
    lambda_anneal: Annotated[str | None, setting("lambda-anneal", "Numbers of steps over which gamma rises.")] = None,
    capacity: Annotated[str | None, setting("capacity", "Capacities C in nats, as 5,25,50.")] = None,
    capacity_anneal: Annotated[str | None, setting("capacity-anneal", "Numbers of steps over which C rises.")] = None,
    lambda_od: Annotated[str | None, setting("lambda-od", "Weights of the covariances between latents.")] = None,
    lambda_d: Annotated[str | None, setting("lambda-d", "Weights of the variances' distance from 1.")] = None,
    estimator: Annotated[str | None, setting("estimator", "Estimators of log q(z): mws, mss, exact.")] = None,
    posterior: Annotated[str | None, setting("posterior", "Families of the posterior: normal, laplace.")] = None,
    prior: Annotated[str | None, setting("prior", "Families of the prior: normal, laplace, flow.")] = None,
    likelihood: Annotated[str | None, setting("likelihood", "Likelihoods: bernoulli, gaussian.")] = None,
    architecture: Annotated[
        str | None, setting("architecture", "Networks: auto, mlp, conv, burgess, locatello.")
    ] = None,
    latents: Annotated[str | None, setting("latents", "Numbers of latents.")] = None,
    batch_size: Annotated[str | None, setting("batch-size", "Numbers of images per step.")] = None,
    learning_rate: Annotated[str | None, setting("learning-rate", "Step sizes of the Adam optimiser.")] = None,
    epochs: Annotated[str | None, setting("epochs", "Numbers of passes over the data.")] = None,
    steps: Annotated[str | None, setting("steps", "Numbers of steps to train, instead of epochs.")] = None,
    seed: Annotated[str | None, setting("seed", "Seeds, as 0..9.")] = None,
    precision: Annotated[
        str | None, setting("precision", "Number formats of the networks: auto, float32, bfloat16.")
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Take the runs from a list instead. It has one a line: paths, JSON objects with settings, or # "
            "comments; - is standard input. The settings typed beside it, one value each, are for all runs whose line "
            "says nothing else, and stand in no path.",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            autocompletion=swept_measures,
            help="What to measure of each run. It may be mig, estimate-tc, measures of tcvae score, or none. "
            "[default: mig,estimate-tc, without factors estimate-tc]",
        ),
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Do one share of the runs. It is every N-th from the I-th on, for arrays of jobs."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print which runs there are to do.")] = False,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory for images. In bytes, such as 500M or 4G; where they stay on disk, of each run at work. "
            "[default: half of what is free]",
        ),
    ] = None,
    device: Where = Device.AUTO,
    checkpoint_every: Annotated[
        int,
        typer.Option(
            min=1,
            help="Number of steps between checkpoints. It is more where they would take over 5% of the time, as on a "
            "GPU.",
        ),
    ] = 1000,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Say what is slower than it could be. On a terminal, too, print a line every minute.",
        ),
    ] = False,
) -> None:
    """Train and measure many runs, as many side by side as the machine holds; what is finished is skipped.

    tcvae sweep --data dsprites.h5 --objective beta-tcvae,beta-vae --beta 1,2,4,6,8,10 --seed 0..9 -o runs

    tcvae sweep --data dsprites.h5 --from runs.txt --steps 3000 -o runs

    Each run is written to OBJECTIVE/flag_value/.../seed_N/run.safetensors in FOLDER, its results beside it and, one a
    line, to FOLDER/results.jsonl, which compare and plot read as it grows. The same command goes on where it was cut
    off. A list is 1,2,4 or 0..9, or both.
    """
    named = None if measure is None else [name.strip() for text in measure for name in text.split(",")]
    if named is not None and "none" in named:
        if "" in named:
            raise UsageError("--measure", "there is no measure ''", "leave out the comma")
        if set(named) != {"none"}:
            raise UsageError("--measure", "none contradicts the others", "leave out one of the two")
        named = []
    from tcvae_cli.verbs.sweep import sweep as sweep_on

    with display(verbose) as show:
        done = sweep_on(
            data,
            **{name: value for name, value in context.params.items() if name not in OTHERS},
            measure=named,
            dry_run=dry_run,
            device=device.value,
            output=output,
            on_report=show,
            hold=functools.partial(holding, []),
            progress=progress,
            say=say,
            detail=say if verbose else quiet,
            note=say_note,
        )
    if dry_run:
        print_results(done.records(), None, lambda: table(done))
    elif done.failures:
        fault = f"{len(done.failures):,} of {len(done.runs):,} runs failed: {listed(list(done.failures))}"
        raise TcvaeError(done.folder, fault, "mend the reasons, which stand above, and give the same command again")


@contextlib.contextmanager
def holding(said: list[str]) -> Iterator[Callable[[], bool]]:
    """Let signals wait inside, say so once, and have a second Ctrl-C end all in a line."""
    with interrupts.held() as stopping:

        def heard() -> bool:
            if stopping() and not said:
                said.append("stopping: what trains keeps a checkpoint after its step; Ctrl-C once more ends at once")
                interrupts.end_with("ended at once; the same command goes on from what was kept")
                with contextlib.suppress(OSError):  # of a terminal that was closed
                    say(said[0])
            return stopping()

        yield heard


def table(swept: "Swept") -> "Table":
    """Return for people which runs there are to do."""
    from rich.table import Table

    grid = Table(title=f"{len(swept.runs):,} runs", title_justify="left")
    stacked = any(run.group is not None for run in swept.runs)
    for name in ("run", "state", "steps done", *["together"] * stacked):
        grid.add_column(name, justify="left" if name in ("run", "state") else "right")
    for run in swept.runs:
        group = "" if run.group is None else f"{run.group:,}"
        state = f"{run.state}, replaces another" if run.replaces else run.state
        grid.add_row(run.path, state, f"{run.step:,}", *[group] * stacked)
    return grid
