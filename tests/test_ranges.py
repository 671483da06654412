"""Numbers out of range are refused from Python as from the command line, whose flags have the same ranges."""

from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from tcvae_cli.cli import app
from tcvae_cli.errors import ArgumentError
from tcvae_cli.verbs.decompose import decompose
from tcvae_cli.verbs.encode import encode
from tcvae_cli.verbs.match import match
from tcvae_cli.verbs.match_walks import match_walks
from tcvae_cli.verbs.mig import mig
from tcvae_cli.verbs.portraits import portraits
from tcvae_cli.verbs.prepare import prepare
from tcvae_cli.verbs.report import report
from tcvae_cli.verbs.sample_run import sample_run
from tcvae_cli.verbs.score import score
from tcvae_cli.verbs.subset import subset
from tcvae_cli.verbs.walk import walk

RUN, CODES, DATA = "run.safetensors", "codes.safetensors", "tiny.h5"
Call = Callable[..., Any]
CALLS: dict[str, Call] = {
    "mig": lambda **given: mig(CODES, **given),
    "encode": lambda **given: encode(RUN, DATA, **given),
    "estimate-tc": lambda **given: decompose(CODES, **({"estimator": "mws"} | given)),
    "score": lambda **given: score(CODES, "sap", **given),
    "match": lambda **given: match(CODES, CODES, **given),
    "traverse": lambda **given: walk(RUN, data=None if "image" not in given else DATA, **given),
    "report": lambda **given: report(RUN, data=DATA, **given),
    "subset": lambda **given: subset(DATA, output="part.h5", **({"where": {"shape": 1}} | given)),
    "plot samples": lambda **given: sample_run(RUN, data=DATA, **given),
    "plot strips": lambda **given: match_walks(RUN, RUN, data=DATA, **given),
    "plot latents": lambda **given: portraits([CODES], **given),
    "prepare faces": lambda **given: prepare("faces", output="new.h5", **given),
    **{
        f"prepare {name}": lambda name=name, **given: prepare(name, source=DATA, output="new.h5", **given)
        for name in ("chairs", "celeba", "cars3d", "smallnorb", "folder")
    },
}
IN_LISTS = {"image of report"}  # the flags that may be repeated, where Python takes a list


def beyond() -> list[tuple[str, str, float]]:
    """Return (verb, argument, value) for each end of the range of each flag, the value being just beyond it."""
    found = []
    for verb in CALLS:
        command: Any = typer.main.get_command(app)
        for word in verb.split():
            command = command.commands[word]
        for parameter in command.params:
            for end, step in (("min", -1), ("max", 1)):
                if (value := getattr(parameter, end, None)) is not None:
                    found.append((verb, str(parameter.name), value + step))
    return found


@pytest.mark.parametrize(("verb", "name", "value"), beyond())
def test_a_number_beyond_the_range_of_its_flag_is_refused(tcvae: Call, verb: str, name: str, value: float) -> None:
    with pytest.raises(ArgumentError) as refused:
        CALLS[verb](**{name: [value] if {name, f"{name} of {verb}"} & IN_LISTS else value})
    assert refused.value.where == name


def test_every_range_is_tried() -> None:
    tried = {(verb, name) for verb, name, _ in beyond()}
    assert {("mig", "seed"), ("encode", "seed"), ("traverse", "frames"), ("prepare chairs", "size")} <= tried
    assert len(beyond()) > 60
