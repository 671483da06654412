"""The page of a figure beside its claims, as a line: what Markdown and the report are written from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import tcvae_cli as tcvae
from tcvae_cli.results import NEWEST_SCHEMA, Claim, Line, Verdict, data_set_in_words, read_claims, read_results

LONGEST = 2_000  # letters on which results are missing


@dataclass(frozen=True)
class Source:
    """The images that some claims are about, and how long runs were trained on them."""

    data_set: str  # as claims call it
    origin: str  # real, rendered, stand-in, constructed or unknown
    images: int | None
    training: str  # steps and images of a batch, in words; "" where nothing was trained
    seeds: str


@dataclass(frozen=True)
class Page:
    """What stands around the claims of a figure; the texts ABOUT, BODY, CAPTION, ELSEWHERE and NOTE are Markdown."""

    figure: str
    title: str
    profile: str
    about: str  # data and budget
    body: str  # the numbers
    results: int  # that the figure was asked for
    missing: int  # of these
    first_missing: str | None
    elsewhere: str = ""  # what other programs found
    note: str = ""  # on the profile
    sources: tuple[Source, ...] = ()
    lacking: str = ""  # which results are missing, in words
    caption: str = ""  # what the marks in the picture are

    def record(self) -> dict[str, Any]:
        """Return the line of the page."""
        return {"kind": "page", "schema": NEWEST_SCHEMA, **asdict(self)}

    def shortfall(self) -> str:
        """Return how many results are missing, in words; `whichever` says which."""
        return f"{self.missing:,} of {self.results:,} results {'is' if self.missing == 1 else 'are'} missing"

    def whichever(self) -> str:
        """Return which results are missing, in words; of older pages only the first is known."""
        return self.lacking or f"the first is {self.first_missing}"

    def source_of(self, claim: Claim) -> Source | None:
        """Return the source of a claim: that of its data set, else of its data set's name, else the only one."""
        names = [claim.data_set, name_of(claim.data_set)] if claim.data_set else []
        for name in names:
            for source in self.sources:
                if name in (source.data_set, name_of(source.data_set)):
                    return source
        return self.sources[0] if len(self.sources) == 1 else None


Told = tuple[Page, list[Claim]]


def warning_of(profile: str) -> str:
    """Return what a person must know first of the numbers of a profile, or of several; "" if nothing."""
    smoke = "smoke" in profile.split(", ")
    return "The smoke profile only tries whether everything runs: its numbers mean nothing." if smoke else ""


def name_of(data_set: str) -> str:
    """Return the name of a data set without its origin: that of "dsprites (rendered)" is dsprites."""
    return data_set.partition(" (")[0]


def on(data_set: str) -> str:
    """Return how the sentence of a claim about a data set ends: ", on dSprites", ", on the stand-in for ..."."""
    name, bracket, origin = data_set.partition(" (")
    title = data_set_in_words(name, None, None)
    if "Basel faces" in title:
        title = f"the {title.replace('Stand-in', 'stand-in')}"
    return f", on {title}{bracket}{origin}"


def without_place(claim: Claim) -> str:
    """Return the sentence of a claim without its data set, as lines of this version and of older ones end with it."""
    if not claim.data_set:
        return claim.sentence
    return claim.sentence.replace(on(claim.data_set), "").replace(f", on {claim.data_set}", "")


def read_page(path: Path) -> Told:
    """Return a page and its claims from NAME.claims.jsonl; one of an older version lacks what Page has defaults for."""
    line = next((line for line in read_results(path) if line["kind"] == "page"), None)
    if line is None:
        raise tcvae.TcvaeError(str(path), "has no line about its page", "make the figure again")
    told = {one.name: line[one.name] for one in fields(Page) if one.name in line or one.default is MISSING}
    sources = tuple(source_from(one) for one in told.pop("sources", []))
    told |= {name: int(line.number(name)) for name in ("results", "missing")}
    told["lacking"] = str(line.get("lacking", ""))[:LONGEST]
    return Page(**told, sources=sources), read_claims(path)


def source_from(line: Line) -> Source:
    """Return a source from the line of its page."""
    return Source(**{one.name: line[one.name] for one in fields(Source)})


def leading(claims: Sequence[Claim]) -> list[Claim]:
    """Return what a page answers first: the first claim about each data set, then all others that are not held."""
    firsts = list({claim.data_set: claim for claim in reversed(claims)}.values())[::-1]
    return firsts + [claim for claim in claims if claim.verdict == Verdict.NOT_HELD and claim not in firsts]


def around_verdict(claim: Claim) -> tuple[str, str]:
    """Return the words of a claim before and after its verdict: ("Ours is better", ", by 0.1, 10 runs each.")."""
    words, found, size = claim.answer.partition(f": {claim.verdict}")
    return (words, size) if found else ((claim.answer or claim.sentence).rstrip("."), ".")


def counted(claims: Sequence[Claim]) -> dict[Verdict, int]:
    """Return how many claims have which verdict."""
    counts = Counter(claim.verdict for claim in claims)
    return {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}
