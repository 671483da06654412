"""All pages of a profile as one HTML file that needs nothing else:

    python recipes/report.py out/PROFILE/figures NAME ...

NAMES are the figures there could be; those without a page are listed at the end.
"""

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from claims import Told, claims_in, pill
from pages import HELD, NOT_HELD, TOO_FEW
from rendering import render
from style import STYLE

# As the paper has them; others follow by name.
ORDER = (
    *("figure1", "table1", "table2", "figure2", "figure3", "figure4", "figure5", "figure6"),
    *("appendix-traversals", "appendix-mig-samples", "appendix-representations", "appendix-estimators"),
    *("appendix-alpha", "appendix-flow", "appendix-batch-size", "appendix-best", "appendix-metric-L"),
)


def place(name: str) -> tuple[int, str]:
    """Where a figure stands."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def report(figures: Path, names: Sequence[str]) -> str:
    """The report of the pages in a folder."""
    pages = {path.stem: path.read_text() for path in sorted(figures.glob("*.md"), key=lambda path: place(path.stem))}
    profile = figures.resolve().parent.name
    missing = sorted(set(names) - set(pages), key=place)
    told = {name: claims_in(page) for name, page in pages.items()}
    body = [
        "<header>",
        f"<p class=over>Isolating Sources of Disentanglement in VAEs, profile {escape(profile)}</p>",
        "<h1>What held, and what did not</h1>",
        tally([claim for claims in told.values() for claim in claims], len(pages)),
        "</header>",
        summary(pages, told),
        *([f"<p class=missing>Not made yet: <code>{escape(', '.join(missing))}</code></p>"] if missing else []),
        *(f"<article id={anchor(name)}>{render(page, figures)}{files(name)}</article>" for name, page in pages.items()),
    ]
    return DOCUMENT.format(style=STYLE, title=f"Reproduction, profile {escape(profile)}", body="\n".join(body))


def tally(claims: Sequence[Told], pages: int) -> str:
    """How many claims held, in words and as a bar."""
    counts = {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in (HELD, NOT_HELD, TOO_FEW)}
    parts = [f"{pill(verdict)} {count}" for verdict, count in counts.items() if count]
    shares = [(verdict.replace(" ", "-"), count) for verdict, count in counts.items() if count]
    bars = [f"<i class={colour} style='flex:{count}'></i>" for colour, count in shares]
    said = f"{sum(counts.values())} claims on {pages} pages: {', '.join(parts)}" if parts else "No claims yet"
    return f"<p class=tally>{said}</p><div class=bar aria-hidden=true>{''.join(bars)}</div>"


def summary(pages: dict[str, str], told: dict[str, list[Told]]) -> str:
    """The table at the top: a row a claim, or one that says there is a picture only."""
    rows = []
    for name, page in pages.items():
        link = f"<a href='#{anchor(name)}'>{escape(title_of(page, name))}</a>"
        claims = told[name] or [Told("A picture: no claim is tested.", "", "")]
        first = f"<th scope=rowgroup rowspan={len(claims)}>{link}</th>"
        cells = [f"<td>{escape(claim.sentence)}</td><td>{pill(claim.verdict)}</td>" for claim in claims]
        rows += [f"<tr>{first if number == 0 else ''}{cell}</tr>" for number, cell in enumerate(cells)]
    head = "<thead><tr><th>Figure</th><th>Claim</th><th>Verdict</th></tr></thead>"
    return f"<table class=summary>{head}<tbody>{''.join(rows)}</tbody></table>"


def title_of(page: str, name: str) -> str:
    """The heading of a page."""
    return next((line[2:].strip() for line in page.splitlines() if line.startswith("# ")), name)


def anchor(name: str) -> str:
    """An id for a figure."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def files(name: str) -> str:
    """Where the picture and the numbers lie."""
    path = escape(f"figures/{name}")
    return f"<p class=files>Beside this report: <code>{path}.pdf</code>, the numbers in <code>{path}.jsonl</code></p>"


DOCUMENT = """<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<title>{title}</title>
<style>
{style}
</style>
<main>
{body}
</main>
</html>
"""


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if not any(folder.glob("*.md")):
        sys.exit(f"{sys.argv[0]}: {folder} has no pages; make reproduce-figure3 or another first")
    written = folder.parent / "report.html"
    written.write_text(report(folder, sys.argv[2:]))
    print(f"{written}: {written.stat().st_size / 1e6:.1f} MB, and needs no other file; open it in a browser")
