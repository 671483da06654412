"""All pages of a profile as one HTML file that needs nothing else, and the table of all claims beside the pages:

    python recipes/report.py out/PROFILE/figures NAME ...

writes out/PROFILE/report.html and README.md, which hosts of repositories show for a folder. NAMES are the figures that
there could be, without any all that claim something: their claims are listed even where nothing was run.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from listed import of_the_paper
from markdown_page import RULES, printable_lines
from overview import as_markdown, erring, overview, place
from page import Told, read_page, warning_of
from pages import errors_in_one_line
from rendering import article, from_markdown, shown
from style import STYLE
from summary import summary, tally

import tcvae_cli as tcvae


def read_pages(figures: Path) -> list[Told]:
    """Return the pages in a folder with their claims, in the order of the paper."""
    return sorted(map(read_page, figures.glob("*.claims.jsonl")), key=lambda one: place(one[0].figure))


def profile_of(told: Sequence[Told]) -> str:
    """Return the profile of some pages."""
    return ", ".join(sorted({page.profile for page, _ in told}))


def report(figures: Path, names: Sequence[str]) -> str:
    """Return the report of the pages in a folder; NAMES are the figures that there could be."""
    told = read_pages(figures)
    profile, rows = profile_of(told), overview(told, names)
    warning = warning_of(profile)
    missing = sorted(set(names) - {page.figure for page, _ in told}, key=place)
    note = "\n\n".join(dict.fromkeys(part for page, _ in told if page.note for part in page.note.split("\n\n")))
    body = [
        "<header>",
        f"<p class=over>Isolating Sources of Disentanglement in VAEs, profile {shown(profile)}</p>",
        "<h1>What held, and what did not</h1>",
        *([f"<p><strong>{shown(warning)}</strong></p>"] if warning else []),
        tally(rows),
        "</header>",
        summary(rows),
        METHOD.format(erring=erring(rows)),
        *([f"<p class=missing>Not made yet: <code>{shown(', '.join(missing))}</code></p>"] if missing else []),
        *([f"<section class=note><h2>The profile</h2>{from_markdown(note)}</section>"] if note else []),
        *(article(page, claims, figures) for page, claims in told),
    ]
    whole = "\n".join(["<main>", *body, "</main>"])
    return tcvae.figures.document(f"Reproduction, profile {profile}", whole, STYLE)


METHOD = (
    f"<p class=missing>{RULES} Intervals are drawn about the value that was tested, each to its own scale. {{erring}} "
    "How runs decide a claim, and how often they err: <code>docs/verdicts.md</code>.</p>"
)


def write_report(arguments: Sequence[str]) -> Path:
    """Write the report and the table of the folder and the figures that the command line names; return the former."""
    if not arguments:
        raise tcvae.TcvaeError("arguments", "name no folder of pages", "give out/PROFILE/figures")
    folder = Path(arguments[0])
    if not any(folder.glob("*.claims.jsonl")):
        raise tcvae.TcvaeError(str(folder), "has no pages", "make reproduce-figure3 or another first")
    names = arguments[1:] or sorted({one.figure for one in of_the_paper()})
    written = folder.parent / "report.html"
    written.write_text(report(folder, names))
    told = read_pages(folder)
    table = as_markdown(overview(told, names), profile_of(told))
    (folder / "README.md").write_text(printable_lines(table))
    return written


if __name__ == "__main__":
    with errors_in_one_line():
        page = write_report(sys.argv[1:])
        print(f"{page}: {page.stat().st_size / 1e6:.1f} MB, and needs no other file; open it in a browser")
