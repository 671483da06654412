"""Make a file of what a command prints: `python recipes/result.py FILE COMMAND...`.

FILE is whole or not there: after a failure nothing is left in its place, an older result neither. To print nothing is a
failure too: it is what srun does, with status 0, when the node of its job has died.
"""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from launching import launch


def make_result(file: Path, command: Sequence[str]) -> int:
    """Run COMMAND, make FILE of what it prints, and return 0, or another exit status if there is no FILE."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")  # as no other process has, on any machine
    try:
        with part.open("wb") as output:
            status = launch(command, output)
        if status == 0 and part.stat().st_size > 0:
            part.replace(file)
            return 0
    finally:
        part.unlink(missing_ok=True)
    file.unlink(missing_ok=True)
    return status or 1


if __name__ == "__main__":
    sys.exit(make_result(Path(sys.argv[1]), sys.argv[2:]))
