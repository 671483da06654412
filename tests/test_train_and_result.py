"""The steps of make that keep the books: recipes/train.py, result.py and in_turn.py."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.makefile import FAKE, ROOT, Workshop, failing

RUN = "out/smoke/dsprites/vae/seed_0"
WRITE = 'echo new >"$0/run.safetensors"'  # a training, for bash


class Step:
    """Runs recipes/train.py in a folder of its own, with a shell command for the training."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run"
        self.sources = [folder / "data.h5", folder / "data.flags"]
        for source in self.sources:
            write(source, age=20)

    def command(self, training: str) -> list[str]:
        """Return the command line; of the training, $0 is the folder of the run and $* what is added to it."""
        step = [sys.executable, str(ROOT / "recipes/train.py"), str(self.folder), *map(str, self.sources)]
        return [*step, "bash", "-c", training, str(self.folder)]

    def train(self, training: str) -> tuple[int, str]:
        """Return the exit status and what is said."""
        done = subprocess.run(self.command(training), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def files(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())


def write(file: Path, content: str = "old\n", age: int = 0) -> None:
    """Write a file as if a number of seconds ago."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(content)
    os.utime(file, (time.time() - age,) * 2)


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def test_a_finished_run_has_its_seconds_and_no_checkpoint(step: Step) -> None:
    write(step.folder / "checkpoint", age=30)
    assert step.train(f"{WRITE}; echo $*; sleep 1.1") == (0, "\n")
    assert step.files() == ["run.safetensors", "seconds"]
    assert (step.folder / "seconds").read_text() == "1\n"


@pytest.mark.parametrize("newer", ["neither", "data.h5", "data.flags"])
def test_a_checkpoint_is_used_if_neither_data_nor_flags_are_newer(step: Step, newer: str) -> None:
    write(step.folder / "checkpoint", age=10)
    write(step.folder / "seconds", "7\n")  # of the older run
    for source in step.sources:
        write(source, age=5 if source.name == newer else 20)
    status, said = step.train(f"{WRITE}; echo $*")
    assert status == 0
    if newer == "neither":
        assert f"--resume {step.folder}/checkpoint\n" in said
        assert step.files() == ["run.safetensors"]  # how long the whole of it took is not known
    else:
        assert said == "\n"
        assert step.files() == ["run.safetensors", "seconds"]


def test_to_end_well_without_a_run_is_a_failure(step: Step) -> None:
    write(step.folder / "run.safetensors", age=30)
    assert step.train("true") == (1, f"{step.folder}: the command ended with status 0 but has written no run\n")


@pytest.mark.parametrize(("training", "status"), [("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
def test_after_a_failure_older_results_stand_for_nothing(step: Step, training: str, status: int) -> None:
    for name in ("run.safetensors", "mig.json", "checkpoint", "seconds"):
        write(step.folder / name)
    assert step.train(training)[0] == status
    assert step.files() == ["checkpoint", "run.safetensors.old", "seconds"]


@pytest.mark.parametrize(("number", "left"), [(signal.SIGTERM, []), (signal.SIGINT, ["run.safetensors", "seconds"])])
def test_a_step_passes_sigterm_on_and_waits_after_ctrl_c(step: Step, number: int, left: list[str]) -> None:
    training = f"trap 'exit 143' TERM; trap '{WRITE}; exit 0' INT; echo ready; for ((;;)); do sleep 0.05; done"
    with subprocess.Popen(step.command(training), stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as the terminal does
        else:
            process.send_signal(number)
    assert process.returncode == (0 if left else 143)
    assert step.files() == left


@pytest.mark.parametrize(
    ("command", "status", "content"),
    [("echo new", 0, "new\n"), ("echo new; exit 4", 4, None), ("true", 1, None), ("kill -TERM $$", 143, None)],
)
def test_a_result_is_whole_or_not_there(tmp_path: Path, command: str, status: int, content: str | None) -> None:
    file = tmp_path / "mig.json"
    write(file)
    result = [sys.executable, str(ROOT / "recipes/result.py"), str(file), "bash", "-c", command]
    assert subprocess.run(result, timeout=60).returncode == status
    assert (file.read_text() if file.exists() else None) == content
    assert len(list(tmp_path.iterdir())) == (content is not None)


def in_turn(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "recipes/in_turn.py"), *arguments]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("one", "echo a", "two", "false", "", "echo b"), 1, ["a", "b", "0 s  one", "0 s  two failed", "0 s  in all"]),
        (("", "false", "", "echo b"), 1, ["b"]),
        (("one", "sh -c 'exit 0'"), 0, ["0 s  one", "0 s  in all"]),
        (("one", "sh -c 'kill -TERM $$'", "two", "echo b"), 143, []),
    ],
)
def test_all_are_run_and_a_failure_is_told_at_the_end(arguments: tuple[str, ...], status: int, said: list[str]) -> None:
    done = subprocess.run(in_turn(*arguments), capture_output=True, text=True, timeout=60)
    assert (done.returncode, [line.strip() for line in done.stdout.splitlines()]) == (status, said)


def test_a_signal_ends_all_that_are_in_turn() -> None:
    forever = "bash -c \"trap 'echo told; exit 143' TERM; echo ready; for ((;;)); do sleep 0.05; done\""
    with subprocess.Popen(in_turn("", forever, "", "echo next"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.stdout.read() == "told\n"
    assert process.returncode == 143


def test_a_signal_to_make_reaches_the_training_and_the_next_make_resumes_it(make_folder: Workshop) -> None:
    make_folder.install(
        FAKE.replace(
            'if verb == "train":',
            'if verb == "train" and "--resume" not in rest:\n'
            "    import signal, time\n"
            "    def end(*_):\n"
            '        open(rest[rest.index("--checkpoint") + 1], "w").write("half")\n'
            "        sys.exit(143)\n"
            "    signal.signal(signal.SIGTERM, end)\n"
            '    open("training", "w").close()\n'
            "    time.sleep(60)\n"
            'elif verb == "train":',
        )
    )
    folder = make_folder.folder / "out/smoke/dsprites/vae/seed_0"
    target = "out/smoke/dsprites/vae/seed_0/mig.json"
    make = subprocess.Popen(["make", "TCVAE=./fake", f"VENV={sys.prefix}", target], cwd=make_folder.folder)
    while not (make_folder.folder / "training").exists():
        time.sleep(0.05)
    make.terminate()
    assert make.wait(10) != 0
    assert [file.name for file in folder.iterdir()] == ["checkpoint"]
    make_folder.make(target)
    assert "--resume out/smoke/dsprites/vae/seed_0/checkpoint" in make_folder.calls("train")[-1]
    # How long the whole of it took is not known.
    assert sorted(file.name for file in folder.iterdir()) == ["mig.json", "run.safetensors"]


def test_a_training_goes_on_from_its_checkpoint_unless_its_flags_are_newer(make_folder: Workshop) -> None:
    folder = "out/smoke/dsprites/vae/seed_0"
    checkpoint = make_folder.folder / folder / "checkpoint"
    checkpoint.parent.mkdir(parents=True)
    for resumed in (True, False):
        checkpoint.touch()
        make_folder.touch("recipes/smoke/dsprites.flags" if not resumed else str(checkpoint))
        make_folder.make(f"{folder}/run.safetensors")
        assert ("--resume" in make_folder.calls("train")[-1]) == resumed
        assert not checkpoint.exists()


def test_a_failed_training_leaves_nothing(make_folder: Workshop) -> None:
    make_folder.install(failing('"vae" in rest'))
    run = "out/smoke/dsprites/vae/seed_0"
    make_folder.make(f"{run}/run.safetensors", status=2)
    assert list((make_folder.folder / run).iterdir()) == []
