"""`tcvae recipes`: the folder that it writes is what git tracks, and make works there without a clone."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from setuptools import Distribution

from helpers.command import call
from tcvae_cli import __version__
from tcvae_cli.verbs.recipes import CARRIED, makefile, recipe_files, write_recipes

ROOT = Path(__file__).parents[1]
NAMES = ("it's a folder, #1 of $HOME", "python (3)")  # of a folder and of an interpreter


def make(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run make in a folder, and return all that it says."""
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PROFILE", "SEEDS", "SHARE", "TCVAE", "VENV")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    command = ["make", "--no-print-directory", "-C", str(folder), *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == status, run.stderr
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that was written, beside an interpreter that prints what it is given."""
    folder = tmp_path_factory.mktemp("written") / NAMES[0]
    python = folder.parent / NAMES[1]
    python.write_text('#!/bin/sh\necho "python $*"\n')
    python.chmod(0o755)
    write_recipes(folder, str(python))
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a clone, of which git tells what it tracks")
def test_the_folder_has_what_git_tracks(written: Path) -> None:
    command = ["git", "ls-files", "recipes", "constraints.txt"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout.split()
    assert files_in(written) == {*tracked, "Makefile"}
    assert [name for name in tracked if (written / name).read_bytes() != (ROOT / name).read_bytes()] == []


def test_make_runs_the_interpreter_that_is_installed(written: Path) -> None:
    listed = make(written)
    assert "\n  reproduce-figure3 " in listed
    assert "\n  demo " in listed
    assert "\n  test " not in listed
    assert "*** No rule to make target 'test'" in make(written, "test", status=2)
    made = make(written, "reproduce-report", "PROFILE=smoke")
    assert "\npython recipes/report.py out/smoke/figures appendix-" in made
    plan = make(written, "-n", "reproduce-all", "PROFILE=smoke", "STANDIN=1")
    assert f"/{NAMES[1]}' -P -m tcvae_cli sweep --data out/data/dsprites-small.h5 " in plan
    assert "pip " not in plan


def test_make_says_that_the_interpreter_is_gone(written: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(makefile("/nowhere/python"))
    (tmp_path / "recipes").symlink_to(written / "recipes")
    said = make(tmp_path, "demo", status=2)
    assert said.count("\n") == 1
    assert "*** /nowhere/python is gone: remove this Makefile, and let `tcvae recipes .` write another." in said


def test_the_next_command_is_said_and_what_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, output, errors = call("recipes", "my paper")
    assert (status, output) == (0, b"")
    assert errors.endswith("next: make -C 'my paper' reproduce-figure3, or make -C 'my paper' help\n")
    (tmp_path / "my paper/recipes/figure3.mk").unlink()
    assert call("recipes", "my paper")[2].startswith("my paper: 1 new file; next: ")
    assert call("recipes", "my paper")[2].startswith("my paper: no new files; next: ")


def own_file(folder: Path) -> None:
    (folder / "recipes").mkdir()
    (folder / "recipes/figure3.mk").write_text("mine")


def four_files(folder: Path) -> None:
    write_recipes(folder, sys.executable)
    for name in ("Makefile", "recipes/ablation.py", "recipes/experiments.mk", "recipes/figure3.mk"):
        with (folder / name).open("a") as file:
            file.write("mine")


def link_to_a_file(folder: Path) -> None:
    (folder / "Makefile").symlink_to(ROOT / "Makefile")


def link_to_a_folder(folder: Path) -> None:
    (folder / "recipes").symlink_to(ROOT / "recipes")


@pytest.mark.parametrize(
    ("lay_out", "fault"),
    [
        (own_file, "paper/recipes/figure3.mk: is not what tcvae would write there; move it away, or name another"),
        (lambda folder: (folder / "Makefile").mkdir(), "paper/Makefile: is not what tcvae would write there; "),
        (
            four_files,
            "paper/recipes/ablation.py and 3 more: are not what tcvae would write there; move them away, or name",
        ),
        (link_to_a_file, "paper/Makefile: is reached through a link; name another folder"),
        (link_to_a_folder, "paper/recipes/ablation.py: is reached through a link; name another folder"),
    ],
)
def test_nothing_is_overwritten_or_written_elsewhere(
    lay_out: Any, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paper").mkdir()
    lay_out(tmp_path / "paper")
    before = files_in(tmp_path)
    status, output, errors = call("recipes", "paper")
    assert (status, output, errors.count("\n")) == (1, b"", 1)
    assert errors.replace(f" {__version__}", "").startswith(f"tcvae: {fault}")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("module", ["matplotlib", "markdown_it", "sklearn"])
def test_without_the_extras_nothing_is_begun(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    status, _, errors = call("recipes", str(tmp_path / "paper"))
    said = "need the extras figures and scores; pip install 'tcvae[figures,scores]'"
    assert (status, errors) == (1, f"tcvae: recipes: {said}\n")
    assert not (tmp_path / "paper").exists()


def test_a_wheel_carries_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no installation that leads to a clone: there the clone's own files are written."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # which the file else sets
    build = runpy.run_path("tools/distribution.py")["BuildPackage"](Distribution({"packages": []}))
    build.ensure_finalized()
    for editable, carried in ((True, []), (False, recipe_files(ROOT))):
        build.build_lib, build.editable_mode = str(tmp_path / str(editable)), editable
        build.run()
        found = tmp_path / str(editable) / "tcvae_cli" / CARRIED
        assert sorted(files_in(found)) == carried
        assert [name for name in carried if (found / name).read_bytes() != (ROOT / name).read_bytes()] == []
