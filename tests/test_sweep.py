"""`tcvae sweep`: many runs in one folder, the same bytes as one at a time."""

import contextlib
import io
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

import tcvae_cli
from helpers.waiting import PATIENCE, until
from helpers.warm import Server
from tcvae_cli.cli.sweep_display import duration, in_words, picture, summary
from tcvae_cli.errors import ArgumentError, TcvaeError, Terminated
from tcvae_cli.files.data_sets import open_data_set, reopened
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.progress import quiet
from tcvae_cli.verbs.sweep import Swept
from tcvae_cli.verbs.sweep_board import Board, Running, Standing, told_apart
from tcvae_cli.verbs.sweep_folder import Results
from tcvae_cli.verbs.sweep_grammar import path_of, settings_in, values_in
from tcvae_cli.verbs.sweep_list import Wanted
from tcvae_cli.verbs.sweep_run import parts
from tcvae_cli.verbs.sweep_work import find


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("beta", "1,2.5,1e2", [1.0, 2.5, 100.0]),
        ("seed", "0..3", [0, 1, 2, 3]),
        ("seed", "0..2,20,1", [0, 1, 2, 20]),
        ("beta", "1..3", [1.0, 2.0, 3.0]),
        ("objective", "vae, beta-vae,vae", ["vae", "beta-vae"]),
        ("seed", range(2), [0, 1]),
        ("beta", 4, [4.0]),
    ],
)
def test_a_list_has_each_value_once_in_its_order(name: str, text: object, values: list[object]) -> None:
    assert values_in(name, text) == values


@pytest.mark.parametrize("text", ["", "1,", "1,,2", "3..1", "a", "0..99999999", "1.5", "1_0", "0...3"])
def test_what_is_no_list_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        values_in("seed", text)
    assert refused.value.where == "seed"


@pytest.mark.parametrize(
    "path",
    [
        "beta-tcvae/beta_6/seed_0",
        "infogan/architecture_conv/latents_5/batch-size_64/steps_6000/seed_2",
        "beta-tcvae/beta_6/alpha_0/estimator_mss/seed_1",
        "vae/learning-rate_0.001/seed_1",
        "annealed-vae/beta_1000/capacity_25/capacity-anneal_100000/seed_0",
        "dip-vae-i/lambda-od_10/lambda-d_100/architecture_locatello/seed_0",
        "factorvae/beta_35/epochs_100/seed_0",
    ],
)
def test_a_path_is_the_settings_and_they_are_the_path(path: str) -> None:
    assert path_of(settings_in(path)) == path


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "beta-tcvae/../../x",
        "vae/colour_3",
        "vae/batch_size_3",
        "vae/seed_1/seed_2",
        "vae//seed_1",
    ],
)
def test_what_is_no_path_of_a_run_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_in(path)


@dataclass
class Bench:
    """A folder with small data sets, in which `tcvae` runs as processes of its own."""

    folder: Path
    environment: dict[str, str]

    def run(self, command: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        """Run a pipe of commands of `tcvae`: exit status, stdout and stderr."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    @contextlib.contextmanager
    def started(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command that goes on meanwhile, at most to the end of the block."""
        words = command.split()
        with subprocess.Popen(words, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.terminate()


@pytest.fixture
def bench(workshop: Path, warm: Server, tmp_path: Path) -> Bench:
    """Return an empty folder with small.h5 and unlabelled.h5."""
    for name in ("small.h5", "unlabelled.h5"):
        (tmp_path / name).symlink_to(workshop / name)
    path = f"{warm.programs}:{os.environ['PATH']}"
    return Bench(tmp_path, {**os.environ, "PATH": path, "TCVAE_THREADS": "1"})


FLAGS = "--data small.h5 --architecture conv --batch-size 32 --precision float32"  # small networks
SWEEP = f"tcvae sweep {FLAGS} -o runs"
NO_RUNS = "this share has no runs, as there are fewer of them than shares\n"
ENDLESS = "steps_100000000"


def has_ended(process: int) -> bool:
    """Tell whether a process has ended, though nobody may have asked how."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def children_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder and whose parent does, too."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").resolve() == folder:
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return [process for process, parent in parents.items() if parent in parents]


def test_runs_and_results_are_the_bytes_that_the_verbs_make_one_at_a_time(bench: Bench) -> None:
    sweep = f"{SWEEP} --objective beta-tcvae,vae --beta 4 --steps 3"
    bench.environment["TCVAE_THREADS"] = "2"
    status, printed, said = bench.run(sweep)
    assert (status, printed) == (0, b"")
    assert said.startswith("note: vae does not use --beta, which is left out for it\n2 runs: 2 are new\n")
    bench.environment["TCVAE_THREADS"] = "1"
    flags = f"{FLAGS} --beta 4 --steps 3"
    verbs = (
        f"tcvae train {flags} -o run && tcvae encode run -o c && tcvae mig c --factors small.h5 && tcvae estimate-tc c"
    )
    results = bench.run(verbs)[1]
    place = bench.folder / "runs/beta-tcvae/beta_4/architecture_conv/batch-size_32/steps_3/precision_float32/seed_0"
    assert (place / "run.safetensors").read_bytes() == (bench.folder / "run").read_bytes()
    assert (place / "mig.json").read_bytes() + (place / "estimate-tc.json").read_bytes() == results
    lines = bench.folder / "runs/results.jsonl"
    kept = lines.read_bytes()
    assert set(results.splitlines()) < set(kept.splitlines())
    assert len(tcvae_cli.read_results(lines)) == 4

    # What is there is left alone; a result that is gone is made again, and a torn line, and one that was lost. A
    # checkpoint goes that was left by a sweep that was killed.
    (place / "mig.json").unlink()
    shutil.copy(place / "run.safetensors", place / "checkpoint")
    first, *others = kept.splitlines(keepends=True)
    lines.write_bytes(b"".join(others) + first[:100])
    assert bench.run(sweep)[2].splitlines()[1] == "2 runs: 1 is to be measured"
    assert sorted(lines.read_bytes().splitlines()) == sorted(kept.splitlines())
    assert not (place / "checkpoint").exists()
    with lines.open("ab") as stream:
        stream.write(first[:100])
    assert bench.run(sweep)[2].splitlines()[1:] == ["2 runs: all finished"]
    assert sorted(lines.read_bytes().splitlines()) == sorted(kept.splitlines())


def test_a_line_that_lacks_only_its_end_is_not_added_again(tmp_path: Path) -> None:
    line = b'{"schema":2,"kind":"mig","mig":0.5}\n'
    results = Results(str(tmp_path))
    (tmp_path / "results.jsonl").write_bytes(line[:-1])
    with results.at_work():
        results.add([line])
    assert (tmp_path / "results.jsonl").read_bytes() == line


def test_a_sweep_that_is_stopped_goes_on_to_the_same_bytes(bench: Bench) -> None:
    (bench.folder / "list").write_text("beta-tcvae/seed_0\n")
    checkpoint = bench.folder / "runs/beta-tcvae/seed_0/checkpoint"
    for steps in (20, 200, 2000):  # the first ones may all be taken before the signal comes
        sweep = f"{SWEEP} --from list --steps {steps} --checkpoint-every 5"
        with bench.started(sweep) as process:
            until(lambda: checkpoint.exists() or process.poll() is not None)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=PATIENCE)[1].decode()
        if checkpoint.exists():
            break
        shutil.rmtree(bench.folder / "runs")
    bench.run(f"tcvae train {FLAGS} --steps {steps} -o whole")
    assert process.returncode == 128 + signal.SIGTERM
    assert said.count("stopping: what trains keeps a checkpoint after its step; Ctrl-C once more ends at once\n") == 1
    cut_off = checkpoint.read_bytes()
    assert said.splitlines()[-1] == (
        "stopped: 0 of 1 runs are finished, 1 keeps a checkpoint; the same command goes on from there"
    )
    assert bench.run(sweep)[2].startswith("1 run: 1 goes on from its checkpoint\n")
    assert (checkpoint.parent / "run.safetensors").read_bytes() == (bench.folder / "whole").read_bytes()
    assert not checkpoint.exists()

    # Neither run nor checkpoint is taken for one of other settings, which fails, and each is kept.
    checkpoint.write_bytes(cut_off)
    (checkpoint.parent / "checkpoint.old").write_bytes(b"an older one")
    status, _, said = bench.run(f"{sweep} --learning-rate 1e30")
    assert status == 1
    other = "of other settings (learning rate 0.001, not 1e+30), kept as"
    assert said.splitlines()[1] == (
        f"note: beta-tcvae/seed_0 replaces run.safetensors, a run {other} run.safetensors.old; "
        f"checkpoint, a checkpoint {other} checkpoint.old.2; mig.json, a result of a run before, kept as mig.json.old; "
        "estimate-tc.json, a result of a run before, kept as estimate-tc.json.old"
    )
    assert (checkpoint.parent / "run.safetensors.old").read_bytes() == (bench.folder / "whole").read_bytes()
    assert (checkpoint.parent / "checkpoint.old.2").read_bytes() == cut_off
    assert not (checkpoint.parent / "run.safetensors").exists()


def test_runs_that_are_stopped_before_they_are_measured_are_not_trained_again(workshop: Path, tmp_path: Path) -> None:
    begun: list[str] = []
    said: list[str] = []

    @contextlib.contextmanager
    def stop_at_the_second_measuring() -> Iterator[Callable[[], bool]]:
        begun.append("the training of all, then a measuring")
        yield lambda: len(begun) == 3

    def sweep(**options: Any) -> None:
        sizes = {"latents": 2, "batch_size": 32, "steps": 1, "precision": "float32"}
        tcvae_cli.sweep(
            workshop / "small.h5",
            objective="vae",
            seed=[0, 1, 2],
            **sizes,
            measure=["mig"],
            device="cpu",
            output=tmp_path,
            stacked=True,
            say=said.append,
            **options,
        )

    with pytest.raises(Terminated) as stopped:
        sweep(hold=stop_at_the_second_measuring)
    assert stopped.value.__notes__ == [
        "1 of 3 runs are finished, 2 are trained and to be measured; the same command goes on from there"
    ]
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("run.safetensors")}
    sweep()
    assert "3 runs: 2 are to be measured" in said
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("run.safetensors")} == trained
    assert len(tcvae_cli.read_results(tmp_path / "results.jsonl")) == 3


def test_a_run_that_dies_or_diverges_is_named_and_the_others_go_on(bench: Bench) -> None:
    killed, stopped = (f"vae/{ENDLESS}/seed_{seed}" for seed in (0, 1))
    runs = f"{killed}\n{stopped}\nvae/learning-rate_1e30/seed_0\nvae/seed_0\n"
    (bench.folder / "list").write_text(runs)
    with bench.started(f"{SWEEP} --from list --steps 2 --measure none --checkpoint-every 1") as process:
        until((bench.folder / f"runs/{killed}/checkpoint").exists)
        again = bench.run(f"{SWEEP} --seed 5 --steps 2")
        for run, number in ((killed, signal.SIGKILL), (stopped, signal.SIGTERM)):
            until((bench.folder / f"runs/{run}/checkpoint").exists)
            (child,) = children_in(bench.folder)
            os.kill(child, number)
        lines = process.communicate(timeout=PATIENCE)[1].decode().splitlines()
    said = [line for line in lines if "runs finished" not in line]  # which a slow machine has time for
    assert again[0] == 1
    assert again[2].startswith("tcvae: runs: is being swept by another process; ")
    assert process.returncode == 1
    assert f"note: {killed} failed: was killed by signal 9, perhaps because memory ran out" in said[1]
    assert "vae/learning-rate_1e30/seed_0 failed: the loss or a weight is not finite" in said[2]
    assert said[2].endswith("lower --learning-rate or --beta, or use --precision float32")
    assert said[3].startswith("vae/seed_0: 2 steps: ELBO")
    assert f"note: {stopped} failed: was stopped by a signal to its process" in said[4]
    assert said[5].startswith("tcvae: runs: 3 of 4 runs failed: ")


def test_runs_that_can_be_are_trained_as_one_program(workshop: Path, tmp_path: Path) -> None:
    def sweep(latents: list[int], **options: bool) -> Swept:
        return tcvae_cli.sweep(
            workshop / "small.h5",
            objective=["vae", "beta-vae"],
            latents=latents,
            batch_size=32,
            steps=1,
            precision="float32",
            measure=[],
            device="cpu",
            output=tmp_path,
            stacked=True,
            **options,
        )

    assert [(run.state, run.group) for run in sweep([2, 3], dry_run=True).runs] == [("new", 1), ("new", 2)] * 2
    assert not list(tmp_path.iterdir())
    assert [run.state for run in sweep([2]).runs] == ["finished"] * 2
    assert [tcvae_cli.load(path).header.step for path in tmp_path.rglob("run.safetensors")] == [1, 1]
    assert [run.state for run in sweep([2], dry_run=True).runs] == ["finished"] * 2


@pytest.mark.parametrize(
    ("runs", "most", "sizes"), [(33, 32, [16, 17]), (64, 32, [32, 32]), (3, 9, [3]), (2, 1, [1, 1])]
)
def test_runs_that_are_too_many_for_one_program_are_divided_evenly(runs: int, most: int, sizes: list[int]) -> None:
    divided = parts(range(runs), most)
    assert [len(part) for part in divided] == sizes
    assert [*itertools.chain(*divided)] == [*range(runs)]


def test_runs_for_which_memory_runs_out_go_on_in_halves_from_their_checkpoints(workshop: Path, tmp_path: Path) -> None:
    ends = iter([2, 1, None, None])  # the step of each program in which memory runs out; none of the measuring
    taken: list[int] = []

    @contextlib.contextmanager
    def hold() -> Iterator[Callable[[], bool]]:
        end = next(ends)
        taken.append(0)

        def stopping() -> bool:  # is asked after each step, and at the end
            taken[-1] += 1
            if taken[-1] == end:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            return False

        yield stopping

    noted: list[str] = []
    swept = tcvae_cli.sweep(
        workshop / "small.h5",
        objective="vae",
        seed=[0, 1],
        batch_size=32,
        steps=2,
        precision="float32",
        checkpoint_every=1,
        measure=[],
        device="cpu",
        output=tmp_path,
        stacked=True,
        hold=hold,
        note=noted.append,
    )
    assert [run.state for run in swept.runs] == ["failed", "finished"]
    assert taken == [2, 1, 2, 1]  # the first step is not taken again, and each is asked once more at its end
    (failure,) = swept.failures.values()
    assert failure.fault == "there is not enough memory"
    assert "{" not in repr(failure)
    assert str(failure) in repr(failure)
    assert noted[0] == "memory does not hold 2 runs at once: they go on 1 at a time from their checkpoints"
    assert len(noted) == 2


def test_a_list_may_have_paths_settings_and_results_which_come_before_what_is_typed(
    workshop: Path, tmp_path: Path
) -> None:
    runs: list[str | dict[str, object]] = [
        "./beta-tcvae/beta_6/steps_5/seed_1/run.safetensors",
        "vae/seed_0",
        {"objective": "beta-vae", "beta": 4.0, "alpha": 1.0, "gamma": 1.0, "estimator": None, "epochs": 3, "seed": 0},
        '{"kind":"mig","settings":{"objective":"vae","beta":1.0,"batch_size":32,"steps":7,"seed":0}}',
        {"objective": "vae", "steps": 8},
    ]
    noted: list[str] = []
    found = tcvae_cli.sweep(
        workshop / "small.h5",
        from_=runs,
        steps=7,
        batch_size=32,
        alpha=1,
        output=tmp_path,
        dry_run=True,
        device="cpu",
        note=noted.append,
    )
    assert [(run.path, run.settings["steps"]) for run in found.runs] == [
        ("beta-tcvae/beta_6/steps_5/seed_1", 5),
        ("vae/seed_0", 7),
        ("beta-vae/beta_4/epochs_3/seed_0", 18),
        ("vae/steps_8/seed_0", 8),
    ]
    assert {run.settings["batch_size"] for run in found.runs} == {32}
    assert noted == ["{alpha} is left out for beta-vae, vae, which does not use it"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (45, "45 s"), (700, "12 min"), (6000, "1 h 40 min"), (3600 * 50, "2 days 2 h")],
)
def test_the_time_left_is_told_to_two_digits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_how_a_sweep_stands_is_said_in_a_line() -> None:
    running = (
        Running("vae/seed_0", 1200, 3000, 45.26, "ELBO -80.12"),
        Running("vae/seed_1", 0, 3000, None, "starting"),
    )
    standing = Standing(30, 12, 1, running, 5400.0)
    assert summary(standing) == "12 of 30 runs finished, 1 failed, 2 at work, about 1 h 30 min left"
    assert [in_words(run) for run in running] == [
        "vae/seed_0 at step 1,200 of 3,000, 45.3/s, ELBO -80.12",
        "vae/seed_1 at step 0 of 3,000, starting",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_end_of_a_path_and_what_a_run_does_are_shown_in_any_width(width: int) -> None:
    path = "beta-tcvae/beta_4/latents_6/batch-size_64/learning-rate_0.001/steps_12000/seed_"
    running = (
        Running(f"{path}18", 12000, 12000, None, "evaluating"),
        Running(f"{path}19", 1200, 12000, 1234.5, "ELBO -603.35"),
    )
    screen = io.StringIO()
    Console(file=screen, width=width).print(picture(Standing(30, 12, 1, running, None), width))
    _, first, second = screen.getvalue().splitlines()
    assert "/seed_18 " in first
    assert "evaluating" in first
    assert "/seed_19 " in second
    assert "ELBO -603.35" in second


def test_the_time_left_counts_what_comes_after_the_steps(tmp_path: Path) -> None:
    settings = Settings(objective="vae", beta=1.0, steps=10)
    first, second = (find(Wanted(f"vae/seed_{seed}", {}, settings), str(tmp_path), "", ()) for seed in (0, 1))
    board = Board([first, second], quiet, quiet, quiet)
    board.begin(first)
    for step in (0, 10):
        board.hear(first, {"step": step, "words": ""})
    track = board.tracks[first.path]
    assert (track.words, track.rate) == ("evaluating", None)
    assert None not in (track.since, track.trained, board.began)
    now = time.monotonic()
    track.since, track.trained, board.began = (now - ago for ago in (120, 20, 120))
    assert board.left() == pytest.approx(100)
    board.hear(first, {"done": "10 steps"})
    left = board.left()
    assert left is not None
    assert 120 <= left <= 120 + time.monotonic() - now


def test_what_all_runs_have_in_common_is_not_in_their_labels() -> None:
    paths = ["vae/steps_9/seed_0", "beta-vae/beta_4/steps_9/seed_0", "vae/steps_9/seed_1"]
    assert list(told_apart(paths).values()) == ["vae/seed_0", "beta-vae/beta_4/seed_0", "vae/seed_1"]
    assert told_apart(paths[:1]) == {paths[0]: paths[0]}


def test_images_that_stay_on_disk_are_read_by_each_process_for_itself(bench: Bench) -> None:
    flags = f"{FLAGS} --steps 2 --memory 8K"
    assert bench.run(f"tcvae train {flags} -o run")[0] == 0
    assert bench.run(f"tcvae sweep {flags} --measure none -o runs")[0] == 0
    (swept,) = bench.folder.glob("runs/**/run.safetensors")
    assert swept.read_bytes() == (bench.folder / "run").read_bytes()


def test_a_data_set_that_is_replaced_meanwhile_is_not_taken_for_the_same(workshop: Path, tmp_path: Path) -> None:
    path = shutil.copy(workshop / "tiny.h5", tmp_path)
    with open_data_set(path) as data:
        with reopened(data) as again:
            assert (again.rows(slice(None)) == data.rows(slice(None))).all()
        shutil.copy(workshop / "unlabelled.h5", tmp_path / "new")
        (tmp_path / "new").replace(path)
        with pytest.raises(TcvaeError, match="has been replaced meanwhile"):
            reopened(data)


def test_shares_divide_the_runs_and_may_sweep_one_folder_at_once(bench: Bench) -> None:
    runs = f"vae/{ENDLESS}/seed_0\nvae/seed_1\nvae/seed_2\nvae/seed_3\n"
    (bench.folder / "list").write_text(runs)
    sweep = f"{SWEEP} --from list --steps 1 --measure none --checkpoint-every 1"
    with bench.started(f"{sweep} --share 1/4"):
        until((bench.folder / f"runs/vae/{ENDLESS}/seed_0/checkpoint").exists)
        assert bench.run(f"{sweep} --share 2/4")[0] == 0
        assert bench.run(f"{sweep} --share 5/9") == (0, b"", NO_RUNS)
        status, _, said = bench.run(f"{sweep} --share 1/2")
        # Its processes end with a sweep, whatever ends it.
        (child,) = children_in(bench.folder)
        parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parent, signal.SIGKILL)
        until(lambda: has_ended(child))
    assert status == 1
    assert "seed_0 failed: is being trained by another sweep; leave it to that one" in said
    assert [path.parent.name for path in sorted(bench.folder.glob("runs/**/run.safetensors"))] == ["seed_1", "seed_2"]
