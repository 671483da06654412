"""The page of a figure beside its claims, as a line: what Markdown and the report are written from."""

from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import tcvae_cli as tcvae
from tcvae_cli.results import NEWEST_SCHEMA, Claim, read_claims, read_results


@dataclass(frozen=True)
class Page:
    """What stands around the claims of a figure; the texts ABOUT and BODY are Markdown."""

    figure: str
    title: str
    profile: str
    about: str
    body: str
    results: int  # that the figure was asked for
    missing: int  # of these
    first_missing: str | None
    elsewhere: str = ""  # Markdown: what other programs found

    def record(self) -> dict[str, Any]:
        """Return the line of the page."""
        return {"kind": "page", "schema": NEWEST_SCHEMA, **asdict(self)}

    def shortfall(self) -> str:
        """Return how many results are missing, in words."""
        return f"{self.missing} of the results {'is' if self.missing == 1 else 'are'} missing"


def read_page(path: Path) -> tuple[Page, list[Claim]]:
    """Return a page and its claims from NAME.claims.jsonl."""
    line = next((line for line in read_results(path) if line["kind"] == "page"), None)
    if line is None:
        raise tcvae.TcvaeError(str(path), "has no line about its page", "make the figure again")
    told = {one.name: line[one.name] for one in fields(Page) if one.name in line or one.default is MISSING}
    return Page(**told), read_claims(path)
