"""`tcvae` and Python as processes that start at once: children of a server that has imported torch already.

server().programs is a folder to stand first in PATH: the `tcvae` and the `python` in it are small programs that have
the server start a child with their own arguments, folder, environment and streams, and end as the child does.

    subprocess.run([server().programs / "tcvae", "mig", "codes.safetensors"])

What a fresh process imports, and when, cannot be tested this way; nor, unless TO_THE_END is in the environment, what
Python takes apart at its end, which with torch takes longer than most commands.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
IN_ADVANCE = (
    *("h5py", "scipy.optimize", "scipy.stats"),
    *("torch", "torch._dynamo", "torch.distributed.launcher.api", "torch.optim", "torch.profiler"),
)
# The last three: Triton is not everywhere; a library for ctypes; and matplotlib reads the environment when imported.
NOT_IN_ADVANCE = (*("tcvae_cli.__main__", "tcvae_cli.kernels.", "tcvae_cli.native.", "tcvae_cli.figures."),)

PROGRAM = f"""\
#!{sys.executable} -IS
import json, os, signal, socket, sys
signals = signal.SIGINT, signal.SIGTERM
signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # until it is known which child gets them
connection = socket.socket(socket.AF_UNIX)
connection.connect({{address!r}})
name = os.path.basename(sys.argv[0])
request = {{{{"folder": os.getcwd(), "program": name, "arguments": sys.argv[1:], "environment": dict(os.environ)}}}}
content = json.dumps(request).encode() + b"\\n"
socket.send_fds(connection, [content[:1]], [0, 1, 2])
connection.sendall(content[1:])
answers = connection.makefile()
child = int(answers.readline())
for number in signals:
    signal.signal(number, lambda number, frame: os.kill(child, number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
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
        """Wait for the end of the program, and return its exit status, negative if a signal ended it."""
        status = int(self.answers.readline())
        self.answers.close()
        self.connection.close()
        return status


class Server:
    """The process that starts the others, as seen from the tests. It ends when closed, or with them."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tcvae-tests-")
        self.address = str(Path(self.folder.name, "socket"))
        self.programs = Path(self.folder.name, "bin")
        self.programs.mkdir()
        for name in ("tcvae", "python"):
            program = self.programs / name
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

    def start(self, command: str, folder: Path, errors: IO[bytes]) -> Process:
        """Start `tcvae COMMAND` in FOLDER, with nothing to read, and taken apart at its end."""
        request = {"folder": str(folder), "program": "tcvae", "arguments": command.split()}
        environment = {**os.environ, "TO_THE_END": "yes"}
        content = json.dumps({**request, "environment": environment}).encode() + b"\n"
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        with open(os.devnull, "r+b") as nothing:
            socket.send_fds(connection, [content[:1]], [nothing.fileno(), nothing.fileno(), errors.fileno()])
        connection.sendall(content[1:])
        return Process(connection)

    def close(self) -> None:
        """End the server."""
        self.process.communicate()
        self.folder.cleanup()


@functools.cache
def server() -> Server:
    """Return the server of these tests, started when it is first asked for."""
    found = Server()
    atexit.register(found.close)
    return found


def import_all() -> None:
    """Import what any command may need, so that no child has to."""
    import tcvae_cli

    for name in IN_ADVANCE:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(tcvae_cli.__path__, "tcvae_cli."):
        if not module.name.startswith(NOT_IN_ADVANCE):
            importlib.import_module(module.name)


def be_tcvae(arguments: list[str]) -> None:
    """Run a command line of `tcvae`."""
    from tcvae_cli.__main__ import main

    sys.argv = ["tcvae", *arguments]
    main()


def be_python(arguments: list[str]) -> None:
    """Run a script, a module (-m) or a program (-c) as `python` would."""
    flag, *rest = arguments = [word for word in arguments[:1] if word != "-u"] + arguments[1:]
    if flag == "-m":
        sys.argv, sys.path[:0] = rest, [""]
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif flag == "-c":
        sys.argv, sys.path[:0] = ["-c", *rest[1:]], [""]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv, sys.path[:0] = arguments, [str(Path(flag).resolve().parent)]
        runpy.run_path(flag, run_name="__main__")


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Become the program that was asked for."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as it is before Python has started
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
    os.closerange(3, max(streams) + 1)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 (for as long as it lives)
    sys.stderr = open(2, "w", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    try:
        (be_tcvae if request["program"] == "tcvae" else be_python)(request["arguments"])
        status: object = 0
    except SystemExit as done:
        status = done.code
        if isinstance(status, str):
            print(status, file=sys.stderr)  # noqa: T201
    if "TO_THE_END" in request["environment"]:
        sys.exit(status)  # type: ignore[arg-type]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def take_along(connection: socket.socket, child: int) -> None:
    """End the child when who asked for it has gone."""
    connection.recv(1)
    with contextlib.suppress(ProcessLookupError):  # as it has ended by itself
        os.kill(child, signal.SIGKILL)


def attend(connection: socket.socket) -> None:
    """Start what is asked for; tell its process id, and when it has ended, its status. Who asked takes it along."""
    content, streams, _, _ = socket.recv_fds(connection, 1, 3)
    while not content.endswith(b"\n"):
        if not (piece := connection.recv(1 << 16)):
            os._exit(0)  # who asks was ended meanwhile
        content += piece
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # which waits, though it is ignored here, for the child
    if (child := os.fork()) == 0:
        connection.close()
        become(json.loads(content), streams)
    for handle in streams:
        os.close(handle)
    connection.sendall(b"%d\n" % child)
    threading.Thread(target=take_along, args=(connection, child), daemon=True).start()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(b"%d\n" % status)
    os._exit(0)


def serve(address: str) -> None:
    """Attend to each who connects, until standard input ends."""
    import torch

    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # or each child would copy all of it as it ends, and take longer for that than for its work
    os.fsync = lambda handle: None  # processes die here, not machines, and disks are slow
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who attends is not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of whoever stops the tests: the end of their pipe is enough
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
    sys.path.pop(0)  # this folder, which no program has there
    import_all()
    serve(sys.argv[1])
