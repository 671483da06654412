"""Signals: the end of the terminal, where nobody reads any more, and those that foreign code swallows."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.waiting import PATIENCE, has_steps, until
from tcvae_cli.files.runs import read_run


def test_a_terminal_that_is_closed_leaves_a_checkpoint(workshop: Path, tmp_path: Path) -> None:
    shutil.copy(workshop / "tiny.h5", tmp_path)
    ours, theirs = pty.openpty()
    endless = "train --data tiny.h5 --precision float32 --batch-size 10 --steps 100000000 -o run"
    once = "--checkpoint kept --checkpoint-every 100000000 --log log"
    process = subprocess.Popen(
        [sys.executable, "-m", "tcvae_cli", *endless.split(), *once.split()],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    os.close(theirs)
    until(lambda: has_steps(tmp_path / "log") or process.poll() is not None)
    os.close(ours)  # from here on each word to the terminal is refused
    process.send_signal(signal.SIGHUP)  # as the kernel sends it to who has that terminal
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGHUP
    assert read_run(str(tmp_path / "kept")).header.step > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_foreign_code_swallows_is_heeded_at_the_next_sign_of_life(number: int) -> None:
    program = (
        "import os, time\nfrom tcvae_cli import interrupts\nfrom tcvae_cli.cli.progress import progress\n"
        "interrupts.install()\n"
        "with progress('working', 2) as advance:\n"
        "    advance(1)\n"
        f"    try:\n        os.kill(os.getpid(), {number})\n        time.sleep(60)\n"
        "    except BaseException:\n        print('swallowed')\n"
        "    advance(1)\n"
        "    print('went on')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    assert ended.stdout == "swallowed\n"
    assert ended.returncode != 0


def test_a_second_ctrl_c_ends_in_a_line() -> None:
    program = (
        "import os, signal\nfrom tcvae_cli import interrupts\n"
        "interrupts.install()\n"
        "with interrupts.held():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    interrupts.end_with('ended at once')\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('went on')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "ended at once\n")


@pytest.mark.parametrize("last", ["__main__.fill_closed_streams", "interrupts.install"])
def test_a_signal_before_the_command_line_is_read_prints_nothing(last: str) -> None:
    program = (
        "import os, signal\nfrom tcvae_cli import __main__, interrupts\n"
        f"done = {last}\n{last} = lambda: (done(), os.kill(os.getpid(), signal.SIGINT))\n"
        "__main__.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + signal.SIGINT, "", "")
