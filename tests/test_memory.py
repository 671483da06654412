"""Memory is bounded by a block: the most that a process of its own ever held, for a large source and a small one."""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

MEASURED = """
import sys
from tcvae_cli.__main__ import run
status = run()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
sys.exit(status)
"""
SIDE = 128
IMAGE_BYTES = SIDE * SIDE * 3
LARGE = 6500  # images: 319 MB, of which a fifth is more than what threads hold by chance


def blocks(rows: int) -> list[np.ndarray]:
    """Return images of stripes, which are soon compressed, by the hundred, which all are one array."""
    colours = np.random.default_rng(0).integers(0, 4, (100, SIDE, 1, 3), dtype=np.uint8) * np.uint8(60)
    return [np.repeat(colours, SIDE, axis=2)] * (rows // 100)


def write_npz(path: Path, rows: int) -> tuple[str, ...]:
    """Write ROWS images as an array."""
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("images.npy", "w", force_zip64=True) as member:
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, SIDE, SIDE, 3)}
        np.lib.format.write_array_header_1_0(member, header)
        for block in blocks(rows):
            member.write(block.tobytes())
    return "prepare", "arrays", "--source", str(path)


def write_tar(path: Path, rows: int) -> tuple[str, ...]:
    """Write ROWS images as picture files."""
    stream = io.BytesIO()
    Image.fromarray(blocks(100)[0][0]).save(stream, "BMP")
    with tarfile.open(path, "w") as tar:
        for row in range(rows):
            info = tarfile.TarInfo(f"{row:06d}.bmp")
            info.size = len(stream.getvalue())
            tar.addfile(info, io.BytesIO(stream.getvalue()))
    return "prepare", "folder", "--source", str(path), "--size", "64"


def write_set(path: Path, rows: int) -> tuple[str, ...]:
    """Write ROWS images as a data set."""
    description = Description("noise", rows, (SIDE, SIDE, 3), "rgb", (), (), (), "made up")
    write_data_set(path, Source(description, iter(blocks(rows))))
    return "subset", str(path), "--sample", str(rows - 1)


def most_held(arguments: tuple[str, ...]) -> int:
    """Return the most bytes that `tcvae` held of the machine's memory."""
    command = [sys.executable, "-c", MEASURED, *arguments, "-o", "out.h5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return 1024 * int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell of memory")
@pytest.mark.parametrize("write", [write_npz, write_tar, write_set], ids=["arrays", "folder", "subset"])
def test_memory_does_not_grow_with_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object) -> None:
    monkeypatch.chdir(tmp_path)
    small, large = (most_held(write(tmp_path / str(rows), rows)) for rows in (1000, LARGE))  # type: ignore[operator]
    assert large - small < 0.2 * (LARGE - 1000) * IMAGE_BYTES
