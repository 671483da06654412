"""A page's Markdown as HTML: everything in it is text, pictures become part of the file, and no link leaves it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from claims import SIGNS, pill
from markdown_it import MarkdownIt
from markdown_it.token import Token

PNG = b"\x89PNG\r\n\x1a\n"


def render(page: str, folder: Path) -> str:
    """The HTML of a page whose pictures lie in FOLDER. Tags in the page are shown, not obeyed."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "autolink", "reference"])
    tokens = markdown.parse(page)
    for token in tokens:
        for child in token.children or []:
            if child.type == "image":
                child.type, child.content = "html_inline", picture(child, folder)
        token.children = with_pills(token.children) if token.children else token.children
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    return html.replace("<table>", "<div class=wide><table>").replace("</table>", "</table></div>")


def with_pills(tokens: Sequence[Token]) -> list[Token]:
    """The inline tokens with each bold verdict as a pill."""
    found: list[Token] = []
    for token in tokens:
        bold = token.type == "strong_close" and len(found) > 1 and found[-2].type == "strong_open"
        if bold and found[-1].content in SIGNS:
            verdict = found[-1].content
            del found[-2:]
            found.append(Token("html_inline", "", 0, content=f"{pill(verdict)}<br>"))
            continue
        if found and found[-1].content.endswith("<br>"):
            token.content = token.content.removeprefix(": ")
        found.append(token)
    return found


def picture(token: Any, folder: Path) -> str:
    """An image as a data URI if it is a PNG of the folder itself, else its description."""
    name, said = str(token.attrs.get("src", "")), escape(token.content)
    path = folder / name
    if Path(name).name != name or not path.is_file() or not (content := path.read_bytes()).startswith(PNG):
        return f"<em>No picture: {said}</em>"
    width = int.from_bytes(content[16:20]) * 120 // 300  # drawn at 300 dots an inch; an inch is shown as 120 pixels
    data = base64.b64encode(content).decode()
    return f"<span class=plate><img alt='{said}' width={width} src='data:image/png;base64,{data}'></span>"
