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

# Each verb notes its command line; a run is its own flags, and codes are their run. A sweep also notes the runs that it
# trains: those that are not there with the flags that are wanted. It writes none of those that fail.
FAKE = """\
import json, os, sys
verb, *rest = sys.argv[1:]
output = rest[rest.index("-o") + 1] if "-o" in rest else "/dev/stdout"
def note(*words):
    with open("calls", "a") as calls:
        print(*words, file=calls)
def fails(flags):
    return False  # here
def sweep(path, given):
    objective, *parts = path.split("/")
    flags = given | {"--objective": objective} | {"--" + name: value for name, value in (p.split("_") for p in parts)}
    run = os.path.join(output, path, "run.safetensors")
    if os.path.exists(run):
        if json.load(open(run)) == flags:
            return False
        os.rename(run, run + ".old")
    os.makedirs(os.path.dirname(run), exist_ok=True)
    note("train", run, *(word for flag in flags.items() for word in flag))
    if fails(flags):
        return True
    json.dump(flags, open(run, "w"))
    settings = {"objective": objective, "beta": float(flags.get("--beta", 1)), "seed": int(flags.get("--seed", 0))}
    about = {"estimator": "exact", "data_set": "dsprites", "provenance": "rendered", "settings": settings}
    values = {"mig": settings["beta"] / 100 + settings["seed"] / 100, "estimate-tc": 0.0}
    for name, value in values.items():
        line = {"kind": name, name: value, **about}
        print(json.dumps(line), file=open(os.path.join(output, path, name + ".json"), "w"))
    return False
note(verb, *rest)
if verb == "sweep":
    given = dict(zip(rest[::2], rest[1::2]))
    data, source, share = given.pop("--data"), given.pop("--from"), given.pop("--share", "1/1")
    del given["-o"]
    open(data)
    number, of = map(int, share.split("/"))
    paths = (sys.stdin if source == "-" else open(source)).read().split()
    sys.exit(any([sweep(path, given) for path in paths[number - 1 :: of]]))
content = open(rest[0]).read() if verb == "encode" else verb + "\\n"
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
        ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PROFILE", "SEEDS", "SHARE", "DEMO_FLAGS", "SWEPT")
        given = ("TCVAE=./fake", f"VENV={server().programs.parent}", f"PYTHON={sys.executable}")
        run = subprocess.run(
            ["make", *given, *self.variables, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in ours} | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert run.returncode == status, run.stdout + run.stderr
        self.stderr = run.stderr
        return run.stdout

    def listed(self, name: str, *arguments: str) -> list[str]:
        """Return the runs that `make list-reproduce-NAME` prints, without out/."""
        return [line.removeprefix("out/") for line in self.make(f"list-reproduce-{name}", *arguments).splitlines()]

    def trained(self) -> list[str]:
        """Return the runs that were trained since this was last asked, each as PROFILE/DATASET/OBJECTIVE/.../seed_N."""
        calls = self.folder / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return [line.split()[1].split("/", 1)[1].rpartition("/")[0] for line in lines if line.startswith("train ")]

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
    """Return a fake in which the trainings fail for whose `flags` a CONDITION holds."""
    return FAKE.replace("return False  # here", f"return {condition}")


def recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names in recipes/NAME."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return runpy.run_path(str(ROOT / "recipes" / name))
