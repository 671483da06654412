"""What setuptools builds of a small package as pyproject.toml says; which files the source distribution has."""

import ctypes
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest
from setuptools import Distribution, Extension
from setuptools.command.egg_info import FileList

ROOT = Path(__file__).parents[1]
PROJECT = """
[project]
name = "small"
version = "1"

[tool.setuptools]
packages = ["small"]
include-package-data = false
ext-modules = [{ name = "small.loops", sources = ["small/loops.c"], extra-compile-args = ["-O2"] }]

[tool.setuptools.cmdclass]
"""
COMMANDS = re.search(r"(?s)\n\[tool.setuptools.cmdclass\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text())
COMPILER = (sysconfig.get_config_var("CC") or "cc").split()[0]
needs_compiler = pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"needs {COMPILER}")


def build(folder: Path, umask: int = 0o022, **environment: str) -> tuple[list[Path], str]:
    """Return the archives that are built in a FOLDER, and what is said while they are."""
    (folder / "small").mkdir(parents=True)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PROJECT + COMMANDS[1])
    (folder / "small/__init__.py").touch()
    (folder / "small/loops.c").write_text("int twice(int x) { return 2 * x; }\n")
    os.utime(folder / "small/loops.c", (umask, umask))
    built = subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "--quiet", "sdist", "bdist_wheel"],
        **{"cwd": folder, "umask": umask, "env": os.environ | {"PYTHONPATH": str(ROOT)} | environment},
        **{"capture_output": True, "text": True, "check": True, "timeout": 120},
    )
    return sorted((folder / "dist").iterdir()), built.stdout + built.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a wheel and a source distribution."""
    return build(tmp_path_factory.mktemp("built"))[0]


@needs_compiler
def test_two_builds_have_the_same_bytes(built: list[Path], tmp_path: Path) -> None:
    """In other folders, by another umask, of files of another time, and for a compiler that is told of this machine."""
    flags = {"CFLAGS": "-g -march=native", "LDFLAGS": "-L/lib -Wl,-rpath,/lib"}
    again, _ = build(tmp_path / "a/longer/name", umask=0o077, **flags)
    assert [path.name for path in built] == [path.name for path in again]
    assert [path.read_bytes() for path in built] == [path.read_bytes() for path in again]


@needs_compiler
def test_one_wheel_serves_every_python(built: list[Path], tmp_path: Path) -> None:
    wheel = built[0]
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name == f"small-1-py3-none-{platform}.whl"
    with ZipFile(wheel) as files:
        (library,) = [name for name in files.namelist() if name.startswith("small/loops.")]
        assert library in ("small/loops.so", "small/loops.dylib", "small/loops.dll")
        assert ctypes.CDLL(files.extract(library, tmp_path)).twice(21) == 42


def test_without_a_compiler_the_wheel_is_for_all_platforms(tmp_path: Path) -> None:
    (wheel, _), said = build(tmp_path, CC="no-compiler")
    assert wheel.name == "small-1-py3-none-any.whl"
    (line,) = [line for line in said.splitlines() if "loops in C" in line]
    assert "no-compiler" in line
    with ZipFile(wheel) as files:
        assert [name for name in files.namelist() if name.startswith("small/")] == ["small/__init__.py"]


@pytest.mark.parametrize("editable", [True, False])
def test_no_loops_of_other_sources_stay(editable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they can no longer be compiled. Those of a clone are touched by its own, editable installation only."""
    monkeypatch.setenv("CC", "no-compiler")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # which the file else sets
    command = runpy.run_path(str(ROOT / "tools/distribution.py"))["BuildLoops"]
    monkeypatch.chdir(tmp_path)
    Path("loops.c").touch()
    build = command(Distribution({"ext_modules": [Extension("small.loops", ["loops.c"])]}))
    build.build_lib, build.editable_mode = "lib", editable
    build.ensure_finalized()
    for folder in (".", "lib"):
        Path(folder, "small").mkdir(parents=True)
        Path(folder, build.get_ext_filename("small.loops")).touch()
        os.utime(Path(folder, build.get_ext_filename("small.loops")), (0, 0))  # older than its sources
    build.run()
    assert [path.parts[0] for path in Path().rglob("small/*")] == ([] if editable else ["small"])


def test_the_source_distribution_has_what_git_has(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    monkeypatch.chdir(ROOT)
    files = FileList()
    for line in (ROOT / "MANIFEST.in").read_text().splitlines():
        files.process_template_line(line)
    always = {"LICENSE", "README.md", "pyproject.toml", "setup.py"}
    assert {*files.files, *always} == set(tracked.stdout.splitlines())
