"""The flags of each verb and the arguments of its function in Python: one name, one default, the same words."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest
import typer.main

import tcvae_cli as tcvae
from tcvae_cli import cli, figures, machine
from tcvae_cli.biases import BIASES
from tcvae_cli.cli.estimate_tc import Estimator
from tcvae_cli.cli.flags import Device
from tcvae_cli.cli.mig import Method
from tcvae_cli.cli.prepare import Variant
from tcvae_cli.cli.prepare_own import Resize
from tcvae_cli.cli.subset import Bias
from tcvae_cli.cli.walk_flags import extent_of
from tcvae_cli.datasets.own import folder
from tcvae_cli.datasets.sources import SOURCES
from tcvae_cli.objectives import DEFAULT_OBJECTIVE
from tcvae_cli.objectives.settings import EstimatorName, PrecisionName, Settings, required
from tcvae_cli.verbs.decompose import ESTIMATORS
from tcvae_cli.verbs.mig import METHODS
from tcvae_cli.verbs.sweep_grammar import NAMES as SWEPT

VERBS: dict[str, Callable[..., Any]] = {
    "subset": tcvae.subset,
    "encode": tcvae.encode,
    "estimate_tc": tcvae.decompose,
    "mig": tcvae.mig,
    "score": tcvae.score,
    "compare": tcvae.compare,
    "match": tcvae.match,
    "rank": tcvae.rank,
    "traverse": tcvae.walk,
    "report": tcvae.report,
    "export": tcvae.export_run,
    "show": tcvae.describe,
    "train": tcvae.train,
    "sweep": tcvae.sweep,
    "plot information": tcvae.mig_lines,
    "plot latents": tcvae.portraits,
    "plot samples": tcvae.sample_run,
    "plot strips": tcvae.match_walks,
    **{f"plot {name}": getattr(figures, name) for name in ("box", "trade_off", "circles", "bias", "curve", "log")},
}
SHOWING = {
    "format",
    "output",
    "matrix",
    "every",
    "verbose",
    "help",
    "follow",
    "title",
    "width",
    "style",
}  # how a result is printed or drawn, and where it goes
LISTENING = {"progress", "note", "say", "on_report", "hold", "detail"}  # what only a program can give
RENAMED = {  # a command takes several where the function takes one, or two of one kind
    "match": {"codes": "first", "other": "second"},
    "plot samples": {"runs": "run"},
}
PYTHON_ONLY = {"train": {"block_bytes"}, "sweep": {"stacked"}, "traverse": {"named"}, "export": {"extension"}}
OWN_DEFAULTS = {  # the function is of one measure or number of samples; of train, see below
    "estimate_tc": {"samples"},
    "score": {"measure"},
    "train": set(inspect.signature(tcvae.train).parameters) - {"device"},
}
NOT_OF_SETTINGS = {"beta", "latents", "prior", "estimator", "architecture", "precision"}  # these depend on others


def commands(group: Any, *above: str) -> dict[str, Any]:
    """Return all commands by their names in Python."""
    if not hasattr(group, "commands"):
        return {" ".join(above): group}
    found: dict[str, Any] = {}
    for name, one in group.commands.items():
        found |= commands(one, *above, name.replace("-", "_"))
    return found


COMMANDS = commands(typer.main.get_command(cli.app))
MADE = {name.removeprefix("prepare "): one for name, one in COMMANDS.items() if name.startswith("prepare ")}


def flags_of(command: Any) -> dict[str, object]:
    """Return each flag and argument of a command with its default in Python."""
    return {str(one.name): default_of(one) for one in command.params if one.name not in SHOWING}


def default_of(one: Any) -> object:
    """Return the default of a flag; of an argument, which is a stream where it is left out, what a function has."""
    if one.param_type_name == "argument" or one.required:
        return inspect.Parameter.empty
    return extent_of(str(one.default)) if one.name == "extent" else getattr(one.default, "value", one.default)


def test_all_verbs_are_compared() -> None:
    assert {name for name in COMMANDS if not name.startswith("prepare ")} - {"help", "recipes"} == VERBS.keys()
    assert MADE.keys() == SOURCES.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_flags_are_the_arguments_of_the_function(verb: str) -> None:
    typed = {RENAMED.get(verb, {}).get(name, name): default for name, default in flags_of(COMMANDS[verb]).items()}
    taken = {
        name: one.default
        for name, one in inspect.signature(VERBS[verb]).parameters.items()
        if name not in SHOWING | LISTENING | PYTHON_ONLY.get(verb, set())
    }
    assert typed.keys() == taken.keys()
    for name in taken.keys() - OWN_DEFAULTS.get(verb, set()):
        if typed[name] is not inspect.Parameter.empty:
            assert (name, typed[name]) == (name, taken[name])


def test_the_defaults_of_train_are_those_of_the_settings() -> None:
    """In Python they are all None, which stands for them, and what a checkpoint says comes before them."""
    typed = flags_of(COMMANDS["train"])
    stored = {one.name: one.default for one in dataclasses.fields(Settings)}
    shared = typed.keys() & stored.keys() - NOT_OF_SETTINGS - {"objective", "steps"}
    assert {name: typed[name] for name in shared} == {name: stored[name] for name in shared}
    assert typed["objective"] == DEFAULT_OBJECTIVE
    taken = inspect.signature(tcvae.train).parameters
    assert {taken[name].default for name in typed.keys() - {"device", "report_every"}} == {None}


def test_every_setting_is_typed_swept_and_known_to_be_lacking_in_old_runs() -> None:
    settings = {one.name for one in dataclasses.fields(Settings)} - {"shuffle_rows"}  # which memory decides
    assert set(SWEPT) == settings | {"epochs"}
    assert set(SWEPT) <= flags_of(COMMANDS["train"]).keys() & flags_of(COMMANDS["sweep"]).keys()
    first = "objective alpha beta gamma estimator architecture latents batch_size learning_rate steps seed precision"
    assert required() == first.split()  # those of the first version, for good


@pytest.mark.parametrize("name", SOURCES)
def test_flags_of_prepare_are_the_options_of_the_data_set(name: str) -> None:
    typed = flags_of(MADE[name])
    files = {"source"} | ({"download"} if SOURCES[name].published else set())
    assert files <= typed.keys()
    options = {one.name: one.default for one in dataclasses.fields(SOURCES[name].load().Options)}
    assert {flag: default for flag, default in typed.items() if flag not in files} == options


def test_the_effort_of_one_score_is_that_of_several() -> None:
    taken = inspect.signature(tcvae.score).parameters
    assert {name: taken[name].default for name in dataclasses.asdict(tcvae.Effort())} == dataclasses.asdict(
        tcvae.Effort()
    )


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (Method, METHODS),
        (Estimator, ESTIMATORS),
        (sorted(EstimatorName), sorted(ESTIMATORS)),
        (Device, machine.DEVICES),
        (PrecisionName, machine.PRECISIONS),
        (Bias, tuple(BIASES)),
        (Resize, get_args(get_type_hints(folder.Options)["resize"])),
        (Variant, tuple(file.name[6:-4] for file in SOURCES["mpi3d"].published)),
    ],
)
def test_choices_are_the_words_of_the_function(choices: Any, words: tuple[str, ...]) -> None:
    assert tuple(map(str, choices)) == tuple(words)
