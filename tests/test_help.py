"""`-h`, `--help` and `tcvae help`: what is said of every verb."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from tcvae_cli import cli
from tcvae_cli.cli.pages import Page, pages_of
from tcvae_cli.text import meant, shortened

Verb = Callable[..., Any]
PAGES = list(pages_of(typer.main.get_command(cli.app), "tcvae"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_the_short_help_fits_a_terminal(page: Page, tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, output, _ = tcvae(*page.path.split()[1:], "-h")
    lines = output.decode().splitlines()
    assert status == 0
    assert len(lines) < 60
    assert max(map(len, lines)) <= 80
    assert not re.search(r"RANGE|<=|INTEGER|<[a-z ]+>|\\\[", output.decode())  # which is about our code
    assert all(entry.first.endswith(".") or entry.label.startswith("--") for entry in page.entries)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_help_of_a_verb_is_all_there_is_to_say(page: Page, tcvae: Verb) -> None:
    words = page.path.split()[1:]
    status, output, _ = tcvae("help", *words)
    assert (status, output) == (0, tcvae(*words, "--help")[1])
    said = " ".join(output.decode().split())
    assert len(page.examples) >= 1
    assert all(f"{entry.label} " in said and entry.first in said and entry.rest in said for entry in page.entries)
    assert all(note in said for note in page.notes)


@pytest.mark.parametrize("verb", ["train", "sweep"])
def test_every_flag_of_training_stands_in_a_group(verb: str) -> None:
    groups = next(page for page in PAGES if page.path == f"tcvae {verb}").groups()
    assert len(groups) >= 7
    assert [entry.label.split()[0] for entry in groups.get("Flags", [])] == (
        [] if verb == "train" else ["--from", "--measure", "--share", "--dry-run"]
    )


def test_a_narrow_terminal_breaks_no_word(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an example is too long for a line, the shell still reads one command."""
    monkeypatch.setenv("COLUMNS", "40")
    for page in PAGES:
        printed = tcvae(*page.path.split()[1:], "--help")[1].decode()
        joined = re.sub(r" \\\n +", " ", printed)
        assert all(f"\n  {example}\n" in joined for example in page.examples)
        assert all(len(shlex.split(line.rstrip("\\"))) for line in printed.splitlines() if line.startswith("  tcvae"))
        said = " ".join(printed.split())
        assert all(entry.first in said for entry in page.entries)


def test_examples_are_commands_and_verbs_stand_in_their_order() -> None:
    assert [
        example for page in PAGES for example in page.examples if not re.search(r"(^|[|;] |-m )tcvae(_cli)? ", example)
    ] == []
    assert [entry.label for entry in PAGES[0].groups()["Data"]] == ["prepare", "subset"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("trian", "trian: there is no such command; did you mean train?"),
        ("evaluate", "evaluate: there is no such command; see tcvae -h"),
        ("prepare dsprite", "prepare dsprite: there is no such command; did you mean dsprites?"),
        ("help plot boxes", "plot boxes: there is no such command; did you mean box?"),
        ("mig --fcator posX", "no such option: --fcator; did you mean --factor? see tcvae mig --help"),
        ("mig --method exat", "'histogram'; did you mean exact? see tcvae mig --help"),
        ("train --data tiny.h5 --objective btea-vae", "'dip-vae-ii'; did you mean beta-vae? see tcvae train --help"),
        ("train --data tiny.h5 --architecture con", "'locatello'; did you mean conv? see tcvae train --help"),
        ("train --data tiny.h5 --steps many", "'--steps': must be a whole number; see tcvae train --help"),
        ("mig codes.safetensors --factor Factor_1", "no factor Factor_1; did you mean factor_1? There are factor_0, "),
        ("score codes.safetensors --measure higgens", "'higgens'; did you mean higgins? There are higgins, kim-mnih, "),
        ("sweep --data tiny.h5 --objective vea -o runs", "is 'vea'; did you mean vae? There are vae, beta-vae, "),
        ("sweep --data tiny.h5 --measure mib -o runs", "no measure 'mib'; did you mean mig? There are mig, "),
        ("compare --published dsprite", "has no numbers of 'dsprite'; did you mean dsprites? There are cars3d, "),
        ("subset tiny.h5 --where skale=1 -o part.h5", "there is no factor skale; did you mean "),
    ],
)
def test_a_mistyped_word_is_answered_by_the_nearest(command: str, message: str, tcvae: Verb) -> None:
    status, output, errors = tcvae(*command.split())
    assert (status, output, errors.count("\n")) == (2, b"", 1)
    assert message in errors


def test_words_of_any_length_are_compared_in_no_time() -> None:
    assert meant("x" * 1_000_000, ["y" * 1_000_000, "x" * 1_000_000]) == f"did you mean {shortened('x' * 1_000_000)}?"
    assert meant("", ["posX"]) == ""


@pytest.mark.parametrize(
    ("verb", "default"),
    [
        ("mig", "the data set's own choice"),
        ("mig", "table on a terminal, else json"),
        ("score", "the data set's own choice"),
        ("compare", "the result's main number"),
        ("estimate-tc", "10000"),
        ("train", "half of what is free"),
        ("traverse", "the prior mean"),
    ],
)
def test_help_says_what_a_missing_flag_means(tcvae: Verb, verb: str, default: str) -> None:
    """Not as if `[default: ...]` were markup."""
    words = tcvae(verb, "--help")[1].decode().split()
    assert f"[default: {default}]" in " ".join(words)
