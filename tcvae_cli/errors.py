"""The ways a verb may fail, each one line for the person who asked.

A message names an argument in braces: `{steps}`, or `{estimator=mws}` with a value. Python reads that without the
braces; the command line writes its flags there (cli/messages.py). So nothing below the command line knows a flag.
"""

import errno
import re
from collections.abc import Callable

from tcvae_cli.text import LONGEST_PROSE, shortened

KINDS = {  # of what an argument may be by mistake, in words
    "Codes": "codes",
    "DataSet": "a data set",
    "NoneType": "None",
    "Run": "a run",
    "Tensor": "a tensor",
    "ndarray": "an array",
    "str": "a text",
}
ARGUMENT = re.compile(r"\{([a-z_]+)(?:=([^{}]*))?\}")


class TcvaeError(Exception):
    """Could not be done: a file, a format, a number. Printed as `tcvae: WHERE: FAULT; CURE`, exit code 1."""

    exit_code = 1

    def __init__(self, where: str, fault: str, cure: str) -> None:
        super().__init__(where, fault, cure)
        self.where, self.fault, self.cure = where, fault, cure

    def __str__(self) -> str:
        return self.spelled(as_in_python)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def spelled(self, argument: Callable[[str, str | None], str]) -> str:
        """Return the message on one line, with ARGUMENT(name, value or None) for each argument that it names."""
        fault, cure = (spelled(shortened(text, LONGEST_PROSE), argument) for text in (self.fault, self.cure))
        return printable(f"{self.where}: {fault}; {cure}")


class EmptyInputError(TcvaeError):
    """A file or a stream ends before its first byte."""


class ArgumentError(TcvaeError):
    """An argument is wrong, whatever the files say: exit code 2. WHERE is the name of the argument in Python."""

    exit_code = 2

    def spelled(self, argument: Callable[[str, str | None], str]) -> str:
        """Return the message on one line, which starts with the argument itself."""
        return f"{argument(self.where, None)}{super().spelled(argument)[len(printable(self.where)) :]}"


def wrong_kind(argument: str, given: object, cure: str) -> ArgumentError:
    """Return the error for an argument of another kind than it takes: `codes: is a run; give ...`."""
    kind = type(given).__name__
    article = "an" if kind[0] in "AEIOaeio" else "a"
    return ArgumentError(argument, f"is {KINDS.get(kind, f'{article} {kind}')}", cure)


class UsageError(TcvaeError):
    """The command line itself is wrong, or a name, stream or variable that it gives: exit code 2."""

    exit_code = 2


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived. Not an Exception, so that only clean-up code sees it on its way to code 143 or 129."""


def is_for_memory(error: BaseException) -> bool:
    """Tell whether an error arose because the system gave no memory: to data, to a library, or to a new thread."""
    lacking = r"can't start new thread|out of memory|enough memory|allocate memory|memory allocation|_ALLOC_FAILED"
    said = {
        ImportError: "failed to map segment",
        OSError: "failed to map segment",
        RuntimeError: lacking,
        SystemError: "without (setting an )?exception",  # of code in C that has got no memory and does not say so
    }
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or any(isinstance(error, kind) and re.search(words, str(error)) for kind, words in said.items())
    )


def spelled(text: str, argument: Callable[[str, str | None], str]) -> str:
    """Return TEXT with ARGUMENT(name, value or None) for each argument that it names in braces."""
    return ARGUMENT.sub(lambda found: argument(found[1], found[2]), text)


def as_in_python(name: str, value: str | None) -> str:
    """Write an argument as Python code writes it: `steps`, or `estimator=mws`."""
    return name if value is None else f"{name}={value}"


def printable(text: str) -> str:
    """Write TEXT on one line, in letters that can be printed and stored: names of files may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
