"""Every command of docs/*.md, in order, on small files that stand in for the published ones; and their links."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.command import call
from helpers.pages import ROOT, commands_of, lay_out_photographs, run_all
from helpers.tiny import factor_tables
from helpers.warm import Server
from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

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
    lay_out_photographs(tmp_path)
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
        result = subprocess.run(["bash", "-c", command], cwd=desk, capture_output=True, text=True, timeout=300)
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
        ["bash", "-c", plan], cwd=ROOT, env={**os.environ, **slurm}, capture_output=True, text=True, timeout=300
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
        [sys.executable, "-c", example], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[:2] == ["1_0 done", "1_1 failed"]
    shares = [f"SHARE={number}/8 sweep-reproduce-figure3" for number in range(1, 9)]
    expected = ["data-reproduce-figure3", *shares, "-k reproduce-figure3"]
    assert (tmp_path / "calls").read_text().splitlines() == expected


TOUR = ("tour", "measures", "watching", "report", "own-images", "troubleshooting", "reproduction", "installing")


@pytest.mark.parametrize("page", TOUR)
def test_every_command_of_a_page_runs(page: str, workshop: Path, warm: Server, tmp_path: Path) -> None:
    """Beside data sets, two runs and codes, as a reader has them who comes from the README."""
    for name, like in {"dsprites.h5": "small.h5", "images.h5": "small.h5", "tiny.h5": "tiny.h5"}.items():
        (tmp_path / name).symlink_to(workshop / like)
    for name, like in {"run": "run", "other": "run", "codes": "run_codes"}.items():
        shutil.copy(workshop / f"{like}.safetensors", tmp_path / f"{name}.safetensors")
    lay_out_photographs(tmp_path)
    commands = commands_of(f"docs/{page}.md")
    assert commands
    run_all([line for line in commands if not re.fullmatch(NOT_TO_RUN, line)], tmp_path, warm)


def test_every_picture_of_the_gallery_is_drawn(workshop: Path, warm: Server, tmp_path: Path) -> None:
    """Of a tiny run, twice, and of our own results; and every picture that the page shows is drawn by a command."""
    links = {"run": "run", "other": "run", "codes": "run_codes"}
    for name, target in links.items():
        (tmp_path / f"{name}.safetensors").symlink_to(workshop / f"{target}.safetensors")
    for name in ("hearts.h5", "tiny.h5"):
        (tmp_path / name).symlink_to(workshop / "tiny.h5")
    for number in range(2, 6):
        (tmp_path / f"figure{number}.jsonl").symlink_to(ROOT / f"results/laptop/figure{number}.jsonl")
    log = "tcvae train --data tiny.h5 --steps 2 --batch-size 64 --log log.jsonl -o short.safetensors"
    run_all([log, *commands_of("docs/gallery.md")], tmp_path, warm)
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert set(re.findall(r"\(gallery/(.*)\)", (ROOT / "docs/gallery.md").read_text())) == drawn
    assert {path.name for path in (ROOT / "docs/gallery").iterdir()} == drawn


def test_files_of_every_kind_are_read_by_their_libraries(tcvae: object) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/formats.md").read_text(), re.S)
    code = (
        code.replace("images.h5", "tiny.h5").replace("codes.saf", "run_codes.saf").replace("results.jsonl", "r.jsonl")
    )
    Path("r.jsonl").write_text('{"kind": "mig"}\n')
    found: dict[str, Any] = {}
    exec(code, found)
    assert found["images"].shape == (192, 64, 64)
    assert found["names"][-1] == "posY"
    assert found["codes"]["mean"].shape == (192, 10)
    assert found["header"]["kind"] == "codes"
    assert found["results"] == [{"kind": "mig"}]


def test_no_page_has_commands_that_no_test_runs() -> None:
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md") if "```sh" in page.read_text()}
    tested = {*TOUR, "cluster", "datasets", "export", "gallery", "published", "which-number"}
    assert pages == {f"docs/{name}.md" for name in tested}


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as hosts of code and Sphinx make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("results/*.md"), *ROOT.glob("recipes/*/*.md")]


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        assert "://" in link or target.exists(), link
        assert not heading or "://" in link or heading in anchors(target), link


def test_every_page_is_in_the_site() -> None:
    listed = re.findall(r"^([\w-]+)$", (ROOT / "docs/index.md").read_text(), re.M)
    assert sorted(listed) == sorted(page.stem for page in (ROOT / "docs").glob("*.md") if page.stem != "index")


@pytest.mark.skipif(find_spec("myst_parser") is None, reason="needs Sphinx, which `make docs` installs")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", "trees", str(ROOT / "docs"), "site"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    assert "in a few words" in (tmp_path / "site/index.html").read_text()  # the README's table of verbs
