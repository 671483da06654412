"""Try in a process of its own whether HDF5, whose own code hangs or crashes on some damaged files, survives a file.

That process is a copy of this one where that is safe, else a new one: there the file is its standard input, and what
is to be rehearsed is told by name.
"""

import contextlib
import importlib
import io
import math
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import h5py

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.budget import HELD
from tcvae_cli.files.hdf5_arrays import texts_in
from tcvae_cli.files.streams import UnreadableError
from tcvae_cli.interrupts import SIGNALS, at_once
from tcvae_cli.system import KILL, fork, forks_safely, library

resource = library("resource")
Rehearsal = Callable[[h5py.File], object]
SECONDS, MOST_SECONDS = 4, 30  # of a CPU: an honest file takes some thousandths of one, or its texts so much:
BYTES_PER_SECOND = 10_000_000
PATIENCE = 30  # seconds for each of those, in which it may wait for a slow file system, or its turn on a busy machine
NAMES = ("imgs", "images", "labels", "latents/classes", "latents/values", "probability")
MOST_CHUNKS = 100_000  # beyond, counting them takes longer than a child has
MOST_MEMORY = 2 * HELD  # bytes, for all but the numbers in a file: HDF5 reads the texts of an attribute at once
CALM, TOO_MUCH = 0, 3  # how a child may end
LATE = -int(getattr(signal, "SIGALRM", 14))
TIMES_UP = [getattr(signal, name) for name in ("SIGALRM", "SIGXCPU") if hasattr(signal, name)]
PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from tcvae_cli.files.hdf5_trial import main; main(*sys.argv[1:4])"


def nothing(file: h5py.File) -> None:
    """Rehearse nothing."""


def survives(stream: BinaryIO, rehearsal: Rehearsal) -> bool:
    """Return whether HDF5 can find its way in the file in a stream, which is left at its start.

    A child process tries it, since neither a signal nor an exception ends an endless loop of HDF5's own code. It has
    little memory, and time: raises UnreadableError where that is not enough.
    """
    seconds = min(MOST_SECONDS, SECONDS + stream.seek(0, os.SEEK_END) // BYTES_PER_SECOND)
    end = (in_copy if forks_safely() else in_new_process)(stream, rehearsal, seconds)
    stream.seek(0, os.SEEK_END)  # the child has moved the place that both share
    stream.seek(0)
    if end == TOO_MUCH:
        fault = f"its texts and structure take more than {MOST_MEMORY:,} bytes of memory"
        raise UnreadableError(fault, "shorten its names and attributes")
    if end == LATE:
        waited = ", most of which it waited" if resource is not None else ""
        fault = f"took HDF5 more than {PATIENCE * seconds} s to open{waited}"
        cure = "copy it to a faster file system, " + ("or let this machine do less" if waited else "or make it again")
        raise UnreadableError(fault, cure)
    return end == CALM


def in_copy(stream: BinaryIO, rehearsal: Rehearsal, seconds: int) -> int:
    """Try a file in a copy of this process, and return how that ended; the number of a signal is negative."""
    child = 0
    try:
        with at_once(), warnings.catch_warnings():  # or a signal might come before it is known which child it ends
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does without
            try:
                child = fork()
            except OSError:  # no fault of the file
                raise MemoryError from None
            if child == 0:
                be_copy(stream, rehearsal, seconds)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:  # a signal: the child may be waiting for a file system, where only this ends it
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, KILL)
        raise


def be_copy(stream: BinaryIO, rehearsal: Rehearsal, seconds: int) -> None:
    """Be the copy: end as the trial ends."""
    end = CALM  # an error is no death: who reads the file will meet it again
    try:
        for number in (*TIMES_UP, *SIGNALS):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        if hasattr(signal, "alarm"):
            signal.alarm(PATIENCE * seconds)  # to wait for a lock or a file system takes no time of a CPU
        end = trial(stream, rehearsal, seconds)
    finally:
        os._exit(end)


def in_new_process(stream: BinaryIO, rehearsal: Rehearsal, seconds: int) -> int:
    """Try a file in a new process, and return how that ended. TcvaeError if it did not come to try it."""
    import subprocess  # which only some systems need

    with contextlib.ExitStack() as stack:
        try:
            stream.seek(0)
            place = stream.fileno()
        except io.UnsupportedOperation:  # a file in memory
            spool = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(stream, spool, 1 << 20)
            spool.seek(0)
            place = spool.fileno()
        told = [rehearsal.__module__, rehearsal.__qualname__, str(seconds), *sys.path]
        try:
            child = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, *told],
                    stdin=place,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
        except OSError:  # no fault of the file
            raise MemoryError from None
        stack.callback(child.kill)
        if child.stdout is not None and child.stdout.read(1):  # loaded all that it needs
            try:
                return child.wait(PATIENCE * seconds)
            except subprocess.TimeoutExpired:
                return LATE
    cure = "see whether `python -c 'import h5py'` ends without an error"
    raise TcvaeError(sys.executable, "does not start, to try whether an HDF5 file can be read", cure)


def main(module: str, name: str, seconds: str) -> None:
    """Be the new process: say that it has come to try the file, and end as that ends."""
    rehearsal = getattr(importlib.import_module(module), name)
    os.write(1, b"begun")
    end = CALM
    try:
        with open(0, "rb", closefd=False) as stream:
            end = trial(stream, rehearsal, int(seconds))
    finally:
        os._exit(end)


def trial(stream: BinaryIO, rehearsal: Rehearsal, seconds: int) -> int:
    """Do what the child process is for, with so many SECONDS of a CPU from now on. Return CALM or TOO_MUCH."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        most = seconds + math.ceil(time.process_time())  # what was loaded has taken some time already
        with contextlib.suppress(ValueError):  # less is allowed already (ulimit -t)
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    return TOO_MUCH if takes_too_much(stream, rehearsal) else CALM


def takes_too_much(stream: BinaryIO, rehearsal: Rehearsal) -> bool:
    """Try the file. Return whether it took, or would have taken, more than MOST_MEMORY bytes, if the system tells."""
    before = most_held()
    with contextlib.suppress(AttributeError, OSError, ValueError, IndexError):  # where it does not there is no limit
        size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + 2 * MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        with only_for_memory(), h5py.File(stream, "r") as file:
            with only_for_memory():
                rehearsal(file)
            with only_for_memory():
                survey(file)
    except MemoryError:
        return True
    return most_held() - before > MOST_MEMORY


def most_held() -> int:
    """Return how many bytes of memory this process has had at most; 0 where the system does not tell."""
    if resource is None:
        return 0
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


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
