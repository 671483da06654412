"""Results: one JSON object on one line each, so that `cat` of results is a table."""

import math
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.streams import display_name, read_bytes
from tcvae_cli.files.strict_json import parse_json

CURE = "give lines as --format json prints them"


class Result(dict[str, Any]):
    """One result, or an object inside it, that knows its line: what it lacks is that line's fault, not a bug."""

    def __init__(self, content: dict[str, Any], where: str) -> None:
        super().__init__(content)
        self.where = where

    def __missing__(self, key: str) -> NoReturn:
        raise TcvaeError(self.where, f"has no {key!r}", CURE)

    def number(self, key: str) -> float:
        """The finite number under KEY."""
        value = self[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TcvaeError(self.where, f"{key!r} is not a finite number", CURE)
        return float(value)

    def part(self, key: str) -> "Result":
        """The object under KEY."""
        value = self[key]
        if value is None:
            cure = "leave this line out, or write them into the header of the codes"
            raise TcvaeError(self.where, f"is of codes that do not tell their {key}", cure)
        if not isinstance(value, Result):
            raise TcvaeError(self.where, f"{key!r} is not an object", CURE)
        return value


def read_results(paths: Sequence[str]) -> list[Result]:
    """Every result in the files, `-` being standard input, in order.

    Raises TcvaeError naming file and line for a line that is not a JSON object with a `kind`, and for a file of none.
    """
    return [result for path in paths for result in read_file(path)]


def read_file(path: str) -> list[Result]:
    """The results of one file, at least one."""
    if path == "-" and sys.stdin.isatty():
        raise UsageError("stdin", "is a terminal", "name a file of results or pipe some in")
    name = display_name(path)
    lines = enumerate(read_bytes(path, "results").splitlines(), 1)
    results = [parse(line, f"{name}, line {number}") for number, line in lines if line.strip()]
    if not results:
        raise TcvaeError(name, "has no results", CURE)
    return results


def parse(line: bytes, where: str) -> Result:
    """The result on one line."""
    try:
        result = parse_json(line.decode(), lambda content: Result(content, where))
    except ValueError:
        raise TcvaeError(where, "is not JSON", CURE) from None
    if not isinstance(result, Result) or "kind" not in result:
        raise TcvaeError(where, "is not a result", CURE)
    return result
