"""macOS and Windows, as far as Linux can play them: what is missing there is not asked for, and files stay whole."""

import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import bombs
from helpers.systems import MACOS, WINDOWS, run_on
from helpers.tiny import write_tiny

BEGIN = """
import io, os, threading, time
from helpers.command import call
from helpers.systems import crash
from tcvae_cli import interrupts
from tcvae_cli.__main__ import fill_closed_streams
from tcvae_cli.files.hdf5_trial import nothing, survives

def run(command):
    status, output, errors = call(*command.split())
    print(status, command.split()[0], errors.splitlines()[-1:] if status else "")
    return output

interrupts.install()
fill_closed_streams()
run("prepare arrays --source images.npy -o images.h5")
"""
HOSTILE = """
run("show bomb.h5")
with open("tiny.h5", "rb") as stream:
    print(survives(stream, nothing), survives(stream, crash), survives(io.BytesIO(stream.read()), nothing))
"""
ON_WINDOWS = f"""{BEGIN}
TRAIN = "--data tiny.h5 --batch-size 64 --precision float32"
SWEEP = f"sweep {{TRAIN}} --latents 2 --steps 2 --seed 0,1 -o swept"
run(f"train {{TRAIN}} --steps 4 --checkpoint-every 2 --log log --checkpoint part -o run")
os.replace("part", "kept")
run("train --resume kept --steps 5 --log log --checkpoint kept -o run")
run("encode run -o codes")
run("mig codes")
run(SWEEP)
with open("swept/results.jsonl", "rb") as results:
    print(results.read().count(b"\\n"))
run(SWEEP)
{HOSTILE}
from tcvae_cli.files.locks import lock, locked_folder
with open("log", "r+b") as one, open("log", "r+b") as two:
    files = one.fileno(), two.fileno()
    print(lock(files[0]), lock(files[1]), len(two.read()) > 0)
with locked_folder("swept", shared=True) as one, locked_folder("swept", shared=True) as two:
    with locked_folder("swept") as alone:
        print(one, two, alone)
try:
    interrupts.come_again(2)
    for _ in range(3000):  # on Linux, a signal that comes so does not wake a sleep
        time.sleep(0.1)
except KeyboardInterrupt:
    print("Ctrl-C")
"""
ON_MACOS = f"""{BEGIN}
import fcntl, sitecustomize
from tcvae_cli.system import forks_safely
{HOSTILE}
print(forks_safely(), sitecustomize.flushed.count(fcntl.F_FULLFSYNC))
"""
TOO_MUCH = "its texts and structure take more than 268,435,456 bytes of memory; shorten its names and attributes"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a data set, images, and a file that takes gigabytes to open."""
    write_tiny(tmp_path / "tiny.h5", side=32)
    np.save(tmp_path / "images.npy", np.zeros((9, 8, 8), np.uint8))
    bombs.one_text_for_all_attributes(tmp_path / "bomb.h5", 400, bombs.MiB - 64)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="plays Windows on Linux")
def test_windows(place: Path) -> None:
    (place / "bomb.h5").write_bytes((place / "tiny.h5").read_bytes()[:20_000])
    *commands, show, survived, one_lock, shared, ended = run_on(WINDOWS, ON_WINDOWS, place)
    names = ("prepare", "train", "train", "encode", "mig", "sweep")
    assert commands == [*(f"0 {name} " for name in names), "4", "0 sweep "]
    assert "1 show" in show
    assert "is damaged or cut short (HDF5 cannot read it); copy or prepare it again" in show
    assert survived == "True False True"
    assert one_lock == "True False True"
    assert shared == "True True False"
    assert ended == "Ctrl-C"
    assert b"\r" not in (place / "log").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="plays macOS on Linux")
def test_macos(place: Path) -> None:
    """Nothing is trained, which costs most: a sweep asks whether it may fork, and does then as it does on Windows."""
    prepare, show, survived, asked = run_on(MACOS, ON_MACOS, place)
    assert prepare == "0 prepare "
    assert "1 show" in show
    assert TOO_MUCH in show
    assert survived == "True False True"
    assert asked == "False 2"  # no copies of the process; the file and its folder were flushed
