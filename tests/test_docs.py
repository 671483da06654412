"""Every command of docs/*.md, in order, on small files that stand in for the published ones."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.command import call
from helpers.tiny import factor_tables
from helpers.warm import Server
from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

ROOT = Path(__file__).parents[1]
PUBLISHED = {
    "rendered_chairs.tar": "chairs.tar",
    "img_align_celeba.zip": "celeba.zip",
    "img_align_celeba": "pictures",
    "list_attr_celeba.txt": "attributes.txt",
    "nips2015-analogy-data.tar.gz": "cars.tar.gz",
    "norb": "norb",
}
IMAGES, LABELS = np.arange(6 * 64, dtype=np.uint8).reshape(6, 8, 8) // 2, np.arange(6) % 2
# Downloads; and hundreds of thousands of images: the README's test renders dSprites, that of faces some heads.
NOT_TO_RUN = r".* --download .*|tcvae prepare dsprites -o .*|tcvae prepare faces .*|pip install .*"


def commands_of(page: str) -> list[str]:
    """Return all commands in the ```sh blocks of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.S)
    return [line for block in blocks for line in block.splitlines()]


def write_grid(path: Path, name: str, factors: dict[str, int]) -> None:
    """Write a data set of black images of two by two pixels, one for each combination of the factors' classes."""
    classes = np.indices(tuple(factors.values())).reshape(len(factors), -1).T.astype(np.int64)
    names = tuple(factors)
    description = Description(name, len(classes), (2, 2), "grey", names, tuple(factors.values()), names, "made up")
    write_data_set(path, Source(description, iter([np.zeros((len(classes), 2, 2), np.uint8)]), classes, classes * 1.0))


def write_thinned_dsprites(path: Path) -> None:
    """Write every seventh row of dSprites, with its labels, and black images of two by two pixels."""
    classes, values = (table[::7] for table in factor_tables())
    sizes = tuple(int(size) for size in classes.max(axis=0) + 1)
    about = (dsprites.FACTOR_NAMES, sizes, dsprites.SCORED, "made up")
    description = Description("dsprites", len(classes), (2, 2), "binary", *about)
    names = {"shape": ("square", "ellipse", "heart")}
    write_data_set(path, Source(description, iter([np.zeros((len(classes), 2, 2), np.uint8)]), classes, values, names))


@pytest.fixture
def desk(tmp_path: Path, specimen_files: Path) -> Path:
    """Return a folder with all that the pages' commands read."""
    for name, specimen in PUBLISHED.items():
        (tmp_path / name).symlink_to(specimen_files / specimen)
    write_thinned_dsprites(tmp_path / "dsprites.h5")
    write_grid(tmp_path / "faces.h5", "faces", {"azimuth": 5, "elevation": 4, "lighting": 6, "identity": 2})
    rows = ["file,shade"]
    for level, room in enumerate(("indoors", "outdoors") * 2):
        (tmp_path / "photographs" / room).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (60 * level, 90, 120)).save(tmp_path / "photographs" / room / f"{level}.jpg")
        rows.append(f"{room}/{level}.jpg,{level}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    np.save(tmp_path / "images.npy", IMAGES)
    np.save(tmp_path / "labels.npy", LABELS)
    return tmp_path


def test_every_command_about_data_sets_runs(desk: Path, warm: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(warm.programs), prepend=":")
    commands = [line for line in commands_of("docs/datasets.md") if not re.fullmatch(NOT_TO_RUN, line)]
    assert len(commands) >= 14
    for command in commands:
        names = dict(re.findall(r"--(images|factors) (\w+_train)", command))
        np.savez(desk / "images.npz", **{names.get("images", "images"): IMAGES, names.get("factors", "y"): LABELS})
        result = subprocess.run(["bash", "-c", command], cwd=desk, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, (command, result.stderr)
        assert (desk / shlex.split(command)[-1]).exists()


@pytest.mark.parametrize("command", [line for line in commands_of("docs/datasets.md") if line.startswith("tcvae ")])
def test_commands_about_data_sets_are_understood(command: str) -> None:
    assert call(*shlex.split(command)[1:], "--help")[0] == 0  # help comes after all flags are read


@pytest.mark.parametrize("command", commands_of("docs/cluster.md"))
def test_commands_for_clusters_are_ones_of_make(command: str) -> None:
    """What SLURM would start; tests/test_slurm.py is about recipes/array.sh."""
    started = re.sub(
        r"^srun (-\S+ )*|^sbatch .*recipes/array\.sh", lambda found: "make" * ("sbatch" in found[0]), command
    )
    plan = re.sub(r"\bmake ", "make -n --no-print-directory ", started)
    slurm = {"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_CPUS_PER_TASK": "4"}
    result = subprocess.run(
        ["bash", "-c", plan], cwd=ROOT, env={**os.environ, **slurm}, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert ("--share 1/8" in result.stdout) == ("SHARE" in command)
    assert " sweep --data " in result.stdout or re.search(" (list|data)-reproduce-", command)


@pytest.mark.parametrize("command", commands_of("docs/published.md"))
def test_known_numbers_are_printed(command: str) -> None:
    status, output, errors = call(*shlex.split(command)[1:])
    assert (status, errors) == (0, "")
    assert b"on dsprites" in output


SUBMITIT = """
from types import SimpleNamespace

class AutoExecutor:
    def __init__(self, folder, cluster):
        assert (folder, cluster) == ("out/submitit", "local")
    def update_parameters(self, timeout_min, cpus_per_task, slurm_array_parallelism):
        pass
    def map_array(self, work, numbers):
        results = [work(number) for number in numbers]
        return [SimpleNamespace(job_id=f"1_{n}", result=lambda r=r: r, exception=lambda: None)
                for n, r in enumerate(results)]

helpers = SimpleNamespace(DelayedSubmission=tuple)
"""


def test_the_example_of_submitit_gives_each_job_its_share(tmp_path: Path) -> None:
    (tmp_path / "submitit.py").write_text(SUBMITIT)
    (tmp_path / "make").write_text('#!/bin/sh\necho "$*" >>calls\ncase "$1" in SHARE=2/8) exit 2; esac\n')
    (tmp_path / "make").chmod(0o755)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/cluster.md").read_text(), re.S)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SUBMITIT": "local"}
    run = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[:2] == ["1_0 done", "1_1 failed"]
    shares = [f"SHARE={number}/8 sweep-reproduce-figure3" for number in range(1, 9)]
    expected = ["data-reproduce-figure3", *shares, "-k reproduce-figure3"]
    assert (tmp_path / "calls").read_text().splitlines() == expected


def test_no_page_has_commands_that_no_test_runs() -> None:
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md") if "```sh" in page.read_text()}
    tested = {"cluster", "datasets", "published", "report", "which-number"}
    assert pages == {f"docs/{name}.md" for name in tested}
