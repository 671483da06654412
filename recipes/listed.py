"""The list of the paper's claims, claims.tsv, and which of them nothing here is about."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from page import Page, Told

from tcvae_cli.results import Claim

PAPER = Path(__file__).with_name("claims.tsv")


@dataclass(frozen=True)
class Listed:
    """A claim of the paper, in the words of the page that tests it."""

    figure: str
    data: str  # how the name of its data set begins
    claim: str
    paper: str


def unrun(told: Sequence[Told], figures: Iterable[str]) -> list[Listed]:
    """Return the claims of these FIGURES that the pages say nothing of: those of other data sets, or of no page."""
    there = {page.figure: data_sets(page, claims) for page, claims in told}
    asked = {*figures, *there}
    return [one for one in of_the_paper() if one.figure in asked and not covers(there.get(one.figure, []), one.data)]


def of_the_paper() -> list[Listed]:
    """Return every claim of the paper."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return [Listed(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def covers(names: Sequence[str], data: str) -> bool:
    """Tell whether one of these data sets is that of a claim."""
    return any(name.startswith(data) or not name for name in names)


def data_sets(page: Page, claims: Sequence[Claim]) -> list[str]:
    """Return the data sets that a page is about; "" covers all where an older page tells none."""
    told = [source.data_set for source in page.sources] + [claim.data_set for claim in claims if claim.data_set]
    return told or [""]
