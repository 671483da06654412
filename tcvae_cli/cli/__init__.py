"""The command line: one verb, one file. No verb imports torch before it runs."""

import sys
from typing import Annotated

import typer

from tcvae_cli.cli.compare import compare
from tcvae_cli.cli.encode import encode
from tcvae_cli.cli.estimate_tc import estimate_tc
from tcvae_cli.cli.export import export
from tcvae_cli.cli.help import Verb, Verbs, help_on
from tcvae_cli.cli.match import match
from tcvae_cli.cli.mig import mig
from tcvae_cli.cli.plot import app as plot
from tcvae_cli.cli.prepare import app as prepare
from tcvae_cli.cli.rank import rank
from tcvae_cli.cli.recipes import recipes
from tcvae_cli.cli.report import report
from tcvae_cli.cli.score import score
from tcvae_cli.cli.show import show
from tcvae_cli.cli.subset import subset
from tcvae_cli.cli.sweep import sweep
from tcvae_cli.cli.train import train
from tcvae_cli.cli.traverse import traverse
from tcvae_cli.cli.version import machine, versions
from tcvae_cli.machine import check_environment

app = typer.Typer(
    name="tcvae",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
app.add_typer(prepare, name="prepare")
VERBS = (
    *(subset, train, sweep, encode, estimate_tc, mig, score, compare, match, rank),
    *(traverse, report, export, show),
)
for verb in VERBS:
    app.command(cls=Verb)(verb)
app.add_typer(plot, name="plot")
app.command(cls=Verb)(recipes)
app.command("help", cls=Verb)(help_on)


def print_version(wanted: bool) -> None:
    """Print the versions and stop."""
    if wanted:
        for line in versions():
            print(line)
        raise typer.Exit


def print_machine(wanted: bool) -> None:
    """Print the versions and what the machine has, and stop."""
    if wanted:
        for line in machine():
            print(line)
        raise typer.Exit


@app.callback()
def tcvae(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of tcvae, Python and torch.",
            callback=print_version,
            is_eager=True,
        ),
    ] = False,
    machine: Annotated[
        bool,
        typer.Option(
            "--machine",
            help="Print them, and the device, threads and precision.",
            callback=print_machine,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Isolate sources of disentanglement: train beta-TCVAEs, decompose their ELBO, measure MIG, see each latent.

    tcvae train --data dsprites.h5 --beta 6 -o run.safetensors

    tcvae encode run.safetensors | tcvae mig --factors dsprites.h5
    """
    if not {"-h", "--help"} & set(sys.argv):  # which nothing may keep a person from
        check_environment()
