"""What a result line may hold: texts are cut as it is read, since names go into titles, legends and keys of groups."""

import sys
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.text import LONGEST_PROSE, shortened

MOST_ENTRIES = 1_000  # of an object, and texts in a list, such as the names of factors
LONGEST_KEY = 60  # letters
PROSE = ("provenance",)  # keys of texts that may be longer than a name
WRITTEN_BY_RECIPES = ("page", "claim")  # kinds of lines whose texts are paragraphs
CURE = "give lines as the measuring verbs print them"


def bounded(value: Any, where: str, longest: int | None = None) -> Any:
    """Return a JSON value with its texts cut to LONGEST letters, by default that of a name; lists change in place.

    Texts that come again are one object. TcvaeError for more keys, longer keys or longer lists of texts than any result
    of ours has.
    """
    if isinstance(value, str):
        return sys.intern(shortened(value) if longest is None else shortened(value, longest))
    if isinstance(value, list):
        if sum(isinstance(item, str) for item in value) > MOST_ENTRIES:
            raise TcvaeError(where, f"has a list of {len(value):,} texts, at most {MOST_ENTRIES:,} are read", CURE)
        value[:] = [bounded(item, where, longest) if isinstance(item, str | list) else item for item in value]
    return value


def bounded_object(content: dict[str, Any], where: str) -> dict[str, Any]:
    """Return an object of a result line, inner ones done before, with its texts cut."""
    if len(content) > MOST_ENTRIES:
        raise TcvaeError(where, f"has an object of {len(content):,} keys, at most {MOST_ENTRIES:,} are read", CURE)
    if len(longest := max(content, key=len, default="")) > LONGEST_KEY:
        raise TcvaeError(where, f"has the key {shortened(longest, LONGEST_KEY)!r}, of {len(longest):,} letters", CURE)
    if content.get("kind") in WRITTEN_BY_RECIPES:
        return content
    return {key: bounded(value, where, LONGEST_PROSE if key in PROSE else None) for key, value in content.items()}
