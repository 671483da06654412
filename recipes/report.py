"""All pages of a profile as one HTML file that needs nothing else:

    python recipes/report.py out/PROFILE/figures NAME ...

NAMES are the figures there could be; those without a page are listed at the end.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from page import counted, read_page
from pages import errors_in_one_line
from rendering import NOT_RUN, article, css, from_markdown, pill, shown
from style import STYLE
from summary import summary, unrun

from tcvae_cli.results import Claim

# As the paper has them; others follow by name.
ORDER = (
    *("figure1", "table1", "table2", "figure2", "figure3", "figure4", "figure5", "figure6"),
    *("appendix-traversals", "appendix-mig-samples", "appendix-representations", "appendix-estimators"),
    *("appendix-alpha", "appendix-flow", "appendix-batch-size", "appendix-best", "appendix-metric-L"),
)


def place(name: str) -> tuple[int, str]:
    """Return where a figure stands."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def report(figures: Path, names: Sequence[str]) -> str:
    """Return the report of the pages in a folder; NAMES are the figures that there could be."""
    told = sorted(map(read_page, figures.glob("*.claims.jsonl")), key=lambda one: place(one[0].figure))
    profile = shown(", ".join(sorted({page.profile for page, _ in told})))
    not_run = unrun(told, names)
    listed = sorted({page.figure for page, _ in told} | {one.figure for one in not_run}, key=place)
    missing = sorted(set(names) - {page.figure for page, _ in told}, key=place)
    notes = sorted({page.note for page, _ in told} - {""})
    body = [
        "<header>",
        f"<p class=over>Isolating Sources of Disentanglement in VAEs, profile {profile}</p>",
        "<h1>What held, and what did not</h1>",
        tally([claim for _, claims in told for claim in claims], len(not_run)),
        "</header>",
        summary(told, not_run, listed),
        METHOD,
        *([f"<p class=missing>Not made yet: <code>{shown(', '.join(missing))}</code></p>"] if missing else []),
        *(f"<section class=note><h2>The profile</h2>{from_markdown(note)}</section>" for note in notes),
        *(article(page, claims, figures) for page, claims in told),
    ]
    return DOCUMENT.format(style=STYLE, title=f"Reproduction, profile {profile}", body="\n".join(body))


def tally(claims: Sequence[Claim], not_run: int) -> str:
    """Return how many of the claims held, in words and as a bar."""
    counts = {**counted(claims), **({NOT_RUN: not_run} if not_run else {})}
    bars = [f"<i class={css(verdict)} style='flex:{count}'></i>" for verdict, count in counts.items()]
    parts = ", ".join(f"{pill(verdict)} {count}" for verdict, count in counts.items())
    said = f"{sum(counts.values())} claims of the paper: {parts}" if counts else "No claims yet"
    return f"<p class=tally>{said}</p><div class=bar aria-hidden=true>{''.join(bars)}</div>"


METHOD = (
    "<p class=missing>Intervals are of 90%, drawn about the value that was tested, each to its own scale. Each part of "
    "a claim is tested on one side at 5%; below five runs of a setting nothing is decided. The rules, and how often "
    "they err: <code>docs/verdicts.md</code>.</p>"
)


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
