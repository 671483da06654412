"""Small files that expand to gigabytes, under every verb that reads them: 1 GB and 30 seconds of a processor."""

import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import bombs

Tally = Callable[[str, int, int], None]
BYTES, SECONDS = 1_000_000_000, 30
COMMANDS = (
    "show {}",
    "show {} --contact-sheet sheet.png",
    "subset {} --sample 1 -o out.h5",
    "encode run.safetensors --data {} -o out.safetensors",
    "mig codes24.safetensors --factors {}",
    "prepare arrays --source {} -o out.h5",
)
FOLDER = ("prepare folder --source {} --resize pad -o out.h5",)
BOMBS: dict[str, Callable[[Path], None]] = {
    "names.h5": lambda path: bombs.one_name_for_all_classes(path, 2000, bombs.MiB),
    "names_of_many.h5": lambda path: bombs.one_name_for_all_classes(path, 200, bombs.MiB, 20),
    "attributes.h5": lambda path: bombs.one_text_for_all_attributes(path, 900, bombs.MiB - 64),
    "labels.h5": lambda path: bombs.one_label_for_all_images(path, 2000, bombs.MiB),
    "one_chunk.h5": lambda path: bombs.data_set(path, 32_000, (64, 64), chunks=(32_000, 64, 64)),
    "thin.h5": lambda path: bombs.data_set(path, 200_000, (64, 64), chunks=(200_000, 4, 4)),
    "thin_within.h5": lambda path: bombs.data_set(path, 65_000, (64, 64), chunks=(65_000, 4, 4)),
    "many.h5": lambda path: bombs.data_set(path, 700_000, (64, 64), chunks=(256, 64, 64)),
    "wide.h5": lambda path: bombs.data_set(path, 1500, (2000, 1000), chunks=(1, 2000, 1000)),
    "huge.h5": lambda path: bombs.data_set(path, 40, (12_000, 12_000), chunks=(1, 12_000, 12_000)),
    "further.h5": lambda path: bombs.chunk_that_inflates_further(path, 1 << 31),
    "numbers.h5": lambda path: bombs.many_numbers(path, 18_000, 900),
    "tall.zip": lambda path: bombs.zip_of(path, ".png", bombs.grey_png(1, 89_000_000)),
    "squares.zip": lambda path: bombs.zip_of(path, ".png", bombs.grey_png(9400, 9400), 60),
    "large.webp.zip": lambda path: bombs.zip_of(path, ".webp", bombs.webp(16_383, 5400)),
    "webps.zip": lambda path: bombs.zip_of(path, ".webp", bombs.webp(6000, 6000), 60),
    "scans.zip": lambda path: bombs.zip_of(path, ".jpg", bombs.jpeg_of_scans(3000, 3000)),
    "many_scans.zip": lambda path: bombs.zip_of(path, ".jpg", bombs.jpeg_of_scans(3000, 400), 20),
    "sparse.tar": lambda path: bombs.sparse_tar(path, 60, 1 << 28),
    "overlapping.zip": lambda path: bombs.overlapping_zip(path, 60, bytes(1 << 28)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_small_file_takes_much(
    specimen_files: Path, torture: bool, tally: Tally, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not torture:
        pytest.skip("takes minutes: make torture")
    monkeypatch.chdir(tmp_path)
    for kept in ("run.safetensors", "codes24.safetensors"):
        Path(kept).symlink_to(specimen_files / kept)
    make(name)
    assert Path(name).stat().st_size < 10_000_000
    commands, refused = COMMANDS if name.endswith(".h5") else FOLDER, 0
    for command in commands:
        words = [sys.executable, "-m", "tcvae_cli", *command.format(name).split()]
        child = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert child.stderr is not None
        with child.stderr as stream:
            errors = stream.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode in (0, 1, 2), errors
        assert "Traceback" not in errors
        assert weight_of(used) < BYTES, (command, weight_of(used))
        assert used.ru_utime + used.ru_stime < SECONDS, (command, used)
        refused += child.returncode != 0
    tally(f"small files that expand: {name}", len(commands), refused)


def make(name: str) -> None:
    """Write a file in a child process: what this one held would be counted among what those that it starts hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does without
        child = os.fork()
    if child == 0:
        try:
            BOMBS[name](Path(name))
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def weight_of(used: resource.struct_rusage) -> int:
    """Return the most bytes of memory that a process held."""
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
