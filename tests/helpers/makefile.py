"""A folder with the Makefile and a fake `tcvae` that notes what it was asked to do."""

import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from helpers.warm import server

ROOT = Path(__file__).parents[2]

# Each verb notes its command line; a run is its own flags, codes are their run, so that mig can tell what was trained.
FAKE = """\
import json, sys
verb, *rest = sys.argv[1:]
with open("calls", "a") as calls:
    print(verb, *rest, file=calls)
output = rest[rest.index("-o") + 1] if "-o" in rest else "/dev/stdout"
if verb == "train":
    content = json.dumps(dict(zip(rest[::2], rest[1::2])))
elif verb == "encode":
    content = open(rest[0]).read()
elif verb == "mig" and "--factors" in rest and rest[0] == "--factors":
    flags = json.load(sys.stdin)
    settings = {"objective": flags["--objective"], "beta": float(flags.get("--beta", 1)), "seed": int(flags["--seed"])}
    content = json.dumps({"kind": "mig", "mig": settings["beta"] / 100 + settings["seed"] / 100, "estimator": "exact",
                          "data_set": "dsprites", "provenance": "rendered", "settings": settings}) + "\\n"
else:
    content = verb + "\\n"
open(output, "w").write(content)
"""


class Workshop:
    """A folder with the Makefile, the recipes and a fake tcvae."""

    def __init__(self, folder: Path, *variables: str, like: Path | None = None) -> None:
        """Furnish FOLDER, with what has been made in the folder LIKE, if given."""
        self.folder = folder
        self.variables = variables
        if like:
            shutil.copytree(like, folder, dirs_exist_ok=True)
            return
        shutil.copy(ROOT / "Makefile", folder)
        shutil.copytree(ROOT / "recipes", folder / "recipes", ignore=shutil.ignore_patterns("__pycache__"))
        self.install(FAKE)

    def install(self, program: str) -> None:
        fake = self.folder / "fake"
        fake.write_text(f"#!{sys.executable} -IS\n{program}")
        fake.chmod(0o755)

    def make(self, *arguments: str, status: int = 0) -> str:
        """Run `make ARGUMENTS`, and return what it prints."""
        ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PROFILE", "SEEDS", "LAUNCH", "DEMO_FLAGS", "PLANNED")
        given = ("TCVAE=./fake", f"VENV={server().programs.parent}", f"PYTHON={sys.executable}")
        run = subprocess.run(
            ["make", *given, *self.variables, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in ours} | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == status, run.stdout + run.stderr
        self.stderr = run.stderr
        return run.stdout

    def planned(self, *arguments: str) -> list[str]:
        """Return the trainings that `make -n` announces, each as OBJECTIVE/.../seed."""
        lines = self.make("-n", *arguments).splitlines()
        return [line.split(" -o out/")[1].split("/run.safetensors")[0] for line in lines if " train " in line]

    def calls(self, verb: str) -> list[str]:
        return [line for line in (self.folder / "calls").read_text().splitlines() if line.split()[0] == verb]

    def touch(self, name: str) -> None:
        """Make NAME newer than anything made so far."""
        later = time.time() + 10
        os.utime(self.folder / name, (later, later))


def draw_figure3(folder: Path) -> None:
    """Make figure 3 of the smoke profile in FOLDER: ten runs."""
    Workshop(folder, "DATA_SETS=dsprites-small").make("reproduce-figure3", "PROFILE=smoke", "-j2")


def failing(condition: str) -> str:
    """Return a fake whose training fails where CONDITION holds for its flags, `rest`."""
    return FAKE.replace(
        'if verb == "train":', f'if verb == "train" and {condition}:\n    sys.exit(1)\nelif verb == "train":'
    )


def recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names in recipes/NAME."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return runpy.run_path(str(ROOT / "recipes" / name))
