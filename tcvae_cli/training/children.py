"""Work in processes of its own: forked from one that has loaded everything, and heard through a pipe of JSON lines."""

import contextlib
import gc
import json
import os
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from tcvae_cli.errors import TcvaeError, Terminated
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.interrupts import begin_again, blocked, exit_code, held, told
from tcvae_cli.interrupts import tell as tell_of
from tcvae_cli.system import fork
from tcvae_cli.training.session import Hold, Stopping

Told = dict[str, Any]
Tell = Callable[[Told], None]
Work = Callable[[Tell, Hold], None]


@dataclass(eq=False)
class Child:
    """A forked process, by what its parent knows of it; `status` once it has ended, negative if by a signal."""

    pid: int
    pipe: int
    unread: bytes = b""
    status: int | None = field(default=None)

    def hear(self) -> list[Told]:
        """Return what it has told since it was last asked; at the end of its pipe wait for its own."""
        piece = os.read(self.pipe, 1 << 16)
        if not piece:
            os.close(self.pipe)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        *lines, self.unread = (self.unread + piece).split(b"\n")
        return [json.loads(line) for line in lines]


def begin(work: Work, others: Iterable[Child]) -> Child:
    """Start WORK in a process of its own, with one thread of torch, which knows nothing of the OTHERS.

    TcvaeError if the system starts no more processes.
    """
    heard, mine = os.pipe()
    with blocked():
        with warnings.catch_warnings():
            # Of threads that a library has started and that sleep: no lock of theirs is needed by the child.
            warnings.simplefilter("ignore", DeprecationWarning)
            parent, pid = os.getpid(), copied()
        if pid == 0:
            be_child(work, mine, [heard, *(other.pipe for other in others)], parent)
    os.close(mine)
    return Child(pid, heard)


def copied() -> int:
    """Copy this process, as fork does. TcvaeError if the system does not let it."""
    try:
        return fork()
    except OSError as error:
        fault = f"the system starts no more processes: {error.strerror}"
        raise TcvaeError("sweep", fault, "let fewer runs be at work at once (TCVAE_THREADS)") from None


def be_child(work: Work, pipe: int, foreign: Iterable[int], parent: int) -> None:
    """Do WORK and end: with 0, or 1 after a fault that is a bug, whose traceback is printed. Signals are blocked."""
    status = 1
    try:
        begin_again()
        for handle in foreign:
            os.close(handle)

        def tell(what: Told) -> None:
            with contextlib.suppress(BrokenPipeError):  # the parent has gone, which `hold` tells
                content = canonical_json(what).encode() + b"\n"
                while content:
                    content = content[os.write(pipe, content) :]

        @contextlib.contextmanager
        def hold() -> Iterator[Stopping]:
            with held():
                yield lambda: exit_code() is not None or os.getppid() != parent

        gc.freeze()  # looking through what was inherited would copy it
        os.environ["TCVAE_THREADS"] = "1"  # for all who start torch again
        torch.set_num_threads(1)
        work(tell, hold)
        status = 0
    except Terminated:
        status = 0  # as told: between two pieces of its work
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def hear(children: Iterable[Child], seconds: float) -> Iterator[tuple[Child, list[Told]]]:
    """Yield what each of some children has told, waiting SECONDS for any of them."""
    by_pipe = {child.pipe: child for child in children if child.status is None}
    ready, _, _ = select.select(list(by_pipe), [], [], seconds)
    for pipe in ready:
        yield by_pipe[pipe], by_pipe[pipe].hear()


def stop(children: Iterable[Child]) -> None:
    """Ask children to end as soon as what they do can be gone on with."""
    for child in children:
        if child.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)


def say_instead(stopped: BaseException, sentence: str) -> None:
    """Let the exception of a signal say this of the work that it has stopped, instead of what was said of its parts."""
    told()
    stopped.__notes__ = []
    tell_of(stopped, sentence)


class Pace:
    """Tells when so many seconds have passed since the last time it said so."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.last = seconds, -1e9

    def is_due(self) -> bool:
        """Tell whether it is time again."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True
