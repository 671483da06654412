"""Run commands one after the other, even where some fail: `python recipes/in_turn.py NAME COMMAND NAME COMMAND ...`.

At the end, tell how long each took under its NAME, unless that is empty, and fail if one of them has failed. SIGTERM
ends the command that is running, and then all of it; a loop in a shell would not pass it on.
"""

import shlex
import sys
import time
from collections.abc import Sequence

from launching import launch


def run_in_turn(names: Sequence[str], commands: Sequence[str]) -> int:
    """Run all COMMANDS, print the time of each that has a name, and return an exit status: 0 if none has failed."""
    begun, failed, lines = time.monotonic(), False, []
    for name, command in zip(names, commands, strict=True):
        started = time.monotonic()
        status = launch(shlex.split(command))
        if status > 128:  # ended by a signal: nothing more is wanted
            return status
        failed = failed or status != 0
        if name:
            lines.append(f"{time.monotonic() - started:6.0f} s  {name}{' failed' if status else ''}")
    if lines:
        print("\n".join([*lines, f"{time.monotonic() - begun:6.0f} s  in all"]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(run_in_turn(sys.argv[1::2], sys.argv[2::2]))
