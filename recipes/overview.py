"""Every claim of the paper in one table, also those of figures that have not been run; as rows, and as Markdown."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from answers import in_brief, runs_told
from listed import unrun
from markdown_page import ERRING, TOLD_IN, literal, table
from page import Page, Source, Told, around_verdict, name_of, warning_of, without_place

from tcvae_cli.results import Claim, Verdict

NOT_RUN = "not run"  # what stands beside the verdicts
# As the paper has them; others follow by name.
ORDER = (
    *("figure1", "table1", "table2", "figure2", "figure3", "figure4", "figure5", "figure6"),
    *("appendix-traversals", "appendix-mig-samples", "appendix-representations", "appendix-estimators"),
    *("appendix-alpha", "appendix-flow", "appendix-batch-size", "appendix-best", "appendix-metric-L"),
)
NUMBERED = re.compile(r"([a-z]+)(\d+)")


@dataclass(frozen=True)
class Row:
    """What the table says of a claim; VERDICT is "" for a picture of which nothing is claimed."""

    figure: str
    title: str
    made: bool  # whether the figure has a page
    sentence: str
    verdict: str = ""
    size: str = ""  # of the effect
    runs: str = ""
    training: str = ""
    images: str = ""
    paper: str = ""
    claim: Claim | None = None  # that was tested
    trained: bool = True  # whether it was tested on trainings


def overview(told: Sequence[Told], figures: Iterable[str]) -> list[Row]:
    """Return the rows of these pages and FIGURES in the order of the paper, those of one figure beside each other."""
    titles = {page.figure: page.title for page, _ in told}
    rows = [row for page, claims in told for row in rows_of(page, claims)]
    for one in unrun(told, figures):
        title = titles.get(one.figure, title_of(one.figure))
        rows.append(Row(one.figure, title, one.figure in titles, one.claim, NOT_RUN, images=one.data, paper=one.paper))
    return sorted(rows, key=lambda row: place(row.figure))


def rows_of(page: Page, claims: Sequence[Claim]) -> list[Row]:
    """Return the rows of a page, at least one."""
    rows = []
    for claim in claims:
        source = page.source_of(claim)
        rows.append(
            Row(
                page.figure,
                page.title,
                made=True,
                sentence=without_place(claim),
                verdict=claim.verdict,
                size=size_of(claim),
                runs=runs_told(claim),
                training=source.training if source else "",
                images=images(source) if source else "",
                paper=claim.paper,
                claim=claim,
                trained=source is None or bool(source.training),
            )
        )
    return rows or [Row(page.figure, page.title, made=True, sentence="A picture: no claim is tested.")]


def place(name: str) -> tuple[int, str]:
    """Return where a figure stands."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def title_of(figure: str) -> str:
    """Return a title for a figure that has no page: "Figure 1", "Appendix: alpha"."""
    kind, dash, name = figure.partition("-")
    return f"{kind.capitalize()}: {name.replace('-', ' ')}" if dash else NUMBERED.sub(r"\1 \2", kind).capitalize()


def size_of(claim: Claim) -> str:
    """Return how large the effect is, as the answer says it, else by the estimate."""
    told, runs = around_verdict(claim)[1], runs_told(claim)
    told = (told.replace(f", {runs}", "", 1) if runs else told).strip(",. ")  # these stand beside it
    return told or (in_brief(claim.estimate) if claim.estimate else "")


def images(source: Source) -> str:
    """Return which images, of which origin, and how many: "dsprites (rendered): 46,080 images"."""
    name = name_of(source.data_set)
    origin = "" if source.origin in name else f" ({source.origin})"
    return name + origin + (f": {source.images:,} images" if source.images and source.training else "")


def tallies(rows: Sequence[Row]) -> list[tuple[str, dict[str, int]]]:
    """Return how many claims there are of which kind, in words, and how many of them have which verdict.

    What was counted, or measured on codes that were made for it, tells nothing of trainings.
    """
    tested = [row for row in rows if row.verdict not in ("", NOT_RUN)]
    kinds = {
        "about trainings": [row for row in tested if row.trained],
        "about constructed codes or counts": [row for row in tested if not row.trained],
        "of which nothing was run": [row for row in rows if row.verdict == NOT_RUN],
    }
    return [
        (f"{len(own)} {'claim' if len(own) == 1 else 'claims'} {words}", counted_rows(own))
        for words, own in kinds.items()
        if own
    ]


def counted_rows(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many claims have which verdict, where there is one."""
    counts = Counter(row.verdict for row in rows)
    return {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}


def tallied(rows: Sequence[Row]) -> str:
    """Return the tallies as a sentence."""
    told = [
        ": ".join(filter(None, [words, ", ".join(f"{count} {verdict}" for verdict, count in counts.items())]))
        for words, counts in tallies(rows)
    ]
    return f"{'; '.join(told) or 'No claims yet'}."


def erring(rows: Sequence[Row]) -> str:
    """Return how many verdicts may be false, where there are any."""
    return ERRING if any(row.verdict in (Verdict.HELD, Verdict.NOT_HELD) for row in rows) else ""


def as_markdown(rows: Sequence[Row], profile: str) -> str:
    """Return the table as a page beside those of the figures, to which it leads."""
    head = ("", "claim", "verdict", "effect", "runs", "training", "data", "the paper")
    cells = [(row.sentence, row.verdict, row.size, row.runs, row.training, row.images, row.paper) for row in rows]
    firsts = [not place or rows[place - 1].figure != row.figure for place, row in enumerate(rows)]
    links = [f"[{literal(row.title)}]({row.figure}.md)" if row.made else literal(row.title) for row in rows]
    lines = table(head, [("", *own) for own in cells]).splitlines()
    named = [f"| {link if first else ''}{line[2:]}" for link, first, line in zip(links, firsts, lines[2:], strict=True)]
    title = f"# Every claim of the paper: profile {literal(profile)}"
    warning = [f"**{literal(found)}**", ""] if (found := warning_of(profile)) else []
    said = " ".join(filter(None, [tallied(rows), erring(rows), TOLD_IN]))
    return "\n".join([title, "", *warning, said, "", *lines[:2], *named, ""])
