"""Manual pages: one for each command, from its help."""

import re
from pathlib import Path

import typer.main

from tcvae_cli import cli
from tcvae_cli.cli.man import roff, write_manuals
from tcvae_cli.cli.pages import pages_of


def plain(page: str) -> str:
    """Return the text of a manual page without what troff reads as commands."""
    lines = [re.sub(r"^\.B |^\\&", "", line) for line in page.splitlines()]
    text = " ".join(line for line in lines if not re.match(r"\.(TH|SH|TP|PP|nf|fi)\b", line))
    for sign, letter in ((r"\(aq", "'"), (r"\(ti", "~"), (r"\(ha", "^"), (r"\-", "-"), (r"\e", "\\")):
        text = text.replace(sign, letter)
    return text


def test_every_command_has_a_manual_page_that_says_all(tmp_path: Path) -> None:
    pages = list(pages_of(typer.main.get_command(cli.app), "tcvae"))
    written = write_manuals(tmp_path)
    assert [path.name for path in written] == [f"{page.path.replace(' ', '-')}.1" for page in pages]
    for page, path in zip(pages, written, strict=True):
        source = path.read_text(encoding="utf-8")
        assert not [line for line in source.splitlines() if line.startswith("'") or not line]
        assert all(re.match(r"\.(TH|SH|TP|PP|nf|fi|B)\b", line) for line in source.splitlines() if line[0] == ".")
        text = plain(source)
        assert all(part in text for part in (page.sentence, page.usage, *page.notes, *page.examples))
        assert all(entry.label in text and entry.first in text and entry.rest in text for entry in page.entries)


def test_what_troff_would_take_for_a_command_is_text() -> None:
    assert roff(r".TH 'a\b' --x") == r"\&.TH \(aqa\eb\(aq \-\-x"
