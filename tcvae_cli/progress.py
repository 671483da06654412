"""How long work tells of its progress and of what a person should know, without knowing who listens."""

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Protocol

from tcvae_cli.errors import as_in_python, printable, spelled

Advance = Callable[..., object]  # advance(count, note=""): COUNT more units of work are done
Note = Callable[[str], object]  # told a sentence that stands beside a number; it may name {arguments} as errors do


class Progress(Protocol):
    """Whoever is told of long work: its label, its total, and its unit, "bytes" or "" for things counted."""

    def __call__(
        self, label: str, total: int | None, *, unit: str = ""
    ) -> contextlib.AbstractContextManager[Advance]: ...


@contextlib.contextmanager
def silent(label: str, total: int | None, *, unit: str = "") -> Iterator[Advance]:
    """Tell nobody of the progress."""
    yield lambda count, note="": None


def labelled(progress: Progress, before: str) -> Progress:
    """Return the same progress, with a few words BEFORE each label."""

    def tell(label: str, total: int | None, *, unit: str = "") -> contextlib.AbstractContextManager[Advance]:
        """Tell of work under its longer label."""
        return progress(f"{before}{label}", total, unit=unit)

    return tell


def quiet(sentence: str) -> None:
    """Tell nobody of a note."""


class TcvaeWarning(UserWarning):
    """Something that a person should know of a result that is valid all the same."""


def warn(sentence: str) -> None:
    """Give a note as a Python warning, on one line, of the line that called us. The command line prints one instead."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(in_python(sentence), TcvaeWarning, stacklevel=level)


def heard(note: Note) -> tuple[Note, list[str]]:
    """Return a note that passes on to NOTE what it is told, and the list of that, as results keep it."""
    said: list[str] = []

    def hear(sentence: str) -> None:
        """Keep a sentence, and pass it on."""
        said.append(in_python(sentence))
        note(sentence)

    return hear, said


def once(note: Note) -> Note:
    """Return a note that passes on to NOTE each sentence once."""
    said: set[str] = set()

    def tell(sentence: str) -> None:
        """Pass on a sentence that is new."""
        if sentence not in said:
            said.add(sentence)
            note(sentence)

    return tell


def in_python(sentence: str) -> str:
    """Return a sentence on one line, with the arguments that it names as Python writes them."""
    return printable(spelled(sentence, as_in_python))
