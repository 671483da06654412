"""How long work tells of its progress and of what a person should know, without knowing who listens."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Protocol

from tcvae_cli.errors import printable

Advance = Callable[..., object]  # advance(count, note=""): COUNT more units of work are done
Note = Callable[[str], object]  # told a sentence that stands beside a number


class Progress(Protocol):
    """Whoever is told of long work: its label, its total, and its unit, "bytes" or "" for things counted."""

    def __call__(
        self, label: str, total: int | None, *, unit: str = ""
    ) -> contextlib.AbstractContextManager[Advance]: ...


@contextlib.contextmanager
def silent(label: str, total: int | None, *, unit: str = "") -> Iterator[Advance]:
    """Tell nobody of the progress."""
    yield lambda count, note="": None


def quiet(sentence: str) -> None:
    """Tell nobody of a note."""


class TcvaeWarning(UserWarning):
    """Something that a person should know of a result that is valid all the same."""


def warn(sentence: str) -> None:
    """Give a note as a Python warning, on one line. The command line prints a line instead."""
    warnings.warn(printable(sentence), TcvaeWarning, stacklevel=3)
