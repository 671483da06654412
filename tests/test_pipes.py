"""Streams, terminals and outputs of whole processes: one line where something is wrong, and whole files only."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.waiting import PATIENCE, until
from helpers.warm import Server

TRAIN = ("train", "--data", "tiny.h5", "--batch-size", "64", "--precision", "float32")
Verb = Callable[..., Any]


def shell(warm: Server, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what became of a command of the shell in FOLDER."""
    environment = {**os.environ, "PATH": f"{warm.programs}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def test_a_reader_that_leaves_early_gets_no_traceback(warm: Server, workshop: Path) -> None:
    result = shell(warm, "tcvae encode run.safetensors | head -c 100 | wc -c", workshop)
    assert (result.stdout.strip(), result.stderr) == ("100", "")


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".tcvae-*.part"))


@pytest.mark.parametrize(("number", "parts_left"), [(signal.SIGKILL, True), (signal.SIGTERM, False)])
def test_no_file_under_its_final_name_after_a_kill(tmp_path: Path, number: int, parts_left: bool) -> None:
    verb = "from tcvae_cli.__main__ import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", verb, "prepare", "dsprites", "-o", str(tmp_path / "dsprites.h5")],
        stderr=subprocess.PIPE,
    )
    until(lambda: any(part.stat().st_size for part in parts(tmp_path)) or process.poll() is not None)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == (143 if number == signal.SIGTERM else -number)
    said = f"stopped: {tmp_path}/dsprites.h5 was not written whole\n" if number == signal.SIGTERM else ""
    assert errors.decode() == said
    assert not (tmp_path / "dsprites.h5").exists()
    assert bool(parts(tmp_path)) == parts_left


def test_binary_to_or_from_a_terminal_is_refused_in_one_line(warm: Server, workshop: Path) -> None:
    for arguments, named in ((("encode", "run.safetensors"), "stdout"), (("mig",), "stdin")):
        ours, theirs = os.openpty()
        process = subprocess.run(
            [warm.programs / "tcvae", *arguments],
            cwd=workshop,
            stdin=theirs if named == "stdin" else subprocess.DEVNULL,
            stdout=theirs if named == "stdout" else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
        os.close(ours)
        os.close(theirs)
        assert process.returncode == 2
        assert process.stderr.startswith(f"tcvae: {named}: is a terminal")
        assert process.stderr.count("\n") == 1


def test_a_full_disk_is_one_line(warm: Server, workshop: Path) -> None:
    result = shell(warm, "tcvae mig codes.safetensors >/dev/full", workshop)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("tcvae: ")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("show tiny.h5 >&-", 1, "tcvae: stdout: is closed; send it to a file, a pipe or /dev/null\n"),
        ("--version >&-", 1, "tcvae: stdout: is closed; send it to a file, a pipe or /dev/null\n"),
        ("show - <&-", 2, "tcvae: stdin: is closed; name a file or pipe one in\n"),
        ("compare <&-", 2, "tcvae: stdin: is closed; name a file or pipe one in\n"),
        ("show missing 2>&-", 1, ""),
        ("subset tiny.h5 --sample 3 -o drawn.h5 2</dev/null", 0, ""),  # as bash leaves it to a script's commands
        ("subset tiny.h5 --sample 3 -o part.h5 <&- >&- 2>&-", 0, ""),
    ],
)
def test_a_closed_stream_is_neither_written_nor_read(
    warm: Server, workshop: Path, words: str, status: int, said: str
) -> None:
    program = f"{sys.executable} -c 'from tcvae_cli.__main__ import main; main()'"
    result = shell(warm, f"{program} {words}", workshop)
    assert (result.returncode, result.stderr, result.stdout) == (status, said, "")
    if "part.h5" in words:  # which must not have had the number of a closed stream, where messages are written too
        whole = (workshop / "part.h5").read_bytes()
        assert shell(warm, "tcvae subset tiny.h5 --sample 3 -o part.h5", workshop).returncode == 0
        assert (workshop / "part.h5").read_bytes() == whole


def test_results_that_a_closed_stdout_refuses_are_an_error(warm: Server, workshop: Path) -> None:
    # The measuring verbs and `-o -` are tried on a stream that is open the other way round, which the system refuses
    # as it refuses a closed one: a server that has imported torch passes on open streams only.
    for words in ("mig codes.safetensors", "estimate-tc codes.safetensors", "encode run.safetensors"):
        result = shell(warm, f"tcvae {words} 1</dev/null", workshop)
        assert (result.returncode, result.stderr.count("\n")) == (1, 1), words
        assert result.stderr.startswith("tcvae: stdout: is closed"), words


def test_no_output_may_be_another_file_of_the_command(tcvae: Verb, tmp_path: Path) -> None:
    before = Path("tiny.h5").read_bytes()
    for flags in (("--log", "tiny.h5"), ("--checkpoint", "tiny.h5"), ("-o", "tiny.h5"), ("--checkpoint", "-")):
        status, _, errors = tcvae(*TRAIN, "--steps", "1", *flags)
        assert (status, errors.count("\n")) == (2, 1)
    assert Path("tiny.h5").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("show", "tiny.h5"),
        ("mig", "run_codes.safetensors", "--factors", "tiny.h5"),
        ("encode", "run.safetensors"),
        ("traverse", "run.safetensors", "--image", "0", "-o", "/dev/null"),
        ("train", "--data", "tiny.h5", "--steps", "1"),
    ],
    ids=lambda words: words[0],
)
def test_reading_a_data_set_through_shows_a_bar_on_a_terminal_only(
    warm: Server, workshop: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    command, shown = [warm.programs / "tcvae", *words], tmp_path / "shown"
    quiet = subprocess.run(command, cwd=workshop, capture_output=True, check=True, timeout=PATIENCE)
    assert b"checking" not in quiet.stderr
    ours, theirs = os.openpty()
    said = b""
    with shown.open("wb") as output, open(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(command, cwd=workshop, stdout=output, stderr=theirs)
        os.close(theirs)
        with contextlib.suppress(OSError):  # as Linux calls the end of a terminal that nobody has open
            while piece := terminal.read(1 << 16):
                said += piece
    assert process.wait(PATIENCE) == 0
    size = (workshop / "tiny.h5").stat().st_size
    assert b"checking the data set" in said
    assert f"0.0/{size / 1000:.1f} kB".encode() in said
    assert shown.read_bytes() == quiet.stdout
