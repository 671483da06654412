"""Where the processes of one training meet. They wait where signals arrive, and not for ever."""

import datetime
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.interrupts import leave_behind

VARIABLES = ("WORLD_SIZE", "RANK", "MASTER_ADDR", "MASTER_PORT")
SILENT = 5  # seconds before it is said that the others are waited for
PAUSE = 0.2  # seconds between two looks, at most
TRAININGS = itertools.count()  # of this process: each meets in names of its own


@dataclass(frozen=True)
class Meeting:
    """What a launcher has told this process in the environment: where it is to meet whom."""

    size: int
    rank: int
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def meeting_told() -> Meeting | None:
    """Return where to meet, None for a process that is alone. UsageError for variables that say nothing.

    Clusters and containers set WORLD_SIZE for others: only all four variables together tell of a training.
    """
    size, rank, address, port = (os.environ.get(name, "") for name in VARIABLES)
    if not (size.isdecimal() and rank and address and port) or int(size) < 2:
        return None
    alone = "unset WORLD_SIZE to train alone"
    if not rank.isdecimal() or int(rank) >= int(size):
        raise UsageError("RANK", f"is {rank!r}, and WORLD_SIZE {size}", f"give each process its number, or {alone}")
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UsageError("MASTER_PORT", f"is {port!r}", f"set it to a number from 1 to 65535, or {alone}")
    return Meeting(int(size), int(rank), address, int(port))


def meet(meeting: Meeting, seconds: float, say: Callable[[str], object]) -> Store:
    """Return the store by which all processes have met. TcvaeError if they have not met after SECONDS.

    A process that ends while it waits must not count as one that has come: so all look twice, whether each is here, and
    whether each has seen that.
    """
    name = f"tcvae/{next(TRAININGS)}/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    opening = in_background(lambda: opened(meeting, seconds))
    try:
        for _ in patiently(meeting, seconds, say):
            if not opening.done():
                continue
            try:
                store = opening.result()
                if store is not None and has_everyone(PrefixStore(name, store), meeting):
                    return PrefixStore(name, store)
            except RuntimeError:  # who kept the store has gone
                store = None
            if store is None:
                opening = in_background(lambda: opened(meeting, seconds))
    finally:
        if not opening.done():
            leave_behind()
    fault = f"{meeting.size} processes were to meet here, and did not within {seconds:g} s"
    raise TcvaeError(str(meeting), fault, "start all of them, or unset WORLD_SIZE to train alone")


def in_background(function: Callable[[], Store | None]) -> "Future[Store | None]":
    """Let FUNCTION run in a thread that nobody has to wait for: it may be long where no signal arrives."""
    future: Future[Store | None] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except (TcvaeError, RuntimeError) as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def patiently(meeting: Meeting, seconds: float, say: Callable[[str], object]) -> Iterator[None]:
    """Yield now and then for so many SECONDS, and say after a while what is waited for."""
    begun, pause, told = time.monotonic(), 0.01, False
    while (waited := time.monotonic() - begun) < seconds:
        if waited > SILENT and not told:
            say(f"waiting for {meeting.size} processes at {meeting} (WORLD_SIZE is set; unset it to train alone)")
            told = True
        yield
        time.sleep(pause)
        pause = min(1.5 * pause, PAUSE)


def opened(meeting: Meeting, seconds: float) -> Store | None:
    """Return the store that process 0 keeps, or torchrun for it; None where nobody keeps it yet."""
    keeps, address = meeting.rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True", "localhost"
    if not keeps:
        try:  # torch would print what it tried in vain
            with socket.create_connection((meeting.address, meeting.port), timeout=5) as probe:
                address = probe.getpeername()[0]
        except OSError:
            return None
    limit = datetime.timedelta(seconds=seconds)
    try:
        return TCPStore(address, meeting.port, meeting.size, keeps, limit, wait_for_workers=False)
    except RuntimeError:
        if not keeps:
            raise
        fault = "process 0 cannot listen there: another program does, or it may not"
        raise TcvaeError(
            str(meeting), fault, "choose another MASTER_PORT, or unset WORLD_SIZE to train alone"
        ) from None


def has_everyone(store: Store, meeting: Meeting) -> bool:
    """Tell the others how far this process has come, and return whether all have come as far as they can."""
    for stage in ("here", "ready"):
        store.set(f"{stage}/{meeting.rank}", "")
        if not store.check([f"{stage}/{rank}" for rank in range(meeting.size)]):
            return False
    return True
