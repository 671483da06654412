"""`tcvae` as processes of its own that start at once: children of a server that has imported torch already.

    with Server() as server:
        process = server.start(["mig", "codes.safetensors"], folder, stdout=handle)
        os.kill(process.pid, signal.SIGTERM)
        process.wait()

SERVER.programs is a folder to stand first in PATH: the `tcvae` in it is a small program that has the server start the
command with its own arguments, folder, environment and streams, and ends as the command does. What a fresh process
imports, and when, cannot be tested this way; nor, unless `to_the_end` is asked for, what Python takes apart at its end,
which with torch takes longer than most commands.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOT_IN_ADVANCE = (  # the last two: a library for ctypes; and matplotlib reads the environment when it is imported
    *("tcvae_cli.__main__", "tcvae_cli.native.", "tcvae_cli.figures."),
)

PROGRAM = f"""\
#!{sys.executable} -IS
import json, os, signal, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({{address!r}})
request = {{{{"folder": os.getcwd(), "command": sys.argv[1:], "environment": dict(os.environ)}}}}
request["to_the_end"] = False
content = json.dumps(request).encode() + b"\\n"
socket.send_fds(connection, [content[:1]], [0, 1, 2])
connection.sendall(content[1:])
answers = connection.makefile()
child = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: os.kill(child, number))
status = int(answers.readline())
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""


class Process:
    """A command that runs."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.answers = connection.makefile()
        self.pid = int(self.answers.readline())

    def wait(self) -> int:
        """Return its exit status, negative if a signal ended it."""
        status = int(self.answers.readline())
        self.answers.close()
        self.connection.close()
        return status


class Server:
    """The process that starts the others, as seen from the tests. It ends with its context, or with them."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tcvae-tests-")
        self.address = str(Path(self.folder.name, "socket"))
        self.programs = Path(self.folder.name, "programs")
        self.programs.mkdir()
        program = self.programs / "tcvae"
        program.write_text(PROGRAM.format(address=self.address))
        program.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, __file__, self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def start(self, command: list[str], folder: Path, *, to_the_end: bool = False, **to: Any) -> Process:
        """Start `tcvae COMMAND` in FOLDER; STDIN, STDOUT and STDERR are open files, by default /dev/null."""
        request = {"folder": str(folder), "command": command, "environment": dict(os.environ), "to_the_end": to_the_end}
        content = json.dumps(request).encode() + b"\n"
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        with open(os.devnull, "r+b") as nothing:
            streams = [to.get(name, nothing).fileno() for name in ("stdin", "stdout", "stderr")]
            socket.send_fds(connection, [content[:1]], streams)
        connection.sendall(content[1:])
        return Process(connection)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.communicate()
        self.folder.cleanup()


def import_all() -> None:
    """Import what any command may need, so that no child has to."""
    import tcvae_cli

    for name in ("h5py", "torch", "torch._dynamo", "torch.optim", "torch.profiler"):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(tcvae_cli.__path__, "tcvae_cli."):
        if not module.name.startswith(NOT_IN_ADVANCE):
            importlib.import_module(module.name)


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Be `tcvae`."""
    from tcvae_cli.__main__ import main

    for number in (signal.SIGINT, signal.SIGCHLD):  # as they are before Python has started
        signal.signal(number, signal.SIG_DFL)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
    os.closerange(3, max(streams) + 1)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 (for as long as it lives)
    sys.stderr = open(2, "w", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["tcvae", *request["command"]]
    try:
        main()
    except SystemExit as done:
        if request["to_the_end"]:
            raise
        atexit._run_exitfuncs()
        sys.stderr.flush()
        os._exit(int(done.code or 0))


def attend(connection: socket.socket) -> None:
    """Start what is asked for; tell its process id, and when it has ended, its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    content, streams, _, _ = socket.recv_fds(connection, 1, 3)
    while not content.endswith(b"\n"):
        content += connection.recv(1 << 16)
    if (child := os.fork()) == 0:
        connection.close()
        become(json.loads(content), streams)
    for handle in streams:
        os.close(handle)
    connection.sendall(b"%d\n" % child)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os._exit(0)


def serve(address: str) -> None:
    """Attend to each who connects, until standard input ends."""
    import torch

    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # or each child would copy all of it as it ends, and take longer for that than for its work
    os.fsync = lambda handle: None  # processes die here, not machines, and disks are slow
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who attends is not waited for
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    print("ready", flush=True)  # noqa: T201
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            attend(connection)
        connection.close()


if __name__ == "__main__":
    import_all()
    serve(sys.argv[1])
