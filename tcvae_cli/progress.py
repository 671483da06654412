"""How long work tells of its progress and of what a person should know, without knowing who listens."""

import contextlib
import warnings
from collections.abc import Callable, Iterator

Advance = Callable[..., object]  # advance(count, note=""): so much more is done
Progress = Callable[[str, int | None], contextlib.AbstractContextManager[Advance]]  # of a label and a total
Note = Callable[[str], object]  # told a sentence that stands beside a number


@contextlib.contextmanager
def silent(label: str, total: int | None) -> Iterator[Advance]:
    """The progress of which nobody is told."""
    yield lambda count, note="": None


class TcvaeWarning(UserWarning):
    """Something that a person should know of a result that is valid all the same."""


def warn(sentence: str) -> None:
    """A note in Python: a warning. The command line prints a line instead."""
    warnings.warn(sentence, TcvaeWarning, stacklevel=3)
