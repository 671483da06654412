"""The claims of a page, read back from its Markdown, and how verdicts look."""

import re
from dataclasses import dataclass

from pages import HELD, NOT_HELD, ON_STAND_IN, TOO_FEW

SIGNS = {HELD: "✓", NOT_HELD: "✗", TOO_FEW: "…", ON_STAND_IN: "–"}
LINE = re.compile(rf"^\* (?P<sentence>.*?) \*\*(?P<verdict>{'|'.join(SIGNS)})\*\*: (?P<statistic>.*)$")


@dataclass(frozen=True)
class Told:
    """A claim as its page tells it."""

    sentence: str
    statistic: str
    verdict: str


def claims_in(page: str) -> list[Told]:
    """The claims of a page, in order."""
    found = map(LINE.match, page.splitlines())
    return [Told(match["sentence"], match["statistic"], match["verdict"]) for match in found if match]


def pill(verdict: str) -> str:
    """A verdict in HTML: a sign, the word and, by its class, a colour."""
    if verdict not in SIGNS:
        return "<span class=none>–</span>"
    return f"<b class='pill {verdict.replace(' ', '-')}'><span aria-hidden=true>{SIGNS[verdict]}</span> {verdict}</b>"
