"""`python -m tcvae_cli.cli.man FOLDER`: write a manual page for each verb, from what its help says."""

import sys
from pathlib import Path

import typer.main

from tcvae_cli.cli.pages import Entry, Page, pages_of
from tcvae_cli.version import __version__

SIGNS = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "~": r"\(ti", "^": r"\(ha"}  # the first one first


def roff(text: str) -> str:
    """Return TEXT as troff prints it: hyphens as they are typed, no backslash or first dot taken for a command."""
    for letter, sign in SIGNS.items():
        text = text.replace(letter, sign)
    return f"\\&{text}" if text.startswith(".") else text


def entry_lines(entry: Entry) -> list[str]:
    """Return the lines of a flag, an argument or a command."""
    said = [entry.first, entry.rest, f"[{entry.bounds}]" * bool(entry.bounds)]
    said.append(f"[default: {entry.default}]" * bool(entry.default))
    return [".TP", f".B {roff(entry.label)}", roff(" ".join(filter(None, said))) or "\\&"]


def manual(page: Page) -> str:
    """Return the manual page of a command. It has no date, so that the same version gives the same bytes."""
    name = page.path.replace(" ", "-")
    lines = [
        f'.TH "{roff(name.upper())}" 1 "" "tcvae {__version__}" "tcvae"',
        *(".SH NAME", f"{roff(name)} \\- {roff(page.sentence.rstrip('.'))}"),
        *(".SH SYNOPSIS", f".B {roff(page.usage)}"),
        *(".SH DESCRIPTION", roff(page.sentence)),
    ]
    for note in page.notes:
        lines += [".PP", roff(note)]
    for heading, entries in page.groups().items():
        lines += [f".SH {roff(heading.upper())}"]
        lines += [line for entry in entries for line in entry_lines(entry)]
    lines += [".SH EXAMPLES"]
    for example in page.examples:
        lines += [".PP", ".nf", roff(example), ".fi"]
    return "\n".join(lines) + "\n"


def write_manuals(folder: Path) -> list[Path]:
    """Write the manual pages of all commands into a FOLDER, and return their paths."""
    from tcvae_cli.cli import app

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in pages_of(typer.main.get_command(app), "tcvae"):
        written.append(folder / f"{page.path.replace(' ', '-')}.1")
        written[-1].write_text(manual(page), encoding="utf-8")
    return written


if __name__ == "__main__":
    print(f"{len(write_manuals(Path(sys.argv[1])))} manual pages in {sys.argv[1]}")
