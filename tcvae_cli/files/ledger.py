"""What one command reads and writes: no file may be both, since a fault half-way would lose what it was made from.

The command line opens a ledger for each command, and each function that both reads and writes one for each call.
Without one files are read and written freely, as by two functions that are called one after the other.
"""

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from tcvae_cli.errors import ArgumentError

Identity = tuple[int, int]  # device and number of a file, whatever it is called


@dataclass
class Ledger:
    """The files that a command has read, and those that its outputs replace, each with what it was then.

    The path is asked again, since the system gives the number of a file that is gone to another.
    """

    inputs: dict[str, Identity] = field(default_factory=dict)
    outputs: dict[str, Identity] = field(default_factory=dict)

    def note_input(self, path: str) -> None:
        """Note that PATH is read. ArgumentError if it is to be written too."""
        if (own := identity(path)) is not None:
            self.inputs[path] = own
            if (output := alias(own, self.outputs)) is not None:
                raise read_and_written(output)

    def note_output(self, path: str) -> None:
        """Note that PATH is to be written. ArgumentError if it is read too."""
        if (own := identity(path)) is not None:
            self.outputs[path] = own
            if alias(own, self.inputs) is not None:
                raise read_and_written(path)

    def release(self, path: str) -> None:
        """Let an input that was read to its end be written over."""
        own = identity(path)
        for other in [other for other in self.inputs if identity(other) == own]:
            del self.inputs[other]


CURRENT: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


@contextlib.contextmanager
def one_command() -> Iterator[Ledger]:
    """Keep a ledger of what is read and written inside."""
    ledger = Ledger()
    token = CURRENT.set(ledger)
    try:
        yield ledger
    finally:
        CURRENT.reset(token)


@contextlib.contextmanager
def one_call() -> Iterator[None]:
    """Keep a ledger of what is read and written inside, unless a command keeps one already. Also a decorator."""
    with contextlib.nullcontext() if CURRENT.get() is not None else one_command():
        yield


def note_input(path: str) -> None:
    """Note that PATH is read, if anybody keeps a ledger. ArgumentError if it is to be written too."""
    if (ledger := CURRENT.get()) is not None:
        ledger.note_input(path)


def note_output(path: str) -> None:
    """Note that PATH is to be written, if anybody keeps a ledger. ArgumentError if it is read too."""
    if (ledger := CURRENT.get()) is not None:
        ledger.note_output(path)


def release(path: str) -> None:
    """Let an input that was read to its end be written over."""
    if (ledger := CURRENT.get()) is not None:
        ledger.release(path)


def identity(path: str) -> Identity | None:
    """Return what a regular file is, whatever it is called; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if os.path.isfile(path) else None


def alias(own: Identity, others: dict[str, Identity]) -> str | None:
    """Return the one of OTHERS that is this file, under the name it was given."""
    return next((other for other, then in others.items() if then == own == identity(other)), None)


def read_and_written(output: str) -> ArgumentError:
    """Return the error of a file that one command would read and write."""
    return ArgumentError("output", f"{output} is also read by this command", "name another file")
