"""kill -9, SIGTERM, Ctrl-C at random moments: whole files only, no litter, and training goes on to the same bytes."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from crashing import run

from helpers.lanes import side_by_side
from helpers.waiting import PATIENCE, has_steps, until
from helpers.warm import Server
from tcvae_cli.files.runs import read_run

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
OLD = b"what was there before"
TRAIN = "train --data data.h5 --precision float32 --latents 3 --batch-size 10 --steps 60 --log log"
KEEP = "--checkpoint checkpoint --checkpoint-every 20 -o run"
VERBS = {
    "prepare": "prepare arrays --source many.npz -o out.h5",
    "encode": "encode run.safetensors --data some.h5 -o out.codes",
    "traverse": "traverse run.safetensors --frames 20 -o out.png",
}
INPUTS = ("many.npz", "run.safetensors", "some.h5", "data.h5")
LANES = range(2)  # as there are two cores nearly everywhere
Tally = Callable[[str, int, int], None]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, specimen_files: Path, warm: Server) -> Path:
    """A folder with a run, its data set, and images enough to be interrupted at."""
    folder = shutil.copytree(specimen_files, tmp_path_factory.mktemp("crashes") / "bench")
    images = np.random.default_rng(0).integers(0, 256, (150_000, 4, 4), dtype=np.uint8)
    np.savez(folder / "many.npz", images=images)
    for command in ("prepare arrays --source many.npz -o many.h5", "subset many.h5 --sample 3000 -o some.h5"):
        assert run(warm, folder, command)[0] == 0
    return folder


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".tcvae-*"))


def check_ending(status: int, errors: str, number: int, litter: list[Path]) -> None:
    """What is true after each of the signals, whenever it came: 0, or a death by it, without litter."""
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert "tcvae:" not in errors
    assert status in (0, -number, 128 + number), errors
    assert number == signal.SIGKILL or not litter


@pytest.mark.parametrize(
    "verb", [pytest.param(verb, marks=() if verb == "encode" else pytest.mark.long) for verb in VERBS]
)
def test_an_output_is_the_old_file_or_the_new_one(
    bench: Path, warm: Server, verb: str, torture: bool, tally: Tally
) -> None:
    command = VERBS[verb]
    name = command.split()[-1]
    status, said, seconds = run(warm, bench, command)
    assert status == 0, said
    new = (bench / name).read_bytes()

    def case(lane: int, k: int) -> bool:
        folder, random, number = bench / f"{verb}_{k}", Random(f"{verb} {k}"), SIGNALS[k % 3]
        folder.mkdir()
        for needed in INPUTS:
            (folder / needed).symlink_to(bench / needed)
        (folder / name).write_bytes(OLD)
        status, errors, _ = run(warm, folder, command, ((random.uniform(0, seconds), number),))
        check_ending(status, errors, number, parts(folder))
        assert (folder / name).read_bytes() in ((new,) if status == 0 else (OLD, new))
        done = (folder / name).read_bytes() == new  # and maybe said, before a signal came
        stopped = ("", f"stopped: {name} is what it was before\n")
        assert errors in ((said, *(stopped if status else ())) if done else stopped)
        assert (folder / name).read_bytes() == OLD or "before" not in errors
        if number == signal.SIGKILL:
            assert run(warm, folder, command)[0] == 0
            assert (folder / name).read_bytes() == new
            assert not parts(folder)  # what kill -9 has left is gone too
        shutil.rmtree(folder)
        return status != 0

    interrupted = side_by_side(LANES, case, range(51 if torture else 3))
    assert any(interrupted) or not torture
    tally(f"signals at random moments of {verb}", len(interrupted), sum(interrupted))


def test_training_goes_on_to_the_same_bytes(bench: Path, warm: Server, torture: bool, tally: Tally) -> None:
    whole = bench / "whole"
    whole.mkdir()
    shutil.copy(bench / "data.h5", whole)
    status, errors, seconds = run(warm, whole, f"{TRAIN} {KEEP}")
    assert status == 0, errors
    objective = errors.splitlines(keepends=True)[0]
    wanted, wanted_log = (whole / "run").read_bytes(), (whole / "log").read_bytes()

    def case(lane: int, k: int) -> tuple[int, int]:
        folder, random, number = bench / f"crash_{k}", Random(k), SIGNALS[k % 3]
        sent, interrupted = 1, 0
        folder.mkdir()
        shutil.copy(bench / "data.h5", folder)
        status, errors, _ = run(warm, folder, f"{TRAIN} {KEEP}", ((random.uniform(0, seconds), number),))
        while status != 0:
            interrupted += 1
            check_ending(status, errors.removeprefix(objective), number, parts(folder))
            assert not (folder / "run").exists() or (folder / "run").read_bytes() == wanted
            command = f"{TRAIN} {KEEP}"  # nothing was kept yet
            if (folder / "checkpoint").exists():
                step = read_run(str(folder / "checkpoint")).header.step
                assert step % 20 == 0 or number != signal.SIGKILL
                command = f"train --resume checkpoint --log log {KEEP}"
            again = ((random.uniform(0, seconds), number),) if random.random() < 0.3 else ()
            sent += len(again)
            status, errors, _ = run(warm, folder, command, again)
        assert (folder / "run").read_bytes() == wanted
        assert (folder / "log").read_bytes() == wanted_log
        assert not parts(folder)
        shutil.rmtree(folder)
        return sent, interrupted

    sent, interrupted = map(sum, zip(*side_by_side(LANES, case, range(51 if torture else 3)), strict=True))
    assert interrupted > 0 or not torture
    tally("signals at random moments of train, then --resume to the same bytes", sent, interrupted)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_amid_training_ends_it_with_a_checkpoint(
    bench: Path, warm: Server, tmp_path: Path, number: int
) -> None:
    shutil.copy(bench / "data.h5", tmp_path)
    endless = "train --data data.h5 --precision float32 --batch-size 10 --steps 100000000 --checkpoint kept"
    with (tmp_path / "errors").open("wb") as errors:
        process = warm.start(f"{endless} --checkpoint-every 100000000 --log log -o run", tmp_path, errors)
    until(lambda: has_steps(tmp_path / "log"))
    os.kill(process.pid, number)
    assert process.wait() == 128 + number
    step = read_run(str(tmp_path / "kept")).header.step
    assert step > 0
    remains = f"stopped: kept keeps step {step:,} of 100,000,000, from which it can be resumed"
    assert (tmp_path / "errors").read_text().splitlines()[1:] == [remains]  # the first is the objective


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    """Also where the first one waits for something that never ends."""
    program = (
        "import os, signal\nfrom tcvae_cli import interrupts\ninterrupts.install()\n"
        "with interrupts.held() as waits:\n"
        "    for number in 2 * [signal.SIGTERM]:\n"  # SLURM may say it twice: the checkpoint is still written
        "        os.kill(os.getpid(), number)\n        print(waits(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    print('went on')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "True\nTrue\n", "")


@pytest.mark.parametrize("busy", [0, 0.2])  # seconds for which the hook of what is swallowed goes on
def test_a_signal_that_a_destructor_swallows_comes_again(busy: float) -> None:
    program = (
        "import os, signal, threading, time\nfrom tcvae_cli import interrupts\ninterrupts.install()\n"
        "start, left = threading.Timer.start, [SECONDS]\n"
        "def start_and_go_on(timer):\n    start(timer)\n    time.sleep(left.pop() if left else 0)\n"
        "threading.Timer.start = start_and_go_on\n"
        "class Late:\n    def __del__(self):\n        os.kill(os.getpid(), signal.SIGTERM)\n        sum(range(1000))\n"
        "late = Late()\ntry:\n    del late\n    time.sleep(300)\n"
        "except BaseException as error:\n    print(type(error).__name__)\n"
    ).replace("SECONDS", str(busy))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)
    assert (result.stdout, result.stderr) == ("Terminated\n", "")


AT_THE_IMPORTS = """
import sys
from tcvae_cli.__main__ import main

class Tell:
    @staticmethod
    def find_spec(name, *_):
        if name == "tcvae_cli.cli":
            print(flush=True)

sys.meta_path.insert(0, Tell)
main()
"""


def test_a_signal_among_the_imports_prints_nothing(bench: Path, torture: bool, tally: Tally) -> None:
    random, moments = Random(1), 20 if torture else 1
    for _ in range(moments):
        process = subprocess.Popen(
            [sys.executable, "-c", AT_THE_IMPORTS, "mig", "codes24.safetensors"],
            cwd=bench,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.uniform(0.02, 1.5))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
        assert not [line for line in errors.splitlines() if not line.startswith("note: ")]  # of mig, if it came so far
        assert process.returncode in (0, 130, -signal.SIGINT)
    tally("Ctrl-C among the imports of a fresh process", moments, moments)


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists() or (os.cpu_count() or 1) < 2, reason="needs /proc, two cores"
)
@pytest.mark.parametrize(("number", "to_all"), [(signal.SIGKILL, False), (signal.SIGTERM, True), (signal.SIGINT, True)])
def test_processes_that_render_end_with_the_first(tmp_path: Path, number: int, to_all: bool) -> None:
    """Also where all of them get the signal, from `timeout` or a terminal; none prints a traceback."""
    if importlib.util.find_spec("anny") is None:
        pytest.skip("needs the extra `faces`")
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "tcvae_cli", "prepare", "faces", "-o", str(tmp_path / "faces.h5")],
        env={**os.environ, "TCVAE_TEST_MARK": mark, "TCVAE_THREADS": "2", "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def family() -> int:
        return sum(mark.encode() in environment(entry) for entry in Path("/proc").glob("[0-9]*"))

    until(lambda: family() >= 3)
    time.sleep(0.5)
    (os.killpg if to_all else os.kill)(process.pid, number)
    errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == (128 + number if to_all else -number)
    assert errors == f"stopped: {tmp_path}/faces.h5 was not written whole\n" or not to_all
    until(lambda: family() == 0)
    assert not to_all or not parts(tmp_path)


def environment(process: Path) -> bytes:
    """The environment of a process, nothing of one that is gone or somebody else's."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""
