"""The page of a figure as HTML: everything in it is text, its picture becomes part of the file, no link leaves it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_page import printable_lines
from page import Page

from tcvae_cli.results import Claim, Verdict

PNG = b"\x89PNG\r\n\x1a\n"
SIGNS = {Verdict.HELD: "✓", Verdict.NOT_HELD: "✗", Verdict.TOO_FEW: "…", Verdict.STAND_IN: "–"}


def article(page: Page, claims: Sequence[Claim], folder: Path) -> str:
    """Return the part of the report about a figure, whose picture lies in FOLDER."""
    missing = f"{page.shortfall()}, the first being {page.first_missing}."
    items = [f"<li>{shown(claim.sentence)} {pill(claim.verdict)}<br>{shown(claim.statistic)}</li>" for claim in claims]
    where = shown(f"figures/{page.figure}")
    return "\n".join(
        [
            f"<article id={anchor(page.figure)}>",
            f"<h1>{shown(page.title)}</h1>",
            from_markdown(page.about),
            f"<p><strong>{shown(missing)}</strong></p>" if page.missing else "",
            f"<ul>{''.join(items)}</ul>" if items else "",
            from_markdown(page.body),
            f"<h2>Elsewhere</h2>\n{from_markdown(page.elsewhere)}" if page.elsewhere else "",
            picture(page, folder),
            f"<p class=files>Beside this report: <code>{where}.pdf</code>, the numbers in <code>{where}.jsonl</code>, "
            f"the claims in <code>{where}.claims.jsonl</code></p>",
            "</article>",
        ]
    )


def from_markdown(text: str) -> str:
    """Return the HTML of a text, whose tags are shown, not obeyed, and which leads nowhere."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    html = str(markdown.disable(["link", "autolink", "reference", "image"]).render(printable_lines(text)))
    return html.replace("<table>", "<div class=wide><table>").replace("</table>", "</table></div>")


def shown(text: str) -> str:
    """Return a text as HTML that shows it as it is, with escapes for what cannot be printed."""
    return escape(printable_lines(text))


def pill(verdict: Verdict) -> str:
    """Return a verdict as a sign, the word and, by its class, a colour."""
    return f"<b class='pill {verdict.replace(' ', '-')}'><span aria-hidden=true>{SIGNS[verdict]}</span> {verdict}</b>"


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
