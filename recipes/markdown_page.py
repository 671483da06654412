"""Markdown: a page, its claims and its tables. What comes from result lines is text, whatever is in it."""

import re
from collections.abc import Sequence
from typing import Any

from page import Page

from tcvae_cli.results import Claim

MARKS = re.compile(r"[\\`*_~\[\]<|]|&(?=#?\w+;)")
STARTS = re.compile(r"^(?=[#>+=-])|(?<=^\d)(?=[.)])")  # of a heading, a quotation, a list, a rule


def literal(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is."""
    return MARKS.sub(lambda mark: "\\" + mark[0], " ".join(text.split()))


def markdown(page: Page, claims: Sequence[Claim]) -> str:
    """Return the page of a figure, whose picture lies beside it."""
    parts = [
        f"# {literal(page.title)}",
        page.about,
        f"**{page.shortfall()}**, the first being `{page.first_missing}`." if page.missing else "",
        "\n".join(map(item, claims)),
        page.body,
        f"![{literal(page.title)}]({page.figure}.png)",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def item(claim: Claim) -> str:
    """Return a claim as one item of a list."""
    sentence = STARTS.sub(lambda _: "\\", literal(claim.sentence))
    return f"* {sentence} **{claim.verdict}**: {literal(claim.statistic)}"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table, numbers to the right and with three decimals."""
    right = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(head))]
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else literal(str(cell)) for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in ([literal(name) for name in head], *cells)]
    return "\n".join([lines[0], "|" + "|".join("---:" if number else "---" for number in right) + "|", *lines[1:]])
