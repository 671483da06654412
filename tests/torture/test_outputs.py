"""Disks that are full, places that cannot be written, names of any kind, and pipes of any kind."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from helpers.command import call
from helpers.waiting import PATIENCE, has_steps, until
from helpers.warm import Server

Tally = Callable[[str, int, int], None]
Start = Callable[..., "subprocess.Popen[bytes]"]
OLD = b"what was there before"
WRITERS = {
    "prepare": "prepare arrays --source arrays.npz -o out.h5",
    "subset": "subset data.h5 --sample 5 -o out.h5",
    "train": "train --data data.h5 --precision float32 --latents 3 --steps 2 -o out.run",
    "checkpoint": "train --data data.h5 --steps 2 --checkpoint-every 1 -o ../run --checkpoint out.run",
    "encode": "encode run.safetensors -o out.codes",
    "traverse": "traverse run.safetensors -o out.png",
    "plot": "plot box results.jsonl -o out.png",
    "sheet": "show data.h5 --contact-sheet out.png",
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, specimen_files: Path) -> Path:
    return shutil.copytree(specimen_files, tmp_path_factory.mktemp("outputs") / "bench")


def fresh(command: str, folder: Path, **more: object) -> "subprocess.Popen[bytes]":
    """`tcvae COMMAND` as a process of its own that imports all it needs."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more.pop("env", {})}  # type: ignore[dict-item]
    arguments = [sys.executable, "-m", "tcvae_cli", *command.split()]
    return subprocess.Popen(arguments, cwd=folder, env=environment, **more)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def start(warm: Server) -> Start:
    """Start `tcvae COMMAND` in a folder as a process of its own, which Python takes apart at its end."""
    environment = {**os.environ, "TO_THE_END": "yes"}

    def popen(command: str, folder: Path, **streams: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([warm.programs / "tcvae", *command.split()], cwd=folder, env=environment, **streams)

    return popen


@pytest.mark.parametrize("verb", WRITERS)
def test_a_disk_that_is_full_at_any_byte(
    bench: Path, verb: str, torture: bool, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit on the size of a file stands for a full disk: the system says no to the same calls."""
    monkeypatch.chdir(bench)
    output = Path(next(word for word in WRITERS[verb].split() if word.startswith("out.")))
    assert call(*WRITERS[verb].split())[0] == 0
    whole, random = output.read_bytes(), Random(verb)
    sizes = [0, 1, len(whole) - 1, *(random.randrange(len(whole)) for _ in range(40 if torture else 2))]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in sizes:
        output.write_bytes(OLD)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            status, _, errors = call(*WRITERS[verb].split())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (status, errors.splitlines()[-1]) == (
            1,
            f"tcvae: {output}: file too large; free some space or choose another place",
        )
        assert errors.count("tcvae:") == 1
        assert output.read_bytes() == OLD
        assert not list(bench.glob(".tcvae-*"))
    tally(f"a full disk under {verb}", len(sizes), len(sizes))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 kB, where we may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", place], capture_output=True, timeout=300
        ).returncode
    ):
        pytest.skip("may not mount a file system here")
    yield place
    subprocess.run(["umount", place], check=True, timeout=300)


def test_a_file_system_that_is_full(
    bench: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    for name in ("run.safetensors", "data.h5", "results.jsonl"):
        (small_disk.parent / name).symlink_to(bench / name)
    monkeypatch.chdir(small_disk.parent)
    (small_disk / "out").write_bytes(OLD)
    (small_disk / "ballast").write_bytes(bytes(80_000))
    commands = (
        "train --data data.h5 --steps 1 -o small/out",
        "traverse run.safetensors --frames 50 -o small/out",
        "prepare arrays --source many.npy -o small/out",
    )
    import numpy as np

    np.save("many.npy", np.random.default_rng(0).integers(0, 256, (300, 32, 32), dtype=np.uint8))
    for command in commands:
        status, _, errors = call(*command.split())
        assert (status, errors.splitlines()[-1]) == (
            1,
            "tcvae: small/out: no space left on device; free some space or choose another place",
        )
        assert (small_disk / "out").read_bytes() == OLD
        assert sorted(os.listdir(small_disk)) == ["ballast", "out"]
    flags = "train --data data.h5 --steps 200 --latents 3 --precision float32 -o run2 --log small/log"
    with contextlib.suppress(OSError), (small_disk / "ballast").open("ab", buffering=0) as ballast:
        while ballast.write(bytes(1000)):
            pass
    status, _, errors = call(*flags.split())
    assert (status, errors.splitlines()[-1]) == (
        1,
        "tcvae: small/log: no space left on device; free some space or choose another place",
    )
    tally("a file system that is full", 4, 4)


@pytest.mark.parametrize("command", ["show run.safetensors", "estimate-tc codes24.safetensors", "--version"])
def test_text_that_a_full_disk_refuses_is_one_line(start: Start, bench: Path, command: str) -> None:
    with open("/dev/full", "wb") as full:
        process = start(command, bench, stdout=full, stderr=subprocess.PIPE)
        _, errors = process.communicate(timeout=PATIENCE)
    said = b"tcvae: stdout: no space left on device; free some space or choose another place\n"
    assert (process.returncode, errors) == (1, said)


def test_a_run_that_a_full_disk_refuses_leaves_a_checkpoint(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long training is not lost for the disk of its output."""
    monkeypatch.chdir(bench)
    kept, flags = tmp_path / "kept", "train --data data.h5 --precision float32 --steps 7 -o /dev/full"
    status, _, errors = call(*flags.split(), "--checkpoint", str(kept))
    assert (status, errors.count("tcvae:")) == (1, 1)
    run = tmp_path / "run"
    assert call("train", "--resume", str(kept), "-o", str(run))[0] == 0
    assert call("show", str(run))[1].count(b"7") > 0


def test_a_last_checkpoint_that_cannot_be_written_is_told(start: Start, bench: Path, tmp_path: Path) -> None:
    kept, log = tmp_path / "kept", tmp_path / "log"
    kept.symlink_to("/dev/full")
    endless = "train --data data.h5 --precision float32 --steps 100000000 --checkpoint-every 100000000 -o run2"
    process = start(f"{endless} --log {log} --checkpoint {kept}", bench, stderr=subprocess.PIPE)
    until(lambda: has_steps(log) or process.poll() is not None)
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert f"the last checkpoint could not be written: {kept}: no space left on device; " in errors.decode()


@pytest.mark.parametrize(
    "name",
    [
        "with space.h5",
        "new\nline.h5",
        "n" * 255,
        "ünïcode.h5",
        "\udcff\udcfe.h5",
        "-starts-with-dash.h5",
        "tab\t.h5",
        "$(touch gone).h5",
        "a'b\"c.h5",
    ],
)
def test_names_of_any_kind_are_written_and_read(
    bench: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = f"./{name}" if len(name) < 255 else name
    status, _, errors = call("subset", str(bench / "data.h5"), "--sample", "20", "-o", typed)
    assert status == 0, errors
    assert errors.count("\n") == 1
    assert os.listdir() == [name]
    for command in (("show", typed), ("encode", str(bench / "run.safetensors"), "--data", typed, "-o", "codes")):
        status, _, errors = call(*command)
        assert status in (0, 2), errors
        assert errors.count("\n") <= 1
        assert "Traceback" not in errors
    if status == 0:
        assert call("mig", "codes", "--factor", "shape")[0] == 0
        assert call("show", "codes")[0] == 0
    (tmp_path / name).write_bytes(b"damaged")
    status, _, errors = call("show", typed)
    assert (status, errors.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["show data.h5", "mig codes24.safetensors --factors data.h5"])
def test_processes_that_met_a_damaged_data_set_end_well(
    start: Start, bench: Path, tmp_path: Path, command: str, torture: bool, tally: Tally
) -> None:
    """HDF5 tidies up after Python has gone, and crashes if something of a file that it could not open is left then."""
    from helpers.mutators import flip_early

    content, seeds = (bench / "data.h5").read_bytes(), range(40 if torture else 6)
    shutil.copy(bench / "codes24.safetensors", tmp_path)
    refused = 0
    for seed in seeds:
        (tmp_path / "data.h5").write_bytes(flip_early(Random(seed), content[:512]) + content[512:])
        process = start(command, tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors.count(b"\n")) in ((0, 0), (1, 1)), (seed, errors)
        refused += process.returncode
    tally(f"whole processes of {command.split()[0]} on damaged data sets", len(seeds), refused)


def test_an_empty_name_is_one_line(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bench)
    status, _, errors = call("encode", "run.safetensors", "-o", "")
    assert (status, errors) == (2, "tcvae: --output: is empty; name a file\n")


def test_places_that_cannot_be_written(bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bench)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    places = {
        str(tmp_path): "is a directory",
        str(tmp_path / "no" / "where.h5"): "there is no directory",
        "/proc/x.h5": "",
        str(tmp_path / ("n" * 256)): "file name too long",
        "data.h5/x.h5": "data.h5 is not a directory; choose",
        "/dev/full": "no space left on device",
    }
    for place, said in places.items():
        for command in (
            "subset data.h5 --sample 5",
            "encode run.safetensors",
            "traverse run.safetensors",
            "train --data data.h5 --steps 1",
        ):
            status, _, errors = call(*command.split(), "-o", place)
            assert status in (1, 2), (place, command, errors)
            last = errors.splitlines()[-1]
            assert last.startswith("tcvae: "), (place, command)
            assert said in last or status == 2
    assert sorted(tmp_path.iterdir()) == [tmp_path / "loop"]


def test_a_directory_that_only_others_may_write(bench: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "out.h5").write_bytes(OLD)
    folder.chmod(0o555)
    more = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    for above in bench.parents if more else ():  # pytest keeps its folders to their owner
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(above.stat().st_mode | 0o055)
    try:
        process = fresh(
            f"subset {bench}/data.h5 --sample 5 -o {folder}/out.h5", Path("/"), stderr=subprocess.PIPE, **more
        )
    except PermissionError:
        pytest.skip("nobody else may run this Python")
    _, errors = process.communicate(timeout=PATIENCE)
    folder.chmod(0o755)
    if b"No module named" in errors:
        pytest.skip("nobody else may read this installation")
    assert (process.returncode, errors.decode()) == (
        1,
        f"tcvae: {folder}/out.h5: is not writable; choose another place\n",
    )
    assert (folder / "out.h5").read_bytes() == OLD


def test_no_file_is_read_and_written_by_one_command(
    start: Start, bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under whatever name: as typed, by a link, as the data set that a run remembers."""
    for name in (
        *("data.h5", "run.safetensors", "results.jsonl", "arrays.npz", "codes24.safetensors", "checkpoint.safetensors"),
    ):
        shutil.copy(bench / name, tmp_path)
    for name in ("png", "norb"):
        shutil.copytree(bench / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    os.link("data.h5", "hard.h5")
    Path("soft.h5").symlink_to("data.h5")
    Path("soft.png").symlink_to("data.h5")
    Path("results.png").symlink_to("results.jsonl")
    Path("soft.run").symlink_to("checkpoint.safetensors")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    norb = next(Path("norb").glob("*dat*"))
    for command in (
        "prepare folder --source png --size 8 -o png/a.png",
        f"prepare smallnorb --source norb --size 8 -o {norb}",
        "train --resume checkpoint.safetensors --steps 9 -o new.run --log checkpoint.safetensors",
        "train --resume checkpoint.safetensors --steps 9 -o ./checkpoint.safetensors",
        "train --resume checkpoint.safetensors --steps 9 -o soft.run",
        "subset data.h5 --sample 5 -o data.h5",
        "subset data.h5 --sample 5 -o hard.h5",
        "subset data.h5 --sample 5 -o soft.h5",
        "subset soft.h5 --sample 5 -o ./data.h5",
        "prepare arrays --source arrays.npz -o arrays.npz",
        "encode run.safetensors -o run.safetensors",
        "encode run.safetensors -o data.h5",
        "traverse run.safetensors --image 3 -o data.h5",
        "plot box results.jsonl -o results.png",
        "show data.h5 --contact-sheet soft.png",
        "train --data data.h5 --steps 1 -o hard.h5",
    ):
        status, _, errors = call(*command.split())
        assert status == 2, command
        assert errors.count("\n") == 1
    with open("data.h5", "rb") as stream:
        process = start("subset - --sample 5 -o data.h5", tmp_path, stdin=stream, stderr=subprocess.PIPE)
        assert process.communicate(timeout=300)[1].count(b"\n") == 1
    assert process.returncode == 2
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_checkpoint_may_take_the_place_of_the_one_resumed(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(bench / "checkpoint.safetensors", "c")
    shutil.copy(bench / "data.h5", ".")
    status, _, errors = call(
        *["train", "--resume", "c", "--checkpoint", "c", "--checkpoint-every", "1", "--steps", "4", "-o", "run"]
    )
    assert status == 0, errors


@pytest.mark.parametrize(
    "verb",
    [pytest.param("prepare", marks=pytest.mark.long), "encode", pytest.param("traverse", marks=pytest.mark.long)],
)
def test_streams_fifos_and_process_substitutions(warm: Server, bench: Path, tmp_path: Path, verb: str) -> None:
    *words, _, name = WRITERS[verb].split()
    command, tcvae = " ".join(words), warm.programs / "tcvae"
    wanted = subprocess.run(
        f"{tcvae} {command} -o - | cat", shell=True, cwd=bench, capture_output=True, timeout=300
    ).stdout
    assert len(wanted) > 1000
    suffix = Path(name).suffix
    fifo = tmp_path / f"fifo{suffix}"
    os.mkfifo(fifo)
    done = f"while ! test -e {tmp_path}/done; do sleep 0.1; done; cat {tmp_path}/x"
    ways = (
        f"{tcvae} {command} | cat",
        f"{tcvae} {command} -o /dev/stdout | cat",
        f"cat {fifo} & {tcvae} {command} -o {fifo}; wait",
        f"{sys.executable} -m tcvae_cli {command} -o >(cat >{tmp_path}/x; touch {tmp_path}/done); {done}",
    )
    for way in ways:
        if verb == "traverse" and ("/dev/stdout" in way or ">(" in way):
            continue  # a picture's format is the end of its name
        result = subprocess.run(["bash", "-c", way], cwd=bench, capture_output=True, timeout=PATIENCE)
        assert b"tcvae: " not in result.stderr, (way, result.stderr)
        assert result.stdout == wanted, way
    assert fifo.is_fifo()
    assert not list(Path("/tmp").glob(f".tcvae-*-{os.getpid()}-*"))


@pytest.mark.parametrize(
    "command",
    [
        "encode run.safetensors",
        *(
            pytest.param(c, marks=pytest.mark.long)
            for c in ("prepare arrays --source arrays.npz", "traverse run.safetensors", "mig codes24.safetensors")
        ),
        "show run.safetensors",
    ],
)
@pytest.mark.parametrize("count", [0, 10])
def test_a_reader_that_leaves(start: Start, bench: Path, command: str, count: int) -> None:
    process = start(command, bench, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(count)
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.stderr.close()
    assert b"Traceback" not in errors
    assert b"Exception ignored" not in errors
    assert errors.count(b"\n") <= 1
    assert process.wait(PATIENCE) in (0, 1)


def test_a_pipe_that_ends_at_any_byte(bench: Path, torture: bool, tally: Tally) -> None:
    """Codes, a data set, a run and results, through standard input, cut anywhere."""
    random, cases = Random(2), 0
    commands = {
        "codes24.safetensors": "mig",
        "data.h5": "subset --sample 2",
        "run.safetensors": "show -",
        "results.jsonl": "compare",
    }
    for name, command in commands.items():
        content = (bench / name).read_bytes()
        for _ in range(200 if torture else 15):
            cut = random.randrange(len(content) if random.random() < 0.7 else min(2000, len(content)))
            status, _, errors = call(*command.split(), stdin=content[:cut])
            cases += 1
            if name == "results.jsonl" and content[:cut].endswith((b"\n", b"}")):
                continue
            assert status == 1, (name, cut)
            assert errors.startswith("tcvae: stdin")
            assert errors.count("\n") == 1
    tally("a pipe that ends too early", cases, cases)


def test_slow_pipes_are_waited_for(start: Start, bench: Path) -> None:
    content = (bench / "codes24.safetensors").read_bytes()
    process = start("mig", bench, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    for k in range(0, len(content), 300):
        process.stdin.write(content[k : k + 300])
        process.stdin.flush()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert output == call("mig", str(bench / "codes24.safetensors"))[1]


@pytest.mark.parametrize("verb", ["mig", "estimate-tc", "score --measure sap", "encode", "traverse"])
def test_anything_else_piped_in_is_one_line(bench: Path, verb: str) -> None:
    pictures = (bench / "png/a.png").read_bytes()
    for content in (
        b"",
        b"\n",
        b"text, not codes\n" * 1000,
        b'{"kind":"mig"}\n',
        (bench / "data.h5").read_bytes(),
        pictures,
        b"\0" * 9,
        bytes(100_000),
        b"\xff" * 1000,
    ):
        status, output, errors = call(*verb.split(), stdin=content)
        assert (status, output) == (1, b"")
        assert errors.startswith("tcvae: stdin: is ")
        assert errors.count("\n") == 1


def test_endless_zeros_are_refused_at_once(start: Start, bench: Path) -> None:
    for command in ("show -",):
        with open("/dev/zero", "rb") as zeros:
            process = start(command, bench, stdin=zeros, stderr=subprocess.PIPE)
            _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert errors.startswith(b"tcvae: stdin: is not a safetensors file")


def test_more_codes_than_memory_pass_through_a_pipe(bench: Path, torture: bool, tally: Tally) -> None:
    """`show` keeps none of them."""
    gigabytes = 5.0 if torture else 0.3
    rows = int(gigabytes * 1e9 / 88)
    program = textwrap.dedent(f"""
        import sys
        from tcvae_cli.files.tensors import write_tensor_header
        from tcvae_cli.files.headers import new_header
        shapes = {{"mean": ("float32", ({rows}, 11)), "log_std": ("float32", ({rows}, 11))}}
        write_tensor_header(sys.stdout.buffer, new_header("codes"), shapes)
        left = {rows} * 88
        while left:
            left -= sys.stdout.buffer.write(bytes(min(left, 1 << 20)))
    """)
    source = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    meter = (
        "import resource, subprocess, sys; status = subprocess.call([sys.executable, '-m', 'tcvae_cli', 'show', '-']);"
        "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"  # of a process that began small
    )
    sink = subprocess.Popen([sys.executable, "-c", meter], stdin=source.stdout, stdout=subprocess.PIPE, text=True)
    assert source.stdout is not None
    source.stdout.close()
    output, _ = sink.communicate(timeout=300)
    status, peak = output.splitlines()[-1].split()
    assert status == "0"
    assert f"mean [{rows}, 11]" in output
    assert int(peak) < 150_000
    assert source.wait() == 0
    tally(f"{gigabytes:g} GB of codes through a pipe (peak {int(peak) / 1000:.0f} MB)", 1, 0)


def test_text_from_files_cannot_command_a_terminal(bench: Path, tmp_path: Path) -> None:
    import numpy as np

    from tcvae_cli.files.headers import new_header
    from tcvae_cli.files.tensors import tensors_to_bytes

    names = ["\x1b[2J\x9b31m", "[/red][bold]"]
    header = new_header(
        "codes",
        data={"rows": 4, "factor_names": names, "scored_factors": names, "name": "\x1b]0;x\x07", "provenance": "\n"},
        settings={"\x1b": "\x1b"},
    )
    tensors = {
        "mean": np.eye(4, 2, dtype=np.float32),
        "log_std": np.zeros((4, 2), np.float32),
        "factor_classes": np.array([[0, 0], [0, 1], [1, 0], [1, 1]]),
    }
    (tmp_path / "codes").write_bytes(tensors_to_bytes(header, tensors))
    for arguments in (
        ("show",),
        ("mig", "--format", "table"),
        ("mig", "--format", "tsv"),
        ("mig", "--format", "json"),
        ("mig", "--factor", "no\x1bname"),
    ):
        status, output, errors = call(arguments[0], str(tmp_path / "codes"), *arguments[1:])
        assert status in (0, 1, 2)
        assert not {c for c in output.decode() + errors if not c.isprintable()} - {"\n", "\t"}, arguments


def test_nothing_reaches_the_network(bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a socket that bites, each verb works, and --download alone meets it."""

    def bite(*arguments: object, **more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", bite)
    monkeypatch.setattr(socket, "create_connection", bite)
    monkeypatch.setattr(socket, "getaddrinfo", bite)
    monkeypatch.chdir(bench)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for command in (
        *WRITERS.values(),
        "mig codes24.safetensors",
        "estimate-tc codes24.safetensors",
        "score codes24.safetensors --measure sap",
        "compare results.jsonl",
    ):
        status, _, errors = call(*command.split())
        assert status == 0, (command, errors)
    with pytest.raises(AssertionError, match="a socket was opened"):
        call("prepare", "shapes3d", "--download", "-o", "x.h5")


def test_nothing_is_written_but_the_outputs(bench: Path, tmp_path: Path, torture: bool) -> None:
    """A home that nobody can write: each verb works, in silence, and leaves nothing anywhere."""
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    for name in ("run.safetensors", "data.h5", "results.jsonl", "codes24.safetensors", "arrays.npz"):
        shutil.copy(bench / name, work)
    before = sorted(os.listdir(work))
    environment = {
        "HOME": "/proc/nobody",
        "TMPDIR": str(temporary),
        "XDG_CACHE_HOME": "",
        "XDG_CONFIG_HOME": "",
        "MPLCONFIGDIR": "",
    }
    commands = [*WRITERS.values()] if torture else [WRITERS["plot"], WRITERS["encode"]]
    for command in (*commands, "mig codes24.safetensors"):
        process = fresh(command, work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert b"arning" not in errors
        assert b"atplotlib" not in errors
    assert [name for name in sorted(os.listdir(work)) if not name.startswith("out.")] == before
    assert os.listdir(temporary) == []


def test_sigpipe_and_hangups_are_the_systems_business() -> None:
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN  # as Python has it: we print no line for a closed pipe
