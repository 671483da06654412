"""Part files: those of the living stay, on whatever machine they live, and those of the dead go."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tcvae_cli.files.parts import this_system
from tcvae_cli.files.streams import atomic_path, write_bytes

DAY = 24 * 3600
WRITE = "import sys; from tcvae_cli.files.streams import write_bytes; write_bytes(sys.argv[1], b'x')"
# Another machine on a file system whose locks hold on one machine only: Lustre with localflock, NFS with local_lock.
ELSEWHERE = f"import fcntl, socket; fcntl.flock = lambda *_: None; socket.gethostname = lambda: 'other'; {WRITE}"
DIE = (
    "import os, sys; from tcvae_cli.files.streams import atomic_path\n"
    "begun = atomic_path(sys.argv[1]); begun.__enter__(); os._exit(1)"
)


def run(program: str, path: Path) -> None:
    """Run a Python program on PATH in a process of its own."""
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=300)


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".tcvae-*"))


@pytest.mark.parametrize("program", [WRITE, ELSEWHERE], ids=["this machine", "another machine"])
def test_the_living_keep_theirs(tmp_path: Path, program: str) -> None:
    with atomic_path(str(tmp_path / "slow")) as part:
        part.write_text("whole")
        run(program, tmp_path / "other")
        assert part.exists()
    assert (tmp_path / "slow").read_text() == "whole"
    assert (tmp_path / "other").exists()
    assert not parts(tmp_path)


def test_the_dead_of_this_machine_leave_none(tmp_path: Path) -> None:
    run(DIE, tmp_path / "never")
    assert len(parts(tmp_path)) == 1
    write_bytes(str(tmp_path / "other"), b"x")
    assert not parts(tmp_path)


@pytest.mark.parametrize("system", ["0123456789ab-", ""], ids=["another machine", "an older version"])
def test_what_others_have_left_goes_after_a_day(tmp_path: Path, system: str) -> None:
    fresh, old = (tmp_path / f".tcvae-{system}{number}-0123456789abcdef.part" for number in (7, 8))
    for part, age in ((fresh, 0.9 * DAY), (old, 1.1 * DAY)):
        part.touch()
        os.utime(part, (time.time() - age,) * 2)
    write_bytes(str(tmp_path / "other"), b"x")
    assert parts(tmp_path) == [fresh]


def test_a_long_pause_is_no_death(tmp_path: Path) -> None:
    with atomic_path(str(tmp_path / "slow")) as part:
        os.utime(part, (0, 0))
        run(WRITE, tmp_path / "other")
        assert part.exists()


@pytest.mark.parametrize("name", [".tcvae-notes.part", ".tcvae-7-0123456789abcdef.part.txt", ".tcvae-7-mine.part"])
def test_what_this_program_did_not_write_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    os.utime(tmp_path / name, (0, 0))
    write_bytes(str(tmp_path / "other"), b"x")
    assert parts(tmp_path) == [tmp_path / name]


def test_a_folder_or_link_of_such_a_name_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    os.utime(tmp_path / "kept", (0, 0))
    folder, link = (tmp_path / f".tcvae-{this_system()}-{number}-0123456789abcdef.part" for number in (7, 8))
    folder.mkdir()
    link.symlink_to("kept")
    write_bytes(str(tmp_path / "other"), b"x")
    assert set(parts(tmp_path)) == {folder, link}
    assert (tmp_path / "kept").exists()
