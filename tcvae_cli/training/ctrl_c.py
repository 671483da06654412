"""Ctrl-C in Python waits until a step is complete, so that a last checkpoint can be kept."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from tcvae_cli.training.session import Stopping


def can_wait() -> bool:
    """Tell whether Ctrl-C would raise KeyboardInterrupt now: in the main thread, handled by nobody else."""
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler


@contextlib.contextmanager
def hold_ctrl_c() -> Iterator[Stopping]:
    """Let a first Ctrl-C wait inside, and yield a function that tells whether it came. A second one does not wait."""
    came = False

    def arrive(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            raise KeyboardInterrupt
        came = True

    before = signal.signal(signal.SIGINT, arrive)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)
