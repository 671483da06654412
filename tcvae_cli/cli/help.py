"""`-h`, `--help` and `tcvae help`: the page of a verb as text, in short with one sentence a flag, or in full."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from tcvae_cli.cli.pages import Entry, Page, page_of
from tcvae_cli.errors import UsageError
from tcvae_cli.text import meant

NARROWEST, WIDEST = 40, 100  # columns
WIDEST_LABEL = 26  # letters; the text behind a longer one begins on the next line
LEAST_TEXT = 30  # columns beside the labels, of which a narrow terminal has most below them

WORD = re.compile(r"""(?:-o )?(?:'[^']*'|"[^"]*"|\S)+""")  # of a command; a line that ends in -o is hard to read


class Verb(TyperCommand):
    """A verb whose help is ours: `-h` in short, `--help` in full."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note down which help is asked for, if any."""
        ctx.meta["in full"] = "--help" in args
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of this verb."""
        formatter.write(text_of(page_of(self, ctx.command_path), ctx.meta.get("in full", False)))


class Verbs(TyperGroup):
    """Commands that say which one may have been meant."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of these commands."""
        formatter.write(text_of(page_of(self, ctx.command_path), True))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that ARGS begin with."""
        if not args[0].startswith("-"):
            command_in(self, args[0], ctx.command_path)
        return super().resolve_command(ctx, args)


def command_in(group: Any, name: str, path: str) -> Any:
    """Return the command of that NAME in a GROUP. UsageError where there is none."""
    commands = getattr(group, "commands", {})
    if name not in commands:
        raise UsageError(
            f"{path} {name}".partition(" ")[2], "there is no such command", meant(name, commands) or f"see {path} -h"
        )
    return commands[name]


def help_on(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="VERB", help="A verb, and a command of it.")] = None,
) -> None:
    """Say all about a verb, or which verbs there are.

    tcvae help train

    tcvae help prepare dsprites
    """
    root = context.find_root()
    command, path = root.command, str(root.info_name)
    for word in words or []:
        command, path = command_in(command, word, path), f"{path} {word}"
    print(text_of(page_of(command, path), True))


def text_of(page: Page, full: bool) -> str:
    """Return a page as text, as wide as the terminal, with headings in bold if it is one."""
    width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    bold = sys.stdout.isatty() and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    lines = [*wrapped(f"Usage: {page.usage}", width, others="  "), ""]
    lines += [*wrapped(page.sentence, width), ""]
    for example in page.examples[: None if full else 2]:
        lines += command_lines(example, width)
    for note in page.notes if full else ():
        lines += ["", *wrapped(note, width)]
    lines += [""] * (not full)
    column = 4 + max(len(entry.label) for entry in page.entries if len(entry.label) <= WIDEST_LABEL)
    column = min(column, width - LEAST_TEXT)
    for heading, entries in page.groups().items():
        lines += [""] * full + [f"\033[1m{heading}\033[0m" if bold else heading]
        shown = [entry for entry in entries if full or not entry.rare]
        lines += [line for entry in shown for line in entry_lines(entry, full, width, column)]
        if rare := ", ".join(entry.label.split()[0] for entry in entries if entry not in shown):
            lines += wrapped(f"and {rare}", width, "  ", "  ")
    if not full:
        lines += ["", *wrapped(f"In brackets are defaults. {page.path} --help says more of each flag.", width)]
    return "\n".join(lines)


def wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Return the lines of a text, behind spaces of the FIRST and the OTHERS; flags are not broken at their hyphens."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def command_lines(command: str, width: int) -> Iterator[str]:
    """Yield the lines of a command, which the shell reads as one."""
    line = " "
    for word in WORD.findall(command):
        if len(line) + len(word) + 3 > width and line.strip():
            yield f"{line} \\"
            line = "     "
        line += f" {word}"
    yield line


def entry_lines(entry: Entry, full: bool, width: int, column: int) -> list[str]:
    """Return the lines of an entry: its label, and from COLUMN on its text."""
    if full:
        bounds, default = f"[{entry.bounds}]" * bool(entry.bounds), f"[default: {entry.default}]" * bool(entry.default)
        parts = [entry.first, entry.rest, bounds, default]
    else:
        parts = [entry.first, f"[{entry.default}]" * bool(entry.default)]
    indent = " " * column
    label = f"  {entry.label}"
    text = wrapped(" ".join(filter(None, parts)), width, indent, indent)
    if len(label) + 2 > column or not text:
        return [label, *text]
    return [f"{label:<{column}}{text[0][column:]}", *text[1:]]
