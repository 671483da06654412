"""Which modules commands load, and by whose import: a program, so that it begins with none.

    python imports.py <TABLE.json >FOUND.json

TABLE has lists of commands: what is loaded "first" of all, "light" ones, which ask for help or are verbs, and those
"with torch", of which only modules beyond torch's own are told.
Each command is run in a process of its own, forked from one that has loaded what all verbs load. FOUND has for each
command its exit status, what it said, and for each of its modules the line of ours from which the import came.
"""

import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

START = set(sys.modules)
IMPORTERS: dict[str, tuple[str, int]] = {}  # by module: who imported it, in which line


class Watch:
    """A finder of modules that finds none, and notes who looks for which."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        IMPORTERS[name] = str(frame.f_globals.get("__name__")), frame.f_lineno


def origin(name: str) -> str:
    """Return the line of ours that led to the import of a module, through whatever others it came."""
    seen: set[str] = set()
    importer, line = IMPORTERS.get(name, ("Python itself", 0))
    while not importer.startswith("tcvae_cli") and importer in IMPORTERS and importer not in seen:
        seen.add(importer)
        importer, line = IMPORTERS[importer]
    return f"{importer}, line {line}"


def tried(command: str, free: Iterable[str]) -> tuple[int, str, dict[str, str]]:
    """Run a command; return its exit status, what it said, and the modules beyond FREE that it loads, by origin."""
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        if (child := os.fork()) == 0:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            os.dup2(said.fileno(), 2)
            status = run(command)
            told.write(json.dumps({name: origin(name) for name in set(sys.modules).difference(free)}).encode())
            told.flush()
            sys.stderr.flush()
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        said.seek(0)
        return status, said.read().decode(), json.loads(told.read() or b"{}")


def run(command: str) -> int:
    """Run a command here and return its exit status."""
    if command.startswith("import "):
        exec(command, {})
        return 0
    from tcvae_cli.__main__ import run

    sys.argv = ["tcvae", *command.split()]
    return run()


def in_silence(command: str) -> None:
    """Run a command in this process, and print nothing."""
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        run(command)


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, which no program has there
    table = json.load(sys.stdin)
    sys.meta_path.insert(0, Watch)  # type: ignore[arg-type]
    found = {command: tried(command, START) for command in table["first"]}
    in_silence("help")
    gc.freeze()  # or each child would copy all of it
    found |= {command: tried(command, START) for command in table["light"]}
    before = set(sys.modules)
    importlib.import_module("torch")
    gc.freeze()
    found |= {command: tried(command, START | (set(sys.modules) - before)) for command in table["with torch"]}
    json.dump(found, sys.stdout)
