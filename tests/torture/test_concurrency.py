"""Several commands on the same files at once: each sees a whole old or a whole new file."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers.command import call
from helpers.warm import Server
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.streams import atomic_path

ROOT = Path(__file__).parents[2]
Tally = Callable[[str, int, int], None]


@pytest.fixture
def bench(tmp_path: Path, specimen_files: Path) -> Path:
    for name in ("data.h5", "run.safetensors"):
        shutil.copy(specimen_files / name, tmp_path)
    return tmp_path


def test_two_trainings_into_one_output(warm: Server, bench: Path) -> None:
    """The run and the checkpoint are of one of the two, whole; no part files are left."""
    flags = "--data data.h5 --precision float32 --latents 3 --steps 30 --checkpoint c --checkpoint-every 3"
    commands = [f"{warm.programs}/tcvae train {flags} --log log{seed} --seed {seed} -o out" for seed in (1, 2)]
    processes = [
        subprocess.Popen(command.split(), cwd=bench, env={**os.environ, "OMP_NUM_THREADS": "1"}) for command in commands
    ]
    assert [process.wait() for process in processes] == [0, 0]
    assert read_run(str(bench / "out")).header.settings["seed"] in (1, 2)
    assert read_run(str(bench / "c")).header.settings["seed"] in (1, 2)
    for log in ("log1", "log2"):
        first, *lines = (bench / log).read_text().splitlines()
        assert (first[:13], {line[:8] for line in lines}) == ('{"kind":"log"', {'{"step":'})
    assert not list(bench.glob(".tcvae-*"))


def test_a_data_set_that_is_replaced_while_it_is_read(
    bench: Path, torture: bool, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reading is of the old file or of the new one, and of the digest that it says."""
    monkeypatch.chdir(bench)
    contents, pairs = [], set()
    for level in (3, 200):
        with h5py.File("data.h5", "r+") as file:
            file["imgs"][...] = np.full((24, 4, 4), level, np.uint8)
        contents.append(Path("data.h5").read_bytes())
        pairs.add((f"sha256:{hashlib.sha256(contents[-1]).hexdigest()}", level))
    stop, rounds = threading.Event(), 200 if torture else 20

    def replace() -> None:
        turn = 0
        while not stop.is_set():
            Path("next").write_bytes(contents[turn % 2])
            Path("next").replace("data.h5")
            turn += 1

    from tcvae_cli.files.data_sets import open_data_set

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        seen = set()
        for _ in range(rounds):
            with open_data_set("data.h5") as data:
                levels = np.unique(np.concatenate(list(data.blocks())))
                assert len(levels) == 1
                seen.add((data.digest, int(levels[0])))
    finally:
        stop.set()
        writer.join()
    assert seen <= pairs
    tally("readings of a data set while it is replaced", rounds, 0)


def test_part_files_of_the_living_are_left_alone(tmp_path: Path) -> None:
    with atomic_path(str(tmp_path / "slow")) as part:
        part.write_text("half")
        program = f"from tcvae_cli.files.streams import write_bytes; write_bytes({str(tmp_path / 'other')!r}, b'x')"
        subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
        assert part.exists()
        part.write_text("whole")
    assert (tmp_path / "slow").read_text() == "whole"


def test_many_writers_of_one_file(tmp_path: Path, torture: bool, tally: Tally) -> None:
    """Each also sweeps the folder of stale parts while the others make theirs."""
    target, writers = tmp_path / "target", 8
    program = (
        "import sys; from tcvae_cli.files.streams import write_bytes\n"
        f"for k in range({200 if torture else 30}): write_bytes({str(target)!r}, sys.argv[1].encode() * 50_000)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(k)], stderr=subprocess.PIPE) for k in range(writers)
    ]
    while any(process.poll() is None for process in processes):
        if target.exists():
            content = target.read_bytes()
            assert len(content) == 50_000
            assert len(set(content)) == 1
    errors = [process.communicate(timeout=300)[1].decode() for process in processes]
    assert errors == [""] * writers
    assert os.listdir(tmp_path) == ["target"]
    tally("writings of one file by eight processes", writers * (200 if torture else 30), 0)


def test_make_from_two_shells(warm: Server, tmp_path: Path, bench: Path, torture: bool) -> None:
    """Of two makes of one target at once the second ends well or is told of the first, and the results are whole."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    for name in ("out/data", "recipes/tiny"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(bench / "data.h5", tmp_path / "out/data/small.h5")
    (tmp_path / "recipes/tiny/small.flags").write_text("--steps 2 --precision float32 --latents 3\n")
    for name in ("out/data/small.h5", "recipes/tiny/small.flags"):
        os.utime(tmp_path / name, (1, 1))
    targets = [f"out/tiny/small/vae/seed_{seed}/mig.json" for seed in range(3 if torture else 1)]
    command = ["make", f"TCVAE={warm.programs}/tcvae", *targets]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    shells = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    outputs = [shell.communicate(timeout=300)[0] for shell in shells]
    assert min(shell.returncode for shell in shells) == 0, outputs
    for shell, output in zip(shells, outputs, strict=True):
        assert shell.returncode == 0 or "out/tiny/small: is being swept by another process; wait for its end" in output
    for target in targets:
        status, line, _ = call(
            "mig", str(codes(tmp_path / Path(target).with_name("run.safetensors"))), "--format", "json"
        )
        assert status == 0
        assert (tmp_path / target).read_bytes() == line
    assert not [path for path in (tmp_path / "out").rglob("*") if ".part" in path.name]


def codes(run: Path) -> Path:
    """The codes of a run."""
    output = run.with_name("codes")
    status, _, errors = call("encode", str(run), "--data", str(run.parents[5] / "out/data/small.h5"), "-o", str(output))
    assert status == 0, errors
    return output


def test_a_directory_that_vanishes_amid_the_work(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(TcvaeError, match="no such file"), atomic_path(str(folder / "out")):
        shutil.rmtree(folder)
