"""Lines on stderr for the person at the keyboard."""

import functools
import sys
from collections.abc import Sequence

from tcvae_cli.errors import TcvaeError, printable, spelled
from tcvae_cli.progress import Note
from tcvae_cli.text import LONGEST_PROSE, shortened


def say(line: str) -> None:
    """Print one line on stderr."""
    print(printable(line), file=sys.stderr, flush=True)


def say_note(sentence: str) -> None:
    """Print what a person should know beside a number, with flags for the arguments that it names."""
    say(f"note: {spelled(shortened(sentence, LONGEST_PROSE), flag)}")


def note_of(path: str, paths: Sequence[str]) -> Note:
    """Return a note about the file at PATH, which it names where it is one of several."""
    return (lambda sentence: say_note(f"{path}: {sentence}")) if len(paths) > 1 else say_note


def in_flags(error: TcvaeError) -> str:
    """Write an error's line with flags for the arguments that it names: `--batch-size`, `--estimator mws`."""
    return error.spelled(flag)


def flag(name: str, value: str | None) -> str:
    """Write an argument as it is typed: its flag, or the word that stands for it in the help."""
    spelling = flags().get(name, name)
    return spelling if value is None else f"{spelling} {value}"


@functools.cache
def flags() -> dict[str, str]:
    """Map the names of all parameters of all verbs to their long flags, or to their words if they have no flag."""
    import typer.main

    from tcvae_cli.cli import app

    found: dict[str, str] = {}
    commands = [typer.main.get_command(app)]
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        for parameter in command.params:
            name = str(parameter.name)
            options = [option for option in parameter.opts if option.startswith("--")]
            if options:
                found[name] = options[0]
            else:
                found.setdefault(name, str(parameter.metavar or name.upper()))
    return found
