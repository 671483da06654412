"""docs/which-number.md: its commands run, and its numbers are those of results/which-number.jsonl."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from helpers.command import call
from tcvae_cli.results import read_results

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/which-number.md").read_text()
(BLOCK,) = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
MAKE, ENCODE, *MEASURE = BLOCK.splitlines()
RUN = "out/laptop/dsprites-small/beta-tcvae/beta_6/seed_0/run.safetensors"


def test_its_commands_run(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a tiny run in place of the one that make would train, and on fewer images."""
    assert MAKE.split() == ["make", RUN]
    plan = subprocess.run(["make", "-n", RUN], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert plan.returncode == 0, plan.stderr
    (tmp_path / RUN).parent.mkdir(parents=True)
    (tmp_path / RUN).symlink_to(workshop / "run.safetensors")
    (tmp_path / "tiny.h5").symlink_to(workshop / "tiny.h5")
    monkeypatch.chdir(tmp_path)
    for command in (ENCODE, *MEASURE):
        fewer = ("--train", "60", "--test", "30") if "score" in command else ()
        status, _, errors = call(*shlex.split(command)[1:], *fewer)
        assert (status, "Traceback" in errors) == (0, False), command


def told(line: dict[str, Any]) -> dict[str, float]:
    """Return the numbers of a result line by the names that the page gives them."""
    if line["kind"] == "mig":
        return {f"mig {line['estimator']}{', shape too' * ('shape' in line['factors'])}": line["mig"]}
    name = line["measure"] + (f", L = {line['per_vote']}" if line["per_vote"] else "")
    parts = {f"{name} {key}": line["parts"][key] for key in ("informativeness", "info_e") if key in line["parts"]}
    return {name: line["score"], **parts}


def numbers(seed: int) -> dict[str, float]:
    """Return all numbers of the run of a seed."""
    lines = [line for line in read_results(ROOT / "results/which-number.jsonl") if line["settings"]["seed"] == seed]
    return {name: value for line in lines for name, value in told(line).items()}


def test_its_numbers_are_those_of_the_run() -> None:
    rows = re.findall(r"^\| [^|]+ \| `([^`]+)` \|.*\| (\d\.\d\d) \|$", PAGE, re.M)
    found = numbers(seed=0)
    assert len(rows) == 19
    assert dict(rows) == {name: f"{found[name]:.2f}" for name, _ in rows}


def test_its_spread_is_that_of_the_seeds() -> None:
    wanted = {"objective": "beta-tcvae", "beta": 6}
    results = read_results(ROOT / "results/laptop/figure2.jsonl")
    lines = [line for line in results if line["kind"] == "mig" and line["data_set"] == "dsprites"]
    values = sorted(line["mig"] for line in lines if wanted.items() <= line["settings"].items())
    assert len(values) == 10
    assert f"lower InfoM ({numbers(seed=3)['infomec']:.2f})" in PAGE.replace("\n", " ")
    assert f"median is {(values[4] + values[5]) / 2:.2f}, range {values[0]:.2f} to {values[-1]:.2f}" in PAGE
