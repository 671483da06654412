"""The command line in this process."""

import functools
import io
import sys

import typer.main

from tcvae_cli.__main__ import run as run_command_line

typer.main.get_command = functools.cache(typer.main.get_command)  # a process of `tcvae` needs it once, this one often


class Standard(io.TextIOWrapper):
    """A standard stream of bytes in memory, not a terminal."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", write_through=True)

    def content(self) -> bytes:
        """Return all that was written."""
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


def call(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Run `tcvae ARGUMENTS` in this process, and return exit code, stdout and stderr."""
    saved = sys.argv, sys.stdin, sys.stdout, sys.stderr
    out, err = Standard(), Standard()
    sys.argv, sys.stdin, sys.stdout, sys.stderr = ["tcvae", *arguments], Standard(stdin), out, err
    try:
        status = run_command_line()
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = saved
    return status, out.content(), err.content().decode()
