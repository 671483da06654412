"""Figures by an array of SLURM jobs. The real SLURM of tests/slurm/test takes minutes: only where it is asked for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.makefile import FAKE, Workshop
from helpers.waiting import PATIENCE, until

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(
    "TCVAE_SLURM_TEST" not in os.environ, reason="takes minutes: `make slurm-test`, or set TCVAE_SLURM_TEST=1"
)
def test_a_node_dies_and_the_array_finishes_what_is_missing() -> None:
    tcvae = Path(sys.executable).parent / "tcvae"
    run = subprocess.run(
        ["make", "slurm-test", f"TCVAE={tcvae}", f"VENV={sys.prefix}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    if "skipped" in run.stdout:
        pytest.skip(run.stdout.strip())
    assert "slurm-test: passed" in run.stdout


def test_without_slurm_it_says_so_and_is_no_failure(tmp_path: Path) -> None:
    for name in ("bash", "realpath", "dirname", "mktemp", "chmod", "tail", "rm"):
        (tmp_path / name).symlink_to(next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()))
    for script in ("start", "test"):
        text = (ROOT / "tests/slurm" / script).read_text().replace(":/usr/sbin:/sbin", "")
        (tmp_path / "slurm").mkdir(exist_ok=True)
        (tmp_path / "slurm" / script).write_text(text)
        (tmp_path / "slurm" / script).chmod(0o755)
    (tmp_path / "slurm/stop").symlink_to(ROOT / "tests/slurm/stop")
    run = subprocess.run(
        [tmp_path / "bash", tmp_path / "slurm/test"],
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0
    assert run.stdout == (
        "slurm-test: skipped, no SLURM here: munged is not installed (apt-get install slurm-wlm munge)\n"
    )


class Array:
    """The tasks of an array of three, in a workshop with fakes of sbatch and scontrol that note how they are called."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        for name in ("sbatch", "scontrol"):
            fake = workshop.folder / "slurm" / name
            fake.parent.mkdir(exist_ok=True)
            fake.write_text(f'#!/bin/sh\necho {name} "$*" >>calls\n')
            fake.chmod(0o755)

    def start(self, task: int, **changed: str) -> "subprocess.Popen[str]":
        """Start a task of figure 3."""
        numbers = {"ID": task, "MIN": 4, "STEP": 2, "COUNT": 3}
        about = {"JOB_ID": "77", "JOB_NAME": "tcvae", "JOB_PARTITION": "all", "CPUS_ON_NODE": "1", "ARRAY_JOB_ID": "70"}
        slurm = {**{f"ARRAY_TASK_{name}": str(number) for name, number in numbers.items()}, **about, **changed}
        path = f"{self.workshop.folder / 'slurm'}:{os.environ['PATH']}"
        plain = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "PROFILE", "SHARE")}
        variables = ("TCVAE=./fake", f"VENV={sys.prefix}", "PROFILE=smoke", "DATA_SETS=dsprites-small")
        return subprocess.Popen(
            ["recipes/array.sh", *variables, "reproduce-figure3"],
            cwd=self.workshop.folder,
            env={**plain, "PATH": path, **{f"SLURM_{name}": value for name, value in slurm.items()}},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, task: int, **changed: str) -> tuple[int, str]:
        """Run a task to its end: its status, and what it says on stderr."""
        with self.start(task, **changed) as process:
            said = process.communicate(timeout=PATIENCE)[1]
        return process.returncode, said


@pytest.fixture
def array(make_folder: Workshop) -> Array:
    """Return an array whose data are made."""
    make_folder.make("data-reproduce-figure3", "PROFILE=smoke")
    return Array(make_folder)


def test_each_task_of_an_array_trains_its_share_and_the_first_orders_the_end(array: Array) -> None:
    runs, parts = array.workshop.listed("figure3", "PROFILE=smoke"), []
    for task, restarts in ((4, "1"), (6, ""), (8, "")):
        assert array.run(task, RESTART_COUNT=restarts) == (0, "")
        parts.append(array.workshop.trained())
    assert parts == [runs[number::3] for number in range(3)]
    assert array.run(4) == (0, "")
    (ordered,) = array.workshop.calls("sbatch")
    assert ordered.startswith("sbatch --dependency=afterany:70 --job-name=tcvae-end --partition=all --cpus-per-task=1 ")
    assert ordered.endswith(" PROFILE=smoke DATA_SETS=dsprites-small reproduce-figure3 ")
    assert "--wrap=exec make -k TCVAE=./fake " in ordered


def test_an_array_says_what_it_wants(array: Array) -> None:
    assert array.run(6, ARRAY_TASK_COUNT="1") == (
        (2, "recipes/array.sh: the numbers of the tasks have gaps: give a range, such as --array=0-31\n")
    )
    (array.workshop.folder / "out/data/dsprites-small.h5").unlink()
    status, said = array.run(6)
    assert status == 1
    assert said.startswith("recipes/array.sh: first give: make TCVAE=./fake ")
    assert said.endswith(" data-reproduce-figure3 \n")


@pytest.mark.parametrize(("number", "again"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_task_that_is_stopped_lets_its_sweep_end_and_waits_again_if_its_time_ended(
    array: Array, number: int, again: bool
) -> None:
    array.workshop.install(
        FAKE.replace(
            'if verb == "sweep":',
            'if verb == "sweep":\n'
            "    import signal, time\n"
            '    signal.signal(signal.SIGTERM, lambda *_: (note("kept"), sys.exit(143)))\n'
            "    note('ready')\n"
            "    time.sleep(300)\n",
        )
    )
    calls = array.workshop.folder / "calls"
    with array.start(6) as task:
        until(lambda: "ready" in calls.read_text() or task.poll() is not None)
        task.send_signal(number)
        task.communicate(timeout=PATIENCE)
    assert calls.read_text().split("ready\n")[1] == "kept\n" + "scontrol requeue 77\n" * again
    assert (task.returncode == 0) == again
