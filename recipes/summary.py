"""The table that opens the report: every claim of the paper, also those whose figures have not been run."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from answers import in_brief, runs_in_words
from page import Page, Source, around_verdict, name_of
from rendering import NOT_RUN, anchor, pill, shown, strip

from tcvae_cli.results import Claim

PAPER = Path(__file__).with_name("claims.tsv")
NUMBERED = re.compile(r"([a-z]+)(\d+)")
Told = tuple[Page, list[Claim]]


@dataclass(frozen=True)
class Unrun:
    """A claim of the paper that no run here is about."""

    figure: str
    data: str  # how the name of its data set begins
    claim: str
    paper: str


def of_the_paper() -> list[Unrun]:
    """Return every claim of the paper, in the words of the page that tests it."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return [Unrun(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def unrun(told: Sequence[Told], figures: Sequence[str]) -> list[Unrun]:
    """Return the claims of these FIGURES that the pages say nothing of: those of other data sets, or of no page."""
    there = {page.figure: data_sets(page, claims) for page, claims in told}
    return [
        one
        for one in of_the_paper()
        if one.figure in {*figures, *there} and not covers(there.get(one.figure, []), one.data)
    ]


def covers(names: Sequence[str], data: str) -> bool:
    """Tell whether one of these data sets is that of a claim."""
    return any(name.startswith(data) or not name for name in names)


def data_sets(page: Page, claims: Sequence[Claim]) -> list[str]:
    """Return the data sets that a page is about; "" covers all where an older page tells none."""
    told = [source.data_set for source in page.sources] + [claim.data_set for claim in claims if claim.data_set]
    return told or [""]


def summary(told: Sequence[Told], missing: Sequence[Unrun], order: Sequence[str]) -> str:
    """Return the table: the figures of ORDER, each with its claims."""
    head = "".join(f"<th>{name}</th>" for name in ("Claim", "Verdict", "Runs, budget and data", "The paper"))
    pages = {page.figure: (page, claims) for page, claims in told}
    bodies = [group(figure, pages.get(figure), [one for one in missing if one.figure == figure]) for figure in order]
    return f"<table class=summary><thead><tr>{head}</tr></thead>{''.join(bodies)}</table>"


def group(figure: str, told: Told | None, missing: Sequence[Unrun]) -> str:
    """Return the rows of one figure under its title, which leads to its page."""
    link = f"<a href='#{anchor(figure)}'>{shown(told[0].title)}</a>" if told else shown(title_of(figure))
    rows = [tested(told[0], claim) for claim in told[1]] if told else []
    rows += map(not_run, missing)
    rows = rows or ["<td colspan=4 class=none>A picture: no claim is tested.</td>"]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<tbody><tr class=figure><th scope=rowgroup colspan=4>{link}</th></tr>{body}</tbody>"


def title_of(figure: str) -> str:
    """Return a title for a figure that has no page: "Figure 1", "Appendix: alpha"."""
    kind, dash, name = figure.partition("-")
    return f"{kind.capitalize()}: {name.replace('-', ' ')}" if dash else NUMBERED.sub(r"\1 \2", kind).capitalize()


def tested(page: Page, claim: Claim) -> str:
    """Return the cells of a claim."""
    source = page.source_of(claim)
    sentence = claim.sentence.replace(f", on {claim.data_set}", "") if claim.data_set else claim.sentence
    cells = (
        shown(sentence),
        f"{pill(claim.verdict)}{strip(claim)}<small>{shown(size(claim))}</small>",
        budget(claim, source),
        shown(claim.paper),
    )
    return "".join(f"<td>{cell}</td>" for cell in cells)


def size(claim: Claim) -> str:
    """Return how large the effect is, as the answer says it, else by the estimate."""
    told, runs = around_verdict(claim)[1], runs_in_words(runs_of(claim))
    told = (told.replace(f", {runs}", "", 1) if runs else told).strip(",. ")  # these stand in the next column
    return told or (in_brief(claim.estimate) if claim.estimate else "")


def budget(claim: Claim, source: Source | None) -> str:
    """Return how many runs there are in each group, how long they were trained, and on which images."""
    lines = [runs_in_words(runs_of(claim)), *([source.training, images(source)] if source else [])]
    return "".join(f"<span>{shown(line)}</span>" for line in filter(None, lines))


def images(source: Source) -> str:
    """Return which images, of which origin, and how many: "dsprites (rendered): 46,080 images"."""
    name = name_of(source.data_set)
    origin = "" if source.origin in name else f" ({source.origin})"
    return name + origin + (f": {source.images:,} images" if source.images and source.training else "")


def runs_of(claim: Claim) -> tuple[int, ...]:
    """Return how many runs there are in each group."""
    return claim.runs or (claim.estimate.runs if claim.estimate else ())


def not_run(one: Unrun) -> str:
    """Return the cells of a claim that was not run."""
    cells = shown(one.claim), pill(NOT_RUN), f"<span>{shown(one.data)}</span>", shown(one.paper)
    return "".join(f"<td>{cell}</td>" for cell in cells)
