"""Result lines: one JSON object on one line each, so that `cat` of results is a table."""

import contextlib
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, NoReturn, Protocol

from tcvae_cli.errors import ArgumentError, TcvaeError, UsageError, printable, wrong_kind
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.files.streams import display_name, path_in, read_bytes
from tcvae_cli.files.strict_json import RefusedJsonError, parse_json
from tcvae_cli.files.unicode import MARK, as_utf8
from tcvae_cli.results.bounds import bounded_object
from tcvae_cli.results.estimators import id_of, sentence_of

CURE = "give lines of JSON, as mig and its like print them"
OF_A_SWEEP = re.compile(r"results(-\d+-of-\d+)?\.jsonl")
NO_JSON = "is not JSON"
ON_ONE_LINE = "write each result on one line, as jq -c does"
NEWEST_SCHEMA = 2  # a line that tells none is of schema 1, in which `estimator` is a sentence
FIRST_SHARE = 0.01  # `active` of a line of schema 1, which does not tell it
LARGEST = 1e100  # of a number that means, correlations and axes are made of
ABSENT = object()  # what is under a key that is not there, where null may be


class Line(dict[str, Any]):
    """One result, or an object inside it, that knows its line: what it lacks is that line's fault, not a bug.

    A KEY of the methods may lead into objects by dots: `settings.beta` is `beta` of the object under `settings`.
    """

    def __init__(self, content: dict[str, Any], where: str) -> None:
        super().__init__(content)
        self.where = where

    def __missing__(self, key: str) -> NoReturn:
        raise TcvaeError(self.where, f"has no {key!r}", CURE)

    @property
    def settings(self) -> "Line":
        """The settings that the run was trained with; empty for codes of a third party."""
        return Line({}, self.where) if self.get("settings") is None else self.part("settings")

    @property
    def estimator_sentence(self) -> str:
        """The estimator of the result, in words that can be printed."""
        return self.sentence_for(str(self["estimator"]))

    def sentence_for(self, estimator: str) -> str:
        """Return an ESTIMATOR (an id) of some number of the result in words that can be printed."""
        measure = self.get("measure")
        return printable(sentence_of(str(self["kind"]), estimator, None if measure is None else str(measure)))

    def estimator_of(self, key: str) -> str:
        """Return the id of the estimator of the number under KEY: of a `rank` each criterion has its own."""
        if self["kind"] != "rank":
            return str(self["estimator"])
        return "exact" if key == "mig" else str(self.find(f"agreement.{key}.estimator", self["estimator"]))

    def find(self, key: str, default: object = None) -> Any:
        """Return what is under KEY, or DEFAULT where there is no such key."""
        first, dot, rest = key.partition(".")
        inner = self.get(first, default)
        if not dot:
            return inner
        return inner.find(rest, default) if isinstance(inner, Line) else default

    def number(self, key: str) -> float:
        """Return the finite number under KEY."""
        value = self.find(key, ABSENT)
        if value is ABSENT:
            self.__missing__(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TcvaeError(self.where, f"{key!r} is not a finite number", CURE)
        if abs(value) > LARGEST:
            raise TcvaeError(self.where, f"{key!r} is beyond {LARGEST:g}, whose squares and sums overflow", CURE)
        return float(value)

    def number_or_none(self, key: str) -> float | None:
        """Return the finite number under KEY; None where there is no such key, or null in its place."""
        return None if self.find(key) is None else self.number(key)

    def part(self, key: str) -> "Line":
        """Return the object under KEY."""
        value = self[key]
        if value is None:
            cure = "leave this line out, or write them into the header of the codes"
            raise TcvaeError(self.where, f"is of codes that do not tell their {key}", cure)
        if not isinstance(value, Line):
            raise TcvaeError(self.where, f"{key!r} is not an object", CURE)
        return value

    def without(self, *keys: str) -> "Line":
        """Return the same line without what is under KEYS."""
        here = [key for key in keys if "." not in key]
        content = {name: value for name, value in self.items() if name not in here}
        for key in keys:
            first, dot, rest = key.partition(".")
            if dot and isinstance(inner := content.get(first), Line):
                content[first] = inner.without(rest)
        return Line(content, self.where)

    def with_value(self, key: str, value: object) -> "Line":
        """Return the same line with VALUE under KEY."""
        first, dot, rest = key.partition(".")
        inner = self.get(first)
        own = (inner if isinstance(inner, Line) else Line({}, self.where)).with_value(rest, value) if dot else value
        return Line({**self, first: own}, self.where)


class Recorded(Protocol):
    """What a verb returns in Python: its result line is its record."""

    def record(self) -> dict[str, Any]:
        """Return the result line."""


Result = Line | Mapping[str, Any] | Recorded  # a result line, as it was read, as JSON has it, or as a verb returns it
Results = Result | Iterable[Result]


def as_lines(results: Results) -> list[Line]:
    """Return one result or several as lines, whatever way they come; one that was not read is called by its place.

    ArgumentError for the name of a file of results, which is to be read first, and for what is no result.
    """
    lines = []
    for place, result in enumerate(several(results), 1):
        if isinstance(result, str | PathLike):
            raise ArgumentError("results", "are names, not results", "read the files by read_results")
        if not (isinstance(result, Mapping) or hasattr(result, "record")):
            raise wrong_kind("results", result, "give results, which verbs return and read_results reads")
        if not isinstance(result, Line):
            content = result if isinstance(result, Mapping) else result.record()
            result = parse(canonical_json(content).encode(), f"result {place}")
        lines.append(result)
    return lines


def check_key(argument: str, key: object) -> None:
    """Raise ArgumentError that calls it by the name of the ARGUMENT for a KEY that is no text."""
    if not isinstance(key, str):
        raise wrong_kind(argument, key, "give the key of a number, such as 'mig'")


def several(results: Results) -> Iterable[Result]:
    """Return several results as they are, and a single one in a list."""
    return results if isinstance(results, Iterable) and not isinstance(results, Mapping) else [results]


def read_results(*paths: str | PathLike[str]) -> list[Line]:
    """Return every result in the files, in order.

    Raises TcvaeError naming file and line for a line that is not a JSON object with a `kind`, for one of a newer
    schema, and for a file of none.
    """
    return [line for path in paths for line in read_file(path_in(path, "path"))]


def read_file(path: str) -> list[Line]:
    """Return the results of one file, at least one."""
    if path == "-" and sys.stdin.isatty():
        raise UsageError("stdin", "is a terminal", "name a file of results or pipe some in")
    return lines_of(read_bytes(path, "results"), path)


def lines_of(content: bytes, path: str) -> list[Line]:
    """Return the results in bytes that were read from PATH, at least one."""
    name = display_name(path)
    with contextlib.suppress(UnicodeDecodeError):  # the line where it happens is called by its number
        content = as_utf8(content)
    texts = content.splitlines()
    torn = len(texts) if OF_A_SWEEP.fullmatch(os.path.basename(name)) and not content.endswith(b"\n") else None
    lines = []
    for number, text in enumerate(texts, 1):
        if text.strip():
            where = f"{name}, line {number}"
            try:
                lines.append(parse(text, where))
            except TcvaeError as error:
                if number != torn or error.fault != NO_JSON:
                    raise
                raise TcvaeError(where, "is cut short", "give the same sweep again, which mends it") from None
    if not lines:
        raise TcvaeError(name, "has no results", CURE)
    return lines


def parse(text: bytes, where: str) -> Line:
    """Return the result on one line; one of an older schema as the newest has it."""
    try:
        line = parse_json(text.removeprefix(MARK).decode(), lambda content: Line(bounded_object(content, where), where))
    except RefusedJsonError as error:
        raise TcvaeError(where, str(error), CURE) from None
    except ValueError as error:
        if text.strip() in (b"{", b"["):  # as pretty-printed JSON begins
            raise TcvaeError(where, "begins an object over several lines", ON_ONE_LINE) from None
        other = isinstance(error, UnicodeDecodeError) or b"\0" in text  # as where PowerShell adds UTF-16 to a file
        raise TcvaeError(where, f"{NO_JSON}{' in UTF-8' if other else ''}", CURE) from None
    if not isinstance(line, Line) or "kind" not in line:
        cure = f"{ON_ONE_LINE}, of a list with .[]" if isinstance(line, list) and line else CURE
        raise TcvaeError(where, "is not a result", cure)
    if line["kind"] == "log":
        raise TcvaeError(where, "is of a log of a training, not of results", "draw it with `tcvae plot log`")
    return of_newest_schema(line)


def of_newest_schema(line: Line) -> Line:
    """Return a line as the newest schema has it. Refuse one of a schema that this version does not know."""
    schema = line.get("schema", 1)
    if type(schema) is not int or schema < 1:
        raise TcvaeError(line.where, f"has the schema {schema!r}, which no version wrote", CURE)
    if schema > NEWEST_SCHEMA:
        raise TcvaeError(line.where, f"has schema {schema}, this version reads up to {NEWEST_SCHEMA}", "upgrade tcvae")
    if schema > 1:
        return line
    kind, measure = str(line["kind"]), line.get("measure")
    if isinstance(sentence := line.get("estimator"), str):
        line["estimator"] = id_of(kind, sentence, None if measure is None else str(measure))
    if kind in ("mig", "score") and measure != "udr":  # which had a rule of its own
        line.setdefault("active", FIRST_SHARE)
    return line
