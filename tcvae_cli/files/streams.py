"""The only place that opens standard streams, and the one atomic writer."""

import contextlib
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tcvae_cli.errors import TcvaeError, UsageError


def display_name(path: str) -> str:
    """The name of a stream in messages."""
    return "stdin" if path == "-" else path


def system_fault(error: OSError) -> str:
    """What the operating system said, without the path (the message already starts with it)."""
    return (error.strerror or str(error)).lower()


@contextlib.contextmanager
def binary_input(path: str, what: str) -> Iterator[BinaryIO]:
    """Open PATH, or standard input for `-`, for reading bytes. Refuses a terminal and a directory."""
    if path == "-":
        if sys.stdin.isatty():
            raise UsageError("stdin", f"is a terminal, but {what} is binary", "name a file or pipe one in")
        yield sys.stdin.buffer
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115 (closed below, outside the try, so that errors inside are not ours)
    except OSError as error:
        raise TcvaeError(path, system_fault(error), f"name a file that exists: {what}") from None
    with stream:
        yield stream


def read_bytes(path: str, what: str) -> bytes:
    """All bytes of PATH or standard input; an empty stream is refused."""
    with binary_input(path, what) as stream:
        try:
            content = stream.read()
        except OSError as error:
            raise TcvaeError(display_name(path), system_fault(error), "check the file system") from None
    if not content:
        cure = "check the command before the pipe" if path == "-" else "make it again"
        raise TcvaeError(display_name(path), f"is empty, not {what}", cure)
    return content


def seekable_input(path: str, what: str) -> contextlib.AbstractContextManager[BinaryIO]:
    """Open PATH or standard input so that it can seek: a pipe is read into memory first."""
    if path == "-" and not sys.stdin.buffer.seekable():
        return contextlib.closing(io.BytesIO(read_bytes(path, what)))
    return binary_input(path, what)


def check_output(path: str) -> None:
    """Refuse an output that cannot be written, before any long work is done for it."""
    if path == "-":
        if sys.stdout.isatty():
            raise UsageError("stdout", "is a terminal, but the output is binary", "use -o FILE or a pipe")
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise TcvaeError(path, "is a directory", "name a file in it")
    if not target.parent.is_dir():
        raise TcvaeError(path, f"there is no directory {os.path.dirname(path) or target.parent}", "make it first")
    writable = target if target.exists() and not target.is_file() else target.parent
    if not os.access(writable, os.W_OK):
        raise TcvaeError(path, "is not writable", "choose another place")


@contextlib.contextmanager
def atomic_path(path: str) -> Iterator[Path]:
    """Yield the path of a part file; on success it becomes PATH whole, on any error it is removed.

    A link is followed, a device or FIFO is written plainly, `-` is standard output.
    """
    check_output(path)
    target = Path(os.path.realpath(path))
    plain = path == "-" or (target.exists() and not target.is_file())
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".tcvae-{os.getpid()}-", suffix=".part", dir=None if plain else target.parent
        )
    except OSError as error:
        raise TcvaeError(path, system_fault(error), "choose another place") from None
    os.close(handle)
    part = Path(name)
    try:
        yield part
        if plain:
            with part.open("rb") as source, output_stream(path) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
        else:
            part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~current_umask())
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.replace(target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise TcvaeError(path, system_fault(error), "free some space or choose another place") from None
    finally:
        part.unlink(missing_ok=True)


def current_umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def output_stream(path: str) -> Iterator[BinaryIO]:
    """Bytes out, as they come for standard output, devices and FIFOs; atomically for a regular file."""
    check_output(path)
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "wb") as stream:
            yield stream
    else:
        with atomic_path(path) as part, part.open("wb") as stream:
            yield stream


def write_bytes(path: str, content: bytes) -> None:
    """Write CONTENT to PATH atomically."""
    with output_stream(path) as stream:
        stream.write(content)
