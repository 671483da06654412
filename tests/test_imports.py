"""What each command loads: an upper number of modules, and none of the heavy packages that it does not use.

Modules are counted, as seconds differ from machine to machine. Where a row fails because a command needs more than it
did, raise its number; where a package came in that the command has no use for, import that where it is used.
"""

import collections
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer.main
from PIL import Image

import tcvae_cli.cli
from helpers import imports
from helpers.once import once

HEAVY = {
    *("torch", "torch._dynamo", "torch._inductor", "sympy", "triton", "tensorboardX", "onnx", "onnxruntime"),
    *("numpy", "scipy", "scipy.stats", "scipy.optimize", "scipy.sparse", "sklearn", "joblib", "pandas"),
    *("h5py", "safetensors", "zlib_ng"),
    *("matplotlib", "PIL", "markdown_it", "rich"),
    *("pooch", "requests", "urllib3", "asyncio", "multiprocessing"),
}
CLI = [module.name for module in pkgutil.iter_modules(tcvae_cli.cli.__path__, "tcvae_cli.cli.")]
ALL_OF_CLI = f"import {', '.join(CLI)}"
HELP = [f"{name} --help" for name in typer.main.get_command(tcvae_cli.cli.app).commands]
BARE = ["", "prepare", "train", "sweep", "score", "match", "rank"]  # which ask for more
FIRST = {
    "import tcvae_cli; dir(tcvae_cli)": (40, ""),
    "--help": (160, ""),
    "--version": (220, ""),
    ALL_OF_CLI: (220, "rich"),  # which the file that draws on terminals imports, itself imported on terminals only
}
LIGHT = {
    **dict.fromkeys(HELP + BARE, (260, "")),
    "show data.h5": (440, "numpy h5py safetensors zlib_ng"),
    "show run.safetensors": (440, "numpy h5py safetensors zlib_ng"),
    "subset data.h5 --sample 5 -o part.h5": (450, "numpy h5py zlib_ng"),
    "recipes paper": (260, ""),
    "prepare folder --source photographs -o own.h5": (480, "numpy h5py zlib_ng PIL"),
    "prepare arrays --source images.npy -o own.h5": (470, "numpy h5py safetensors zlib_ng PIL"),
    "compare results.jsonl": (540, "numpy scipy"),
    "plot box results.jsonl -o box.png": (750, "numpy scipy matplotlib PIL pooch"),  # pooch knows the cache's folder
}
FILES = "h5py safetensors zlib_ng"  # with torch, which brings numpy, asyncio and multiprocessing
WITH_TORCH = {
    "train --data data.h5 --steps 1 --batch-size 64 -o one.safetensors": (440, FILES),
    "sweep --data data.h5 --beta 1..2 --steps 1 --dry-run -o runs": (430, FILES),
    "encode run.safetensors --data data.h5 -o other.safetensors": (410, FILES),
    "estimate-tc codes.safetensors": (380, FILES),
    "mig codes.safetensors": (380, FILES),
    "score codes.safetensors --measure modularity": (550, f"{FILES} scipy"),
    "traverse run.safetensors -o walk.png": (480, f"{FILES} PIL"),
    "export run.safetensors -o weights.npz": (440, FILES),
    "show run.safetensors --format card": (460, FILES),
}
Tried = tuple[int, str, dict[str, str]]
BUDGETS = {**FIRST, **LIGHT, **WITH_TORCH}


def look(folder: Path) -> None:
    """Write into tried.json what each command loads."""
    (folder / "photographs").mkdir()
    for number in range(4):
        Image.new("RGB", (40, 30), (30 * number, 90, 120)).save(folder / f"photographs/{number}.png")
    np.save(folder / "images.npy", np.zeros((8, 64, 64), np.uint8))
    table = {"first": list(FIRST), "light": list(LIGHT), "with torch": list(WITH_TORCH)}
    done = subprocess.run(
        [sys.executable, imports.__file__],
        cwd=folder,
        input=json.dumps(table),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (folder / "tried.json").write_text(done.stdout)


@pytest.fixture(scope="module")
def tried(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tried]:
    """Return for each command its exit status, what it said, and the modules that it loads, by the lines of ours."""

    def made(folder: Path) -> None:
        for name, like in {"data.h5": "tiny.h5", "run.safetensors": "run.safetensors"}.items():
            (folder / name).symlink_to(workshop / like)
        (folder / "codes.safetensors").symlink_to(workshop / "run_codes.safetensors")
        (folder / "results.jsonl").symlink_to(Path(__file__).parents[1] / "results/laptop/figure3.jsonl")
        look(folder)

    found: dict[str, Tried] = json.loads((once(tmp_path_factory, "imports", made) / "tried.json").read_text())
    return found


@pytest.mark.parametrize("command", BUDGETS)
def test_a_command_loads_no_more_than_it_needs(command: str, tried: dict[str, Tried]) -> None:
    most, used = BUDGETS[command]
    status, said, modules = tried[command]
    assert status == (2 if command in BARE else 0), said
    faults = [f"{name} is loaded by {modules[name]}" for name in sorted(HEAVY - set(used.split())) if name in modules]
    if len(modules) > most:
        lines = collections.Counter(modules.values()).most_common(12)
        faults += [f"{len(modules)} modules are loaded, of which {most} may be:"]
        faults += [f"{number} of them by {line}" for line, number in lines]
    assert not faults, "\n".join([f"tcvae {command}", *faults])


def test_the_origin_of_a_module_is_found_through_others(tmp_path: Path) -> None:
    """Of one that our code imports by way of somebody else's: it is our line that is told."""
    (tmp_path / "tcvae_cli_addition.py").write_text("import os\nimport somebody\n")
    (tmp_path / "somebody.py").write_text("import colorsys\n")
    command = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import tcvae_cli_addition"
    table = {"first": [command], "light": [], "with torch": []}
    done = subprocess.run(
        [sys.executable, imports.__file__], input=json.dumps(table), capture_output=True, text=True, timeout=300
    )
    assert json.loads(done.stdout)[command][2]["colorsys"] == "tcvae_cli_addition, line 2"
