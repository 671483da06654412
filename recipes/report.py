"""All pages of a profile as one HTML file that needs nothing else:

    python recipes/report.py out/PROFILE/figures NAME ...

NAMES are the figures there could be; those without a page are listed at the end.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from page import Page, read_page
from pages import errors_in_one_line
from rendering import anchor, article, pill, shown
from style import STYLE

from tcvae_cli.results import Claim, Verdict

# As the paper has them; others follow by name.
ORDER = (
    *("figure1", "table1", "table2", "figure2", "figure3", "figure4", "figure5", "figure6"),
    *("appendix-traversals", "appendix-mig-samples", "appendix-representations", "appendix-estimators"),
    *("appendix-alpha", "appendix-flow", "appendix-batch-size", "appendix-best", "appendix-metric-L"),
)


Told = tuple[Page, list[Claim]]


def place(name: str) -> tuple[int, str]:
    """Return where a figure stands."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def report(figures: Path, names: Sequence[str]) -> str:
    """Return the report of the pages in a folder; NAMES are the figures that there could be."""
    told = sorted(map(read_page, figures.glob("*.claims.jsonl")), key=lambda one: place(one[0].figure))
    profile = shown(figures.resolve().parent.name)
    missing = sorted(set(names) - {page.figure for page, _ in told}, key=place)
    body = [
        "<header>",
        f"<p class=over>Isolating Sources of Disentanglement in VAEs, profile {profile}</p>",
        "<h1>What held, and what did not</h1>",
        tally(told),
        "</header>",
        summary(told),
        *([f"<p class=missing>Not made yet: <code>{shown(', '.join(missing))}</code></p>"] if missing else []),
        *(article(page, claims, figures) for page, claims in told),
    ]
    return DOCUMENT.format(style=STYLE, title=f"Reproduction, profile {profile}", body="\n".join(body))


def tally(told: Sequence[Told]) -> str:
    """Return how many of the claims that were tested held, in words and as a bar."""
    verdicts = [claim.verdict for _, claims in told for claim in claims]
    tested = [verdict for verdict in Verdict if verdict in verdicts and verdict != Verdict.STAND_IN]
    counts = {verdict: verdicts.count(verdict) for verdict in tested}
    bars = [f"<i class={verdict.replace(' ', '-')} style='flex:{count}'></i>" for verdict, count in counts.items()]
    parts = ", ".join(f"{pill(verdict)} {count}" for verdict, count in counts.items())
    said = f"{sum(counts.values())} claims on {len(told)} pages: {parts}" if counts else "No claims yet"
    return f"<p class=tally>{said}</p><div class=bar aria-hidden=true>{''.join(bars)}</div>"


def summary(told: Sequence[Told]) -> str:
    """Return the table at the top: one row per claim, or one that says that there is a picture only."""
    rows = []
    for page, claims in told:
        cells = [f"<td>{shown(claim.sentence)}</td><td>{pill(claim.verdict)}</td>" for claim in claims]
        cells = cells or ["<td>A picture: no claim is tested.</td><td><span class=none>–</span></td>"]
        link = f"<a href='#{anchor(page.figure)}'>{shown(page.title)}</a>"
        cells[0] = f"<th scope=rowgroup rowspan={len(cells)}>{link}</th>{cells[0]}"
        rows += [f"<tr>{row}</tr>" for row in cells]
    head = "<thead><tr><th>Figure</th><th>Claim</th><th>Verdict</th></tr></thead>"
    return f"<table class=summary>{head}<tbody>{''.join(rows)}</tbody></table>"


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
    if not any(folder.glob("*.claims.jsonl")):
        sys.exit(f"{sys.argv[0]}: {folder} has no pages; make reproduce-figure3 or another first")
    written = folder.parent / "report.html"
    with errors_in_one_line():
        written.write_text(report(folder, sys.argv[2:]))
    print(f"{written}: {written.stat().st_size / 1e6:.1f} MB, and needs no other file; open it in a browser")
