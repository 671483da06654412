"""Every command of the README, in order, on a tiny grid that stands in for dSprites."""

import re
import subprocess
from pathlib import Path

from helpers.pages import ROOT, commands_of, lay_out_photographs, run_all
from helpers.warm import Server
from tcvae_cli import published

COMMANDS = commands_of("README.md")
TEXT = (ROOT / "README.md").read_text()


def test_the_contract_stands_in_the_readme() -> None:
    for line in (
        "tcvae train --data dsprites.h5 --beta 6 -o run.safetensors",
        "tcvae encode run.safetensors | tcvae mig --factors dsprites.h5",
        "make reproduce-figure3",
        "make test",
    ):
        assert line in COMMANDS


def test_every_command_runs(workshop: Path, warm: Server, tmp_path: Path) -> None:
    """But for the installation."""
    assert [line.split()[:2] for line in COMMANDS[:2]] == [["python3", "-m"], ["pip", "install"]]
    lay_out_photographs(tmp_path)
    run_all(COMMANDS[2:4], tmp_path, warm)
    assert (tmp_path / "dsprites.h5").stat().st_size < 40e6
    (tmp_path / "dsprites.h5").unlink()
    (tmp_path / "dsprites.h5").symlink_to(workshop / "small.h5")
    run_all(COMMANDS[4:], tmp_path, warm)
    assert b"<canvas" in (tmp_path / "page.html").read_bytes()


def flags_of(command: str) -> list[str]:
    """Return the words of a command but for the names of files."""
    return [word for word in command.split()[1:] if not re.search(r"\.(h5|safetensors|jsonl|html)$", word)]


def test_the_six_lines_are_those_of_the_demo() -> None:
    plan = subprocess.run(["make", "-n", "demo", "DEMO=none"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    made = [line for line in plan.stdout.splitlines() if line.startswith(".venv/bin/tcvae ")]
    assert sorted(map(flags_of, made)) == sorted(map(flags_of, COMMANDS[2:8]))


def test_the_good_numbers_are_those_of_the_published_runs() -> None:
    rows = re.findall(r"^\| (\S*VAE.*) \| (\d+) \| ([\d., ]+) \| ([\d.]+) nats \|$", TEXT, re.M)
    found = {}
    for line in published("dsprites"):
        if line.estimator == "exact":
            found[str(line.setting), line.quantity] = line
    assert len(rows) == 3
    for setting, runs, gaps, correlation in rows:
        mig = found[setting, "mig"]
        assert gaps == ", ".join(f"{value:.2f}" for value in (mig.minimum, mig.median, mig.maximum))
        assert (mig.runs, f"{found[setting, 'total_correlation'].median:.2f}") == (int(runs), correlation)
    assert f"[{sum(int(runs) for _, runs, _, _ in rows)} runs]" in TEXT


def test_files_named_in_the_readme_exist() -> None:
    named = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", TEXT)
    assert all((ROOT / name).exists() for name in named)
