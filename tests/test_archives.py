"""Pictures in zip and tar archives, also hostile ones."""

import io
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import labelled_folder, png, prepared, refusal
from tcvae_cli.datasets import archives
from tcvae_cli.errors import TcvaeError


def test_a_full_disk_is_not_taken_for_a_damaged_archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "noise.zip", "w") as archive:
        for k in range(40):
            noise = np.random.default_rng(k).integers(0, 256, (64, 64, 3), dtype=np.uint8)
            archive.writestr(f"{k}.png", png(noise))
    command = f"ulimit -f 100; {sys.executable} -m tcvae_cli prepare folder --source noise.zip -o out.h5"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    wanted = "tcvae: out.h5: file too large; free some space or choose another place\n"
    assert (done.returncode, done.stderr) == (1, wanted)


def test_archives_are_read_without_unpacking(folder: Path) -> None:
    labelled_folder(folder)
    wanted, _ = prepared(folder, "--size", "8")
    for name in ("pictures.zip", "pictures.tar"):
        path = folder.parent / name
        if name.endswith("zip"):
            with zipfile.ZipFile(path, "w") as archive:
                for file in sorted(folder.rglob("*.png"), reverse=True):
                    archive.write(file, file.relative_to(folder))
                archive.writestr("__MACOSX/left/._1.png", b"twin")
        else:
            with tarfile.open(path, "w") as tar:
                tar.add(folder, "pictures")
        np.testing.assert_array_equal(prepared(path, "--size", "8")[0], wanted)
    subprocess.run(
        ["tar", "-cf", folder.parent / "here.tar", "-C", folder, "."], check=True, timeout=300
    )  # names begin with ./
    np.testing.assert_array_equal(prepared(folder.parent / "here.tar", "--size", "8")[0], wanted)


def hostile_tar(path: Path, kind: bytes = tarfile.REGTYPE, name: str = "a.png", size: int | None = None) -> Path:
    """Return a tar with one member that should not be there."""
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0
        if size is not None:
            info.size = size
            tar.fileobj.write(info.tobuf())  # type: ignore[union-attr]
        else:
            tar.addfile(info)
    return path


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.tar"
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        assert "which is a link, a device, sparse or encrypted" in refusal(
            "folder", "--source", str(hostile_tar(path, kind))
        )
    for name in ("../a.png", "/a.png", "x/../../a.png"):
        assert "leads out of the archive" in refusal("folder", "--source", str(hostile_tar(path, name=name)))
    assert "claims to be 1,000,000,000,000 bytes" in refusal("folder", "--source", str(hostile_tar(path, size=10**12)))
    zipped = tmp_path / "hostile.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        info = zipfile.ZipInfo("a.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "which is a link" in refusal("folder", "--source", str(zipped))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(1_000_000))
    with (
        pytest.raises(TcvaeError, match=r"holds a\.png, which claims to be 1,000,000 bytes"),
        archives.open_members(str(zipped), most=100_000),
    ):
        pytest.fail("it was opened")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_an_archive_holds_twice_is_refused(tmp_path: Path) -> None:
    picture = png(Image.new("L", (8, 8)))
    for second in ("a/b.png", "./a/b.png", "a//b.png"):
        with tarfile.open(tmp_path / "twice.tar", "w") as tar:
            for name in ("a/b.png", second):
                info = tarfile.TarInfo(name)
                info.size = len(picture)
                tar.addfile(info, io.BytesIO(picture))
        with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
            for name in ("a/b.png", second):
                archive.writestr(name, picture)
        for name in ("twice.tar", "twice.zip"):
            assert f"{name}: holds a/b.png twice; keep the one" in refusal("folder", "--source", str(tmp_path / name))
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        for _ in range(2):
            archive.writestr("images.npy", b"")
    assert "holds images.npy twice" in refusal("arrays", "--source", str(tmp_path / "twice.npz"))


def lying_zip(path: Path, method: int, size: int) -> Path:
    """Return a zip of many megabytes of zeros as a.png, which claims to be SIZE bytes."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive, archive.open("a.png", "w") as member:
        for _ in range(400 if method == zipfile.ZIP_DEFLATED else 100):
            member.write(bytes(1_000_000))
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):  # the directory, and what stands before the member
        start = content.index(signature) + place
        content[start : start + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        (zipfile.ZIP_DEFLATED, "none of its 1 images could be read (a.png (is damaged or cut short))"),
        (zipfile.ZIP_BZIP2, "holds a.png, which is neither stored nor deflated; zip it again the usual way"),
    ],
    ids=["deflate", "bzip2"],
)
def test_a_zip_that_lies_about_a_size_is_not_inflated_beyond_it(tmp_path: Path, method: int, fault: str) -> None:
    path = lying_zip(tmp_path / "lying.zip", method, 1000)
    tracemalloc.start()
    assert fault in refusal("folder", "--source", str(path))
    assert tracemalloc.get_traced_memory()[1] < 5e7
    tracemalloc.stop()
