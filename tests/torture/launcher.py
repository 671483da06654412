"""Starts `tcvae` command lines as children of a process that has imported torch already: python launcher.py.

Reads a line of JSON, {"folder", "command", "errors"}; prints the child's process id, and when it has ended, its status.
"""

import gc
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import h5py  # noqa: F401
import torch
import torch._dynamo
import torch.optim
import torch.profiler

import tcvae_cli.datasets.own.arrays
import tcvae_cli.figures.pages.walks
import tcvae_cli.training.checkpoint
import tcvae_cli.training.encoding
import tcvae_cli.training.evaluation
import tcvae_cli.training.loop
import tcvae_cli.verbs.decoding  # noqa: F401
from helpers.command import call
from tcvae_cli.__main__ import main


def become(request: dict[str, str]) -> None:
    """Be `tcvae`, with its errors in a file."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as it is before Python has started
    os.chdir(request["folder"])
    handle = os.open(request["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 2)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    sys.argv = ["tcvae", *request["command"]]
    main()


def serve() -> None:
    """See above."""
    torch.set_num_threads(1)
    call("show", os.devnull)  # what every command line loads first
    gc.freeze()  # or each child would copy all of it as it ends, and take longer for that than for its work
    os.fsync = lambda handle: None  # processes die here, not machines, and disks are slow
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            become(json.loads(line))
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
