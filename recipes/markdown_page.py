"""Markdown: a page, its claims and its tables. What comes from result lines is text, whatever is in it."""

import math
import re
from collections.abc import Sequence
from typing import Any

from page import Page, around_verdict, counted, leading, warning_of

import tcvae_cli as tcvae
from tcvae_cli.results import Claim

MARKS = re.compile(r"[\\`*_~\[\]<|$]|&(?=#?\w+;)")
STARTS = re.compile(r"^(?=[#>+=-])|(?<=^\d)(?=[.)])")  # of a heading, a quotation, a list, a rule

BACKSLASH = "\\"
RULES = (
    "Intervals are of 90%. Each part of a claim is tested at 5% in either direction, and below five runs of a setting "
    "nothing is decided. How many new runs would do is a guess: if the effect is as large as it looks, 4 of 5 "
    "experiments with so many would show it."
)
ERRING = (
    "About one in twenty claims that are not true is called held all the same: of so many, one or two may be false."
)
TOLD_IN = "How runs decide a claim, and how often they err: `docs/verdicts.md`."  # no link leads there from every place


def literal(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is, with escapes for what cannot be printed."""
    return MARKS.sub(lambda mark: "\\" + mark[0], tcvae.printable(" ".join(text.split())))


def markdown(page: Page, claims: Sequence[Claim]) -> str:
    """Return the page of a figure, whose picture lies beside it; nothing in it commands a terminal."""
    parts = [
        f"# {literal(page.title)}",
        f"**{literal(warning)}**" if (warning := warning_of(page.profile)) else "",
        "\n\n".join(map(answer, leading(claims))),
        tally(claims) if claims else "",
        f"**{page.shortfall()}**: {literal(page.whichever())}." if page.missing else "",
        f"![{literal(page.title)}]({page.figure}.png)",
        page.caption,
        "## The claims\n\n" + "\n".join(map(item, claims)) if claims else "",
        f"## The numbers\n\n{page.body}" if page.body else "",
        f"## Elsewhere\n\n{page.elsewhere}" if page.elsewhere else "",
        f"## Data, budget and method\n\n{page.about}",
        page.note,
        f"{RULES} {TOLD_IN}" if any(claim.groups for claim in claims) else "",
    ]
    return printable_lines("\n\n".join(filter(None, parts))) + "\n"


def printable_lines(text: str) -> str:
    """Return a text with escapes for what cannot be printed, but for the ends of its lines."""
    return "\n".join(map(tcvae.printable, text.split("\n")))


def answer(claim: Claim) -> str:
    """Return what became of a claim, in one sentence."""
    words, size = map(literal, around_verdict(claim))
    return f"{STARTS.sub(lambda _: BACKSLASH, words)}: **{claim.verdict}**{size}"


def item(claim: Claim) -> str:
    """Return a claim as one item of a list, with what was measured here and what the paper says."""
    told = {"Here": claim.statistic, "The paper": claim.paper}
    return "\n".join([f"* {answer(claim)}", *(f"  * {who}: {literal(said)}" for who, said in told.items() if said)])


def tally(claims: Sequence[Claim]) -> str:
    """Return how many of the claims held, in words."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in counted(claims).items())
    return f"{len(claims)} {'claim' if len(claims) == 1 else 'claims'}: {counts}."


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table, numbers to the right and with three decimals; nothing stands for NaN."""
    right = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(head))]
    cells = [[three_decimals(cell) if isinstance(cell, float) else literal(str(cell)) for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in ([literal(name) for name in head], *cells)]
    return "\n".join([lines[0], "|" + "|".join("---:" if number else "---" for number in right) + "|", *lines[1:]])


def three_decimals(number: float) -> str:
    """Write a number, "" if it is none."""
    return "" if math.isnan(number) else f"{number:z.3f}"
