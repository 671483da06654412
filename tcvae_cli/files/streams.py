"""The only place that opens standard streams, and the one atomic writer."""

import contextlib
import errno
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from tcvae_cli import interrupts
from tcvae_cli.errors import ArgumentError, EmptyInputError, TcvaeError, UsageError, wrong_kind
from tcvae_cli.files.kinds import HEAD, KNOWN_ENDS, PAGE, POINTED, POINTER, PULL, kind_of
from tcvae_cli.files.ledger import identity, note_input, note_output
from tcvae_cli.files.parts import part_file
from tcvae_cli.system import access_of, flush_to_disk

IN_USE = (5, 32)  # of Windows, which replaces no file that is open: ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION


def path_in(path: str | os.PathLike[str], name: str, cure: str = "give the path of a file") -> str:
    """Return a path as text. ArgumentError that calls it by NAME for what is no path, or empty."""
    if not isinstance(path, str | os.PathLike):
        raise wrong_kind(name, path, cure)
    if not os.fspath(path):
        raise ArgumentError(name, "is empty", cure)
    return os.fspath(path)


def display_name(path: str) -> str:
    """Return the name of a file or stream in messages."""
    return "stdin" if path == "-" else path


def system_fault(error: OSError) -> str:
    """Return what the operating system said, without the path, with which the message starts already."""
    return (error.strerror or str(error)).lower()


def not_written(where: str, error: OSError) -> TcvaeError:
    """Return the error of a file or stream that the operating system refuses to write."""
    if error.errno == errno.EBADF:
        return TcvaeError(where, "is closed", "send it to a file, a pipe or /dev/null")
    if getattr(error, "winerror", None) in IN_USE:
        return TcvaeError(where, "is open in another program, or not writable", "close it, or choose another place")
    return TcvaeError(where, system_fault(error), "free some space or choose another place")


def check_open_for(stream: TextIO, access: int) -> None:
    """Refuse a standard stream that is closed, or open the other way round only, in ACCESS to which it has none."""
    try:
        found = access_of(stream.fileno())
    except io.UnsupportedOperation:  # no stream of the system's, but one of Python's own, as in a notebook
        return
    if found not in (access, os.O_RDWR, None):
        if access == os.O_RDONLY:
            raise UsageError("stdin", "is closed", "name a file or pipe one in")
        raise not_written("stdout", OSError(errno.EBADF, ""))


@contextlib.contextmanager
def binary_input(path: str, what: str) -> Iterator[BinaryIO]:
    """Open PATH, or standard input for `-`, for reading bytes.

    Refuse a terminal, a directory, our own output, and what stands for a file that Git LFS has elsewhere.
    """
    if path == "-":
        if sys.stdin.isatty():
            raise UsageError("stdin", f"is a terminal, but {what} is binary", "name a file or pipe one in")
        check_open_for(sys.stdin, os.O_RDONLY)
        note_input("/dev/stdin")
        yield sys.stdin.buffer
        return
    note_input(path)
    try:
        stream = open(path, "rb")  # noqa: SIM115 (closed below, outside the try, so that errors inside are not ours)
    except OSError as error:
        raise TcvaeError(path or "''", system_fault(error), f"give the path of {what}") from None
    with stream:
        check_pointer(stream, path)
        yield stream


def check_pointer(stream: io.BufferedReader, path: str) -> None:
    """Refuse what stands for a file that Git LFS has not fetched, without reading on."""
    head = b""
    with contextlib.suppress(OSError):  # whoever reads the file meets it again
        head = stream.peek(len(POINTER))
    if head.startswith(POINTER):
        raise TcvaeError(path, POINTED, PULL)


class UnreadableError(ValueError):
    """Something in a sound file that is not read, raised where the file's name is not known: `reading` adds it."""

    def __init__(self, fault: str, cure: str) -> None:
        super().__init__(fault, cure)
        self.fault, self.cure = fault, cure


@contextlib.contextmanager
def reading(path: str, cure: str, fault: str = "is damaged or cut short") -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into one line. Only reading may stand inside."""
    try:
        yield
    except (TcvaeError, MemoryError):
        raise
    except UnreadableError as error:
        raise TcvaeError(display_name(path), error.fault, error.cure) from None
    except Exception:  # zipfile, tarfile, zlib, struct, tokenize, numpy, h5py, torch: each has its own, and wrong ones
        raise TcvaeError(display_name(path), "is a web page" if is_page(path) else fault, cure) from None


def is_page(path: str) -> bool:
    """Return whether a file is what a server sends in place of one that it does not give."""
    with contextlib.suppress(OSError, ValueError):
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                return kind_of(stream.read(HEAD)) == PAGE
    return False


def read_bytes(path: str, what: str) -> bytes:
    """Return all bytes of PATH or standard input; refuse an empty stream."""
    with binary_input(path, what) as stream:
        try:
            content = stream.read()
        except OSError as error:
            raise TcvaeError(display_name(path), system_fault(error), "check the file system") from None
    if not content:
        cure = "check the command before the pipe" if path == "-" else "make it again"
        raise EmptyInputError(display_name(path), f"is empty, not {what}", cure)
    return content


def seekable_input(path: str, what: str) -> contextlib.AbstractContextManager[BinaryIO]:
    """Open PATH or standard input so that it can seek: a pipe is read into memory first."""
    if path == "-" and not sys.stdin.buffer.seekable():
        return contextlib.closing(io.BytesIO(read_bytes(path, what)))
    return binary_input(path, what)


def is_plain(path: str) -> bool:
    """Return whether PATH is written as it comes: a stream, a device or a FIFO.

    The system is asked, since the links of /dev/stdout and of a shell's >(...) lead to names that no path has.
    """
    return path == "-" or (os.path.exists(path) and not os.path.isfile(path))


def check_output(path: str, ends: tuple[str, ...] = ()) -> None:
    """Refuse an output that cannot be written, before any long work is done for it.

    With ENDS, those of names of such files, also refuse a name that ends as those of another kind of file do.
    """
    if path == "-":
        if sys.stdout.isatty():
            raise UsageError("stdout", "is a terminal, but the output is binary", "use -o FILE or a pipe")
        check_open_for(sys.stdout, os.O_WRONLY)
        return
    if not path:
        raise ArgumentError("output", "is empty", "name a file")
    if os.path.isdir(path):
        raise TcvaeError(path, "is a directory", "name a file in it")
    parent = Path(os.path.realpath(path)).parent
    if not is_plain(path) and not parent.is_dir():
        folder, there = os.path.dirname(path) or parent, parent.exists()
        fault = f"{folder} is not a directory" if there else f"there is no directory {folder}"
        raise TcvaeError(path, fault, "choose another place" if there else "make it first")
    if not os.access(path if is_plain(path) else parent, os.W_OK):
        raise TcvaeError(path, "is not writable", "choose another place")
    note_output(path)
    if ends:
        check_end(path, ends)


def check_end(path: str, ends: tuple[str, ...]) -> None:
    """Refuse a name that ends as those of another kind of file do, not in ENDS."""
    end = os.path.splitext(path)[1].lower()
    if end in KNOWN_ENDS and end not in ends and not is_plain(path):
        raise UsageError(path, f"would not be a {end} file", f"end the name in {' or '.join(ends)}")


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn what the system says against writing PATH into one line, unless a reader has left, which is no fault."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise not_written("stdout" if path == "-" else path, error) from None


@contextlib.contextmanager
def atomic_path(path: str) -> Iterator[Path]:
    """Yield the path of a part file; on success it becomes PATH whole, on any error it is removed.

    A link is followed, a device or FIFO is written plainly, `-` is standard output.
    """
    check_output(path)
    target = Path(os.path.realpath(path))
    plain = is_plain(path)
    with (
        telling_what_remains(path),
        writing(path),
        part_file(Path(tempfile.gettempdir()) if plain else target.parent) as part,
    ):
        yield part
        if plain:
            with part.open("rb") as source, output_stream(path) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            return
        give_permissions(part, target)
        with part.open("rb+") as written:
            flush_to_disk(written.fileno())
        part.replace(target)
        synchronise(target.parent)


@contextlib.contextmanager
def telling_what_remains(path: str) -> Iterator[None]:
    """Let a signal that ends the writing of PATH, inside, say what has become of it."""
    before = identity(path)
    try:
        yield
    except BaseException as stopped:
        after = identity(path)
        if after is None:
            interrupts.tell(stopped, f"{'stdout' if path == '-' else path} was not written whole")
        elif after == before:
            interrupts.tell(stopped, f"{path} is what it was before")
        raise


def synchronise(folder: Path) -> None:
    """Let a file's new name outlive a power cut, where the file system can promise that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)  # which Windows refuses
        try:
            flush_to_disk(handle)
        finally:
            os.close(handle)


def give_permissions(part: Path, target: Path) -> None:
    """Give a part file owner, group and mode of the file that it replaces, or those of a new file.

    Only root may give a file away: where the group stays another one, it gets no right that the old group had.
    """
    if not target.exists():
        part.chmod(0o666 & ~current_umask())
        return
    old = target.stat()
    if hasattr(os, "chown"):
        for owner in (old.st_uid, -1):
            with contextlib.suppress(OSError):
                os.chown(part, owner, old.st_gid)
                break
    kept_group = part.stat().st_gid == old.st_gid
    part.chmod(old.st_mode & (0o777 if kept_group else 0o707))


def current_umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def output_stream(path: str) -> Iterator[BinaryIO]:
    """Yield a stream to write to: standard output, a device or a FIFO plainly, a regular file atomically."""
    check_output(path)
    if path == "-":
        with telling_what_remains(path), writing(path):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
    elif is_plain(path):
        with telling_what_remains(path), writing(path), open(path, "wb") as stream:
            yield stream
    else:
        with atomic_path(path) as part, part.open("wb") as stream:
            yield stream


def write_bytes(path: str, content: bytes) -> None:
    """Write CONTENT to PATH atomically."""
    with output_stream(path) as stream:
        stream.write(content)
