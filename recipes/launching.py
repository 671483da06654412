"""Start a command of a recipe and wait for it. Standard library only, as in all that make runs before a figure."""

import signal
import subprocess
from collections.abc import Sequence
from typing import IO

ENDING = (signal.SIGTERM, signal.SIGINT)


def launch(command: Sequence[str], output: IO[bytes] | None = None) -> int:
    """Run COMMAND and return its exit status; what it prints goes to OUTPUT, if given.

    make sends SIGTERM only to the process that it started, so it is passed on to the command. Ctrl-C reaches the
    command from the terminal; here it only means to wait until the command has ended.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # until there is a process to pass one on to
    # The file descriptors stay open: by two of them a make that is started shares the jobs of ours.
    process = subprocess.Popen(command, stdout=output, preexec_fn=listen_to_signals, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    signal.signal(signal.SIGINT, lambda *_: None)
    listen_to_signals()
    status = process.wait()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return status if status >= 0 else 128 - status  # as a shell gives the number of a signal


def listen_to_signals() -> None:
    """Let signals arrive again: a command would inherit that they are blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
