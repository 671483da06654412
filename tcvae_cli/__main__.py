"""The one place that turns errors into a line on stderr and an exit code."""

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TextIO

from tcvae_cli import interrupts
from tcvae_cli.errors import TcvaeError, Terminated, is_for_memory, printable
from tcvae_cli.machine import let_threads_sleep, process_of_one_command
from tcvae_cli.system import access_of

if TYPE_CHECKING:
    import typer


def main() -> None:
    """Run `tcvae` and exit: 0 done, 1 could not, 2 wrong command line, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP."""
    try:
        speak_utf8()
        fill_closed_streams()
        interrupts.install()
        let_threads_sleep()
        for stream in (sys.stdout, sys.stderr):  # a name of a file may hold bytes that are no text
            # Results are JSON, and the same bytes everywhere, whatever the environment says.
            encoding, newline = (None, None) if stream.isatty() else ("utf-8", "\n")
            stream.reconfigure(encoding=encoding, errors="backslashreplace", newline=newline)  # type: ignore[union-attr]
        status = run()
        interrupts.finish()
    except (KeyboardInterrupt, Terminated):  # before anything was done, or after all was
        status = interrupts.exit_code() or 130
    if interrupts.exit_code() is not None:
        let_go_of_streams()
    if interrupts.something_left():
        os._exit(status)
    sys.exit(status)


def let_go_of_streams() -> None:
    """Throw away what a stream no longer takes, as of a terminal that was closed: Python would end in 120 for it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            throw_away(stream)


def throw_away(stream: TextIO) -> None:
    """Let go nowhere what a stream still holds and gets: who would read it has left, or the system refuses it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def speak_utf8() -> None:
    """Start again with names and text in UTF-8 if the environment says otherwise: files hold both for other machines.

    From Python 3.15 on this is so anyway (PEP 686).
    """
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def is_writable(number: int) -> bool:
    """Tell whether a descriptor was opened for writing. bash gives a closed stderr to the script that it reads."""
    return access_of(number) != os.O_RDONLY


def fill_closed_streams() -> None:
    """Fill the place of each standard stream that the shell has closed, so that no file of ours gets its number.

    What is put there refuses the reading or writing that it stands for, as a closed stream does. Only messages for the
    person at the keyboard, who is not there, are swallowed.
    """
    for number, name, mode, refusing in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None or (name == "stderr" and not is_writable(number)):
            handle = os.open(os.devnull, refusing)
            os.dup2(handle, number)
            if handle != number:
                os.close(handle)
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: SIM115 (open for as long as the process)


def run() -> int:
    """Run the command line, print its errors, and return its exit code."""
    interrupts.told()  # what was said before this command is not about it
    try:
        from tcvae_cli.cli import app  # here, where a Ctrl-C among the imports is caught
        from tcvae_cli.files.ledger import one_command

        with process_of_one_command(), one_command():
            status = int(app(standalone_mode=False, prog_name="tcvae") or 0)
        sys.stdout.flush()  # here, where what the system says against it becomes a line
        return status
    except BaseException as error:
        return interrupts.exit_code() or fault(error)
    finally:
        say_what_remains()


def say_what_remains() -> None:
    """Print in a line what a signal has left of the work, if one has come amid it."""
    sentences = interrupts.told()
    if sentences and speaks_for_all():
        from tcvae_cli.cli.messages import say

        with contextlib.suppress(OSError):  # the terminal may be gone
            say(f"stopped: {'; '.join(sentences)}")


def fault(error: BaseException) -> int:
    """Print the line of an error and return its exit code. Raise again what is no error of ours: it is a bug."""
    if is_for_memory(error):
        cure = "use a smaller data set, batch or model, or allow more (ulimit -v)"
        print(f"tcvae: memory: there is not enough of it; {cure}", file=sys.stderr)
        return 1
    import typer

    from tcvae_cli.cli.messages import in_flags
    from tcvae_cli.files.streams import not_written

    try:
        raise error
    except TcvaeError as ours:
        if speaks_for_all():
            print(f"tcvae: {in_flags(ours)}", file=sys.stderr)
        elif ours.exit_code != 2:
            print(f"tcvae: {in_flags(ours)} (process {os.environ['RANK']})", file=sys.stderr)
        return ours.exit_code
    except typer.TyperException as usage:
        return usage_fault(usage)
    except typer.Exit as exit_request:
        return exit_request.exit_code
    except BrokenPipeError:
        throw_away(sys.stdout)
        return 1
    except OSError as system:
        print(f"tcvae: {not_written(os.fsdecode(system.filename or 'stdout'), system)}", file=sys.stderr)
        throw_away(sys.stdout)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Terminated:
        return 143


def speaks_for_all() -> bool:
    """Tell whether this is the only process or the first of torchrun's, which all have the same command line."""
    return "TORCHELASTIC_RUN_ID" not in os.environ or os.environ.get("RANK") == "0"


def usage_fault(error: "typer.TyperException") -> int:
    """Print one line for a fault that the parser found."""
    if speaks_for_all():
        from tcvae_cli.cli.usage import usage_line

        if line := usage_line(error):
            print(f"tcvae: {printable(line)}", file=sys.stderr)
        elif (context := getattr(error, "ctx", None)) is not None:
            print(context.get_help(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
