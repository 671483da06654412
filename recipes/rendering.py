"""The page of a figure as HTML: everything in it is text, its picture becomes part of the file, no link leaves it."""

import base64
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_page import printable_lines, tally
from overview import NOT_RUN
from page import Page, around_verdict, leading

from tcvae_cli.results import Claim, Estimate, Verdict

PNG = b"\x89PNG\r\n\x1a\n"

SIGNS = {Verdict.HELD: "✓", Verdict.NOT_HELD: "✗", Verdict.TOO_FEW: "…", Verdict.STAND_IN: "–", NOT_RUN: "○"}


def article(page: Page, claims: Sequence[Claim], folder: Path) -> str:
    """Return the part of the report about a figure, whose picture lies in FOLDER."""
    missing = f"{page.shortfall()}: {page.whichever()}."
    where = shown(f"figures/{page.figure}")
    parts = [
        f"<article id={anchor(page.figure)}>",
        f"<h1>{shown(page.title)}</h1>",
        *(f"<p class=lead>{answer(claim)}</p>" for claim in leading(claims)),
        f"<p>{shown(tally(claims))}</p>" if claims else "",
        f"<p><strong>{shown(missing)}</strong></p>" if page.missing else "",
        picture(page, folder),
        f"<div class=caption>{from_markdown(page.caption)}</div>" if page.caption else "",
        f"<ul class=claims>{''.join(map(item, claims))}</ul>" if claims else "",
        f"<h2>The numbers</h2>\n{from_markdown(page.body)}" if page.body else "",
        f"<h2>Elsewhere</h2>\n{from_markdown(page.elsewhere)}" if page.elsewhere else "",
        f"<h2>Data and budget</h2>\n<div class=about>{from_markdown(page.about)}</div>",
        f"<p class=files>Beside this report: <code>{where}.pdf</code>, the numbers in <code>{where}.jsonl</code>, "
        f"the claims in <code>{where}.claims.jsonl</code></p>",
        "</article>",
    ]
    return "\n".join(filter(None, parts))


def answer(claim: Claim) -> str:
    """Return what became of a claim in one sentence, whose verdict is a pill."""
    words, size = around_verdict(claim)
    told = f" <span class=size>{shown(size.removeprefix(', '))}</span>" if size != "." else ""
    return f"{shown(words)} {pill(claim.verdict)}{told}"


def item(claim: Claim) -> str:
    """Return a claim with what was measured here and what the paper says."""
    told = {"Here": claim.statistic, "The paper": claim.paper}
    rows = [f"<dt>{who}</dt><dd>{shown(said)}</dd>" for who, said in told.items() if said]
    return f"<li class={css(claim.verdict)}>{answer(claim)}{strip(claim)}<dl>{''.join(rows)}</dl></li>"


def strip(claim: Claim) -> str:
    """Return an interval drawn about the level that was tested, each to its own scale; "" where there is none."""
    found = claim.estimate
    if found is None or not math.isfinite(found.high - found.low) or not found.low < found.high:
        return ""
    return f"<span class='strip {css(claim.verdict)}' aria-hidden=true>{bar(found)}</span>"


def bar(found: Estimate) -> str:
    """Return the bar of an interval and the dot of its value, in per cent of a strip with the level in its middle."""
    reach = max(abs(end - found.level) for end in (found.low, found.high, found.value)) * 1.08
    low, value, high = (50 + 50 * (end - found.level) / reach for end in (found.low, found.value, found.high))
    return f"<i style='left:{low:.1f}%;width:{high - low:.1f}%'></i><b style='left:{value:.1f}%'></b>"


def from_markdown(text: str) -> str:
    """Return the HTML of a text, whose tags are shown, not obeyed, and which leads nowhere."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    html = str(markdown.disable(["link", "autolink", "reference", "image"]).render(printable_lines(text)))
    return html.replace("<table>", "<div class=wide><table>").replace("</table>", "</table></div>")


def shown(text: str) -> str:
    """Return a text as HTML that shows it as it is, with escapes for what cannot be printed."""
    return escape(printable_lines(text))


def css(verdict: str) -> str:
    """Return the class of a verdict."""
    return verdict.replace(" ", "-")


def pill(verdict: str) -> str:
    """Return a verdict as a sign, the word and, by its class, a colour."""
    return f"<b class='pill {css(verdict)}'><span aria-hidden=true>{SIGNS[verdict]}</span> {verdict}</b>"


def anchor(name: str) -> str:
    """Return an id for a figure."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def picture(page: Page, folder: Path) -> str:
    """Return the picture of a figure as a data URI, if it is a PNG in FOLDER itself and no link, else its title."""
    path, title = folder / f"{page.figure}.png", shown(page.title)
    own = path.parent == folder and path.is_file() and not path.is_symlink()
    if not own or not (content := path.read_bytes()).startswith(PNG):
        return f"<p><em>No picture: {title}</em></p>"
    width = int.from_bytes(content[16:20]) * 120 // 300  # drawn at 300 dots an inch; an inch is shown as 120 pixels
    data = base64.b64encode(content).decode()
    return f"<p><span class=plate><img alt='{title}' width={width} src='data:image/png;base64,{data}'></span></p>"
