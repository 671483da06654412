"""Open an HDF5 file, which its own library may not survive."""

import contextlib
import math
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import h5py

from tcvae_cli.files.budget import HELD
from tcvae_cli.files.hdf5_arrays import texts_in
from tcvae_cli.files.streams import UnreadableError, reading
from tcvae_cli.interrupts import SIGNALS

MAGIC = b"\x89HDF\r\n\x1a\n"  # how every file begins, or goes on behind a block of its user's
USER_BLOCK = 512  # bytes, or that doubled some times: MATLAB's files have one
SECONDS, MOST_SECONDS = 2, 30  # of a CPU: an honest file takes some thousandths of one, or its texts so much:
BYTES_PER_SECOND = 10_000_000
PATIENCE = 10  # seconds for each of those, of which it may wait for a slow file system
NAMES = ("imgs", "images", "labels", "latents/classes", "latents/values", "probability")
MOST_CHUNKS = 100_000  # beyond, counting them takes longer than a child has
MOST_MEMORY = 2 * HELD  # bytes, for all but the numbers in a file: HDF5 reads the texts of an attribute at once
CALM, TOO_MUCH = 0, 3  # how a child may end


def reading_hdf5(path: str) -> contextlib.AbstractContextManager[None]:
    """Turn whatever h5py raises on a damaged file into one line. Only reading may stand inside."""
    return reading(path, "copy or prepare it again", "is damaged or cut short (HDF5 cannot read it)")


def is_hdf5(stream: BinaryIO) -> bool:
    """Return whether a seekable stream holds an HDF5 file, maybe behind a user block. It is left at its start."""
    size, place, found = stream.seek(0, os.SEEK_END), 0, False
    while not found and place < size:
        stream.seek(place)
        found, place = stream.read(len(MAGIC)) == MAGIC, max(USER_BLOCK, 2 * place)
    stream.seek(0)
    return found


def open_hdf5(stream: BinaryIO, rehearsal: Callable[[h5py.File], object] = lambda file: None) -> h5py.File:
    """Return the HDF5 file in a seekable stream.

    Raises what h5py raises, and OSError where HDF5 itself hangs or crashes.

    REHEARSAL is what will be done with the file beside reading arrays: their numbers are only inflated.
    """
    if not survives(stream, rehearsal):
        raise OSError("HDF5 does not survive this file")
    return h5py.File(stream, "r")


def survives(stream: BinaryIO, rehearsal: Callable[[h5py.File], object]) -> bool:
    """Return whether HDF5, whose own code hangs or crashes on some damaged files, can find its way in this one.

    A child process tries it, since neither a signal nor an exception ends such a loop. It has little memory, and time:
    raises UnreadableError where that is not enough.
    """
    seconds = min(MOST_SECONDS, SECONDS + stream.seek(0, os.SEEK_END) // BYTES_PER_SECOND)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does without
        try:
            child = os.fork()
        except OSError:  # no fault of the file
            raise MemoryError from None
    if child == 0:
        end = CALM  # an error is no death: who reads the file will meet it again
        try:
            for number in (signal.SIGALRM, signal.SIGXCPU, *SIGNALS):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            signal.alarm(PATIENCE * seconds)  # to wait for a lock or a file system takes no time of a CPU
            if takes_too_much(stream, rehearsal):
                end = TOO_MUCH
        finally:
            os._exit(end)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:  # a signal: the child may be waiting for a file system, where only this ends it
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        raise
    stream.seek(0, os.SEEK_END)  # the child has moved the place that both share
    stream.seek(0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == TOO_MUCH:
        fault = f"its texts and structure take more than {MOST_MEMORY:,} bytes of memory"
        raise UnreadableError(fault, "shorten its names and attributes")
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        fault = f"took HDF5 more than {PATIENCE * seconds} s to open, most of which it waited"
        raise UnreadableError(fault, "copy it to a faster file system")
    return os.WIFEXITED(status)


def takes_too_much(stream: BinaryIO, rehearsal: Callable[[h5py.File], object]) -> bool:
    """Do what the child process is for. Return whether it took, or would have taken, more than MOST_MEMORY bytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(OSError, ValueError, IndexError):  # where a system does not tell, there is no limit
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + 2 * MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        with only_for_memory(), h5py.File(stream, "r") as file:
            with only_for_memory():
                rehearsal(file)
            with only_for_memory():
                survey(file)
    except MemoryError:
        return True
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return grown * (1 if sys.platform == "darwin" else 1024) > MOST_MEMORY


@contextlib.contextmanager
def only_for_memory() -> Iterator[None]:
    """Raise MemoryError for want of memory, and pass over all other errors: who reads the file meets them again."""
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or "allocation failed" in str(error):
            raise MemoryError from None


def survey(file: h5py.File) -> None:
    """Look at all that leads to the arrays of a file, not at their numbers."""

    def look(thing: h5py.Group | h5py.Dataset) -> None:
        if isinstance(thing, h5py.Dataset):
            with only_for_memory():
                if math.prod(-(-n // c) for n, c in zip(thing.shape, thing.chunks, strict=True)) < MOST_CHUNKS:
                    thing.id.get_num_chunks()
            with only_for_memory():
                thing.virtual_sources()
            with only_for_memory():
                if h5py.check_string_dtype(thing.dtype) and thing.ndim in (1, 2):
                    for _ in texts_in(thing, "replace"):
                        pass

    for name in NAMES:
        with only_for_memory():
            look(file[name])
    file.visititems(lambda _, thing: look(thing))
    file.visit_links(lambda name: None)
