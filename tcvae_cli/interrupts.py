"""Signals that end a process: they unwind, once, so that part files go; or they wait until a step of training is done.

Windows has Ctrl-C, and SIGBREAK when its window is closed. It has no way to let them wait while a process is started.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, ClassVar

from tcvae_cli.errors import Terminated

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Ctrl-C, kill, and the end of the terminal
SIGNALS: tuple[signal.Signals, ...] = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
MASKS: Any = signal if hasattr(signal, "pthread_sigmask") else None  # by which signals wait; Windows has none
ENDS_AT_ONCE = hasattr(signal, "CTRL_C_EVENT")  # of Windows, whose os.kill sends no signal


class _Arrivals:
    """The first signal that came, whether it was swallowed and is to come again; whether it is to wait, and does.

    And whether something is left behind that the process must not wait for at its end, and what was said of the work.
    """

    first: int | None = None
    swallowed: bool = False
    held: bool = False
    waits: bool = False
    left_behind: bool = False
    told: ClassVar[list[str]] = []


def install() -> None:
    """Handle the signals from here on; one that the parent has us ignore (nohup) stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, arrive)
    sys.unraisablehook = raise_again


def arrive(number: int, frame: FrameType | None) -> None:
    """Unwind, or let the signal wait. A second Ctrl-C ends the process at once; a second SIGTERM changes nothing."""
    if _Arrivals.swallowed and is_within(frame, raise_again):
        come_again(number)
    elif _Arrivals.first is None or _Arrivals.swallowed:
        _Arrivals.first, _Arrivals.swallowed = number, False
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not _Arrivals.held:
            raise exception_of(number)
        _Arrivals.waits = True


def end_with(line: str) -> None:
    """Let a second Ctrl-C say a line while it ends the process, and show the cursor that a display has hidden."""

    def end(number: int, frame: FrameType | None) -> None:
        shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""
        with contextlib.suppress(OSError):
            os.write(2, f"{shown}{line}\n".encode())
        if ENDS_AT_ONCE:
            os._exit(128 + number)
        signal.signal(number, signal.SIG_DFL)
        send(number)

    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, end)


def exception_of(number: int) -> BaseException:
    """Return the exception that a signal is raised as."""
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated()


def raise_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise a signal again that was raised in a destructor or a callback, where Python swallows it."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt | Terminated) and (number := _Arrivals.first) is not None:
        _Arrivals.swallowed = True
        signal.signal(signal.SIGINT, arrive)
        come_again(number)  # raised in here, it would be swallowed too
    else:
        sys.__unraisablehook__(unraisable)


def come_again(number: int) -> None:
    """Send a signal to this process in a moment."""
    threading.Timer(0.01, send, [number]).start()


def send(number: int) -> None:
    """Send a signal to this process, which os.kill of Windows would end at once."""
    if ENDS_AT_ONCE:
        signal.raise_signal(number)
    else:
        os.kill(os.getpid(), number)


def is_within(frame: FrameType | None, function: Callable[..., object]) -> bool:
    """Return whether a frame is that of a function, or of one that it has called."""
    while frame is not None and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


def exit_code() -> int | None:
    """Return 128 and its number if a signal has come: whatever fails after it fails because of it. Else return None."""
    return None if _Arrivals.first is None else 128 + _Arrivals.first


def heed() -> None:
    """Raise a signal once more that foreign code has swallowed: work that goes on after one has not heard of it."""
    if _Arrivals.first is not None and not _Arrivals.held:
        raise exception_of(_Arrivals.first)


def tell(stopped: BaseException, sentence: str) -> None:
    """Let the exception of a signal, or of what failed because of one, say what is kept or lost. Python shows it."""
    if isinstance(stopped, KeyboardInterrupt | Terminated) or exit_code() is not None:
        stopped.add_note(sentence)
        _Arrivals.told.append(sentence)


def told() -> list[str]:
    """Return what was said of the work that a signal has stopped, once."""
    sentences, _Arrivals.told = _Arrivals.told, []
    return sentences


def leave_behind() -> None:
    """Say that foreign code is still at work in another thread, which would keep this process from its end."""
    _Arrivals.left_behind = True


def something_left() -> bool:
    """Return whether that was said: the process is to end without being tidied up."""
    return _Arrivals.left_behind


def finish() -> None:
    """Ignore signals from now on: the process ends anyway."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL if _Arrivals.first is None else signal.SIG_IGN)


@contextlib.contextmanager
def held(hold: bool = True) -> Iterator[Callable[[], bool]]:
    """Let signals wait inside. Yield a function that tells whether one does: the body is to raise Terminated then."""
    _Arrivals.held = hold
    try:
        yield lambda: _Arrivals.first is not None
    finally:
        _Arrivals.held = False


@contextlib.contextmanager
def blocked(signals: Sequence[signal.Signals] = SIGNALS) -> Iterator[None]:
    """Let signals wait while a process is started inside, so that none reaches it before it can handle it."""
    if MASKS is None:
        yield
        return
    mask = MASKS.pthread_sigmask(MASKS.SIG_BLOCK, signals)
    try:
        yield
    finally:
        MASKS.pthread_sigmask(MASKS.SIG_SETMASK, mask)


def begin_again() -> None:
    """Forget, in a process just forked, what its parent has heard. It heeds SIGTERM, by which the parent stops it.

    A terminal sends Ctrl-C and its end to all of its processes; the parent passes them on. It has blocked all of them.
    """
    _Arrivals.first, _Arrivals.swallowed, _Arrivals.held, _Arrivals.waits = None, False, False, False
    _Arrivals.left_behind, _Arrivals.told = False, []
    signal.signal(signal.SIGTERM, arrive)
    for number in SIGNALS:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)
    if MASKS is not None:
        MASKS.pthread_sigmask(MASKS.SIG_UNBLOCK, SIGNALS)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Do what is inside wholly: a signal unwinds after it. A process that is started inside never sees Ctrl-C.

    A terminal sends that to all processes; one that has only begun would print a traceback of its imports.
    """
    held_before, _Arrivals.held = _Arrivals.held, True
    try:
        with blocked([signal.SIGINT]):
            yield
    finally:
        _Arrivals.held = held_before
    if _Arrivals.waits and not held_before and _Arrivals.first is not None:
        _Arrivals.waits = False
        raise exception_of(_Arrivals.first)
