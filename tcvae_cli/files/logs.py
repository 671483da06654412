"""Logs of trainings, JSON lines: first a header, then the terms after some steps, as `training` writes them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tcvae_cli.errors import EmptyInputError, TcvaeError
from tcvae_cli.files.fields import is_count, is_number
from tcvae_cli.files.headers import SCHEMAS, LogHeader, log_header
from tcvae_cli.files.kinds import HEAD, OTHER, kind_of
from tcvae_cli.files.streams import display_name, path_in, read_bytes
from tcvae_cli.files.strict_json import RefusedJsonError, parse_json
from tcvae_cli.files.unicode import as_utf8

WHAT = "a log of a training"
CURE = "give the {log} of a `tcvae train`"
MOST_TERMS = 1_000  # of a line
LONGEST_TERM = 60  # letters of a key
LARGEST = 1e100  # number, beyond all that float32 holds


@dataclass(frozen=True)
class Log:
    """The log of a training. Each line holds the numbers after a step, by keys: `exact.mig` is `mig` under `exact`."""

    path: str
    header: LogHeader | None  # None of older logs, which have none
    steps: tuple[int, ...]  # of each line
    lines: tuple[Mapping[str, float], ...]

    @property
    def where(self) -> str:
        """The name of the log in messages."""
        return display_name(self.path)

    @property
    def terms(self) -> tuple[str, ...]:
        """The keys of all numbers, in the order in which they come."""
        return tuple(dict.fromkeys(term for line in self.lines for term in line))

    @property
    def asked(self) -> int | None:
        """The number of steps that the training is to have; None where the log does not tell."""
        steps = None if self.header is None else self.header.settings.get("steps")
        return steps if is_count(steps) else None

    @property
    def has_ended(self) -> bool:
        """Whether the training has written its last line, as far as the log tells."""
        return self.asked is not None and bool(self.steps) and self.steps[-1] >= self.asked

    def series(self, term: str) -> tuple[list[int], list[float]]:
        """Return the steps after which there is a number of this key, and the numbers."""
        found = [(step, line[term]) for step, line in zip(self.steps, self.lines, strict=True) if term in line]
        return [step for step, _ in found], [number for _, number in found]


def read_log(path: str | os.PathLike[str]) -> Log:
    """Return the log in a file or in standard input, without a last line that is cut short, as while it is written.

    Errors: TcvaeError naming the file and the line.
    """
    name = path_in(path, "log")
    return log_in(read_bytes(name, WHAT), name)


def log_so_far(path: str | os.PathLike[str]) -> Log | None:
    """Return the log in a file that a training may be writing: None where no file is yet, or no whole line in it."""
    name = path_in(path, "log")
    try:
        content = read_bytes(name, WHAT) if os.path.exists(name) else b""
    except EmptyInputError:
        return None
    return log_in(content, name) if b"\n" in content else None


def log_in(content: bytes, path: str) -> Log:
    """Return the log in bytes that were read from PATH."""
    where = display_name(path)
    if (kind := kind_of(content[:HEAD])) != OTHER:
        raise TcvaeError(where, f"is {kind}, not {WHAT}", CURE)
    try:
        texts = as_utf8(content).split(b"\n")
    except UnicodeDecodeError:
        raise TcvaeError(where, "is not text", CURE) from None
    *whole, _ = texts  # behind the last line's end there is nothing yet, or a line that is being written
    numbered = [(f"{where}, line {number}", text) for number, text in enumerate(whole, 1) if text.strip()]
    records = [(place, record_of(text, place)) for place, text in numbered]
    header = header_in(records.pop(0)[1], where) if records and "kind" in records[0][1] else None
    if header is None and not records:
        raise TcvaeError(where, "has no line of a log", CURE)
    lines = [numbers_of(record, place) for place, record in records]
    return Log(path, header, tuple(int(line.pop("step")) for line in lines), tuple(lines))


def header_in(record: dict[str, Any], where: str) -> LogHeader:
    """Return the header on the first line of a log. Results, which are lines of JSON too, are refused by their name."""
    if record["kind"] not in SCHEMAS:
        raise TcvaeError(where, "holds results, no log", "read them with `tcvae compare` or `tcvae plot`")
    return log_header(where, record)


def record_of(text: bytes, where: str) -> dict[str, Any]:
    """Return the object on a line of a log."""
    try:
        record = parse_json(text.strip())
    except ValueError as error:
        fault = str(error) if isinstance(error, RefusedJsonError) else "is not JSON, as the lines of a log are"
        raise TcvaeError(where, fault, CURE) from None
    if not isinstance(record, dict):
        raise TcvaeError(where, "is not an object", CURE)
    return record


def numbers_of(record: Mapping[str, Any], where: str) -> dict[str, float]:
    """Return the numbers on a line, those of an object inside it by its key and theirs."""
    if record.get("kind") == "log":
        raise TcvaeError(where, "begins another log", "give each log in a file of its own")
    if not is_count(record.get("step")):
        raise TcvaeError(where, "has no step", CURE)
    numbers: dict[str, float] = {}
    for key, value in record.items():
        inner = {f"{key}.{name}": number for name, number in value.items()} if isinstance(value, dict) else {key: value}
        numbers |= {name: number for name, number in inner.items() if number is not None}
    if len(numbers) > MOST_TERMS or any(len(name) > LONGEST_TERM for name in numbers):
        raise TcvaeError(where, f"has more than {MOST_TERMS:,} numbers, or one whose key is too long", CURE)
    if not all(is_number(number) and abs(number) <= LARGEST for number in numbers.values()):
        raise TcvaeError(where, f"has what is not a number, or one beyond {LARGEST:g}", CURE)
    return numbers
