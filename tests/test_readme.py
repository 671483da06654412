"""Every command of the README, in order, on a tiny grid that stands in for dSprites."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from helpers.warm import Server

ROOT = Path(__file__).parents[1]
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    for line in block.splitlines()
]


def test_the_contract_stands_in_the_readme() -> None:
    for line in (
        "tcvae train --data dsprites.h5 --beta 6 -o run.safetensors",
        "tcvae encode run.safetensors | tcvae mig --factors dsprites.h5",
        "make reproduce-figure3",
    ):
        assert line in COMMANDS


def test_every_command_runs(workshop: Path, warm: Server, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{warm.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHON_EXEC"] = str(warm.programs / "python")  # which torchrun starts
    (tmp_path / "photographs").mkdir()
    for level in range(4):
        Image.new("RGB", (40, 30), (60 * level, 90, 120)).save(tmp_path / "photographs" / f"{level}.jpg")
    for command in COMMANDS:
        folder = tmp_path
        if command.startswith("make "):  # what it would do; that it does it is what `make` was called for
            folder, command = ROOT, command.replace("make ", "make -n ")
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, timeout=300
        )
        assert result.returncode == 0, (command, result.stderr)
        assert b"Traceback" not in result.stderr
        if command.startswith("tcvae prepare dsprites"):
            assert (tmp_path / "dsprites.h5").stat().st_size < 40e6
            (tmp_path / "dsprites.h5").unlink()
            (tmp_path / "dsprites.h5").symlink_to(workshop / "small.h5")


def test_files_named_in_the_readme_exist() -> None:
    named = re.findall(r"\]\(([\w./-]+)\)", (ROOT / "README.md").read_text())
    assert all((ROOT / name).exists() for name in named)
