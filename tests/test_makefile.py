"""The Makefile, with a fake tcvae: the path is the command line, and only what is missing is made."""

import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

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
    content = json.dumps({"kind": "mig", "mig": settings["beta"] / 10 + settings["seed"] / 100, "estimator": "exact",
                          "data_set": "dsprites", "provenance": "rendered", "settings": settings}) + "\\n"
else:
    content = verb + "\\n"
open(output, "w").write(content)
"""


class Workshop:
    """A folder with the Makefile, the recipes and a fake tcvae."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        shutil.copytree(ROOT / "recipes", folder / "recipes")
        self.install(FAKE)

    def install(self, program: str) -> None:
        fake = self.folder / "fake"
        fake.write_text(f"#!{sys.executable}\n{program}")
        fake.chmod(0o755)

    def make(self, *arguments: str, status: int = 0) -> str:
        """What `make ARGUMENTS` prints."""
        ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PROFILE", "SEEDS", "LAUNCH", "DEMO_FLAGS", "PLANNED")
        run = subprocess.run(
            ["make", "TCVAE=./fake", f"VENV={sys.prefix}", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in ours},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == status, run.stdout + run.stderr
        return run.stdout

    def planned(self, *arguments: str) -> list[str]:
        """The trainings that `make -n` announces, each as OBJECTIVE/.../seed."""
        lines = self.make("-n", *arguments).splitlines()
        return [line.split(" -o out/")[1].split("/run.safetensors")[0] for line in lines if " train " in line]

    def calls(self, verb: str) -> list[str]:
        return [line for line in (self.folder / "calls").read_text().splitlines() if line.split()[0] == verb]

    def touch(self, name: str) -> None:
        """Make NAME newer than anything made so far."""
        later = time.time() + 10
        os.utime(self.folder / name, (later, later))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        ("vae/seed_0", "--objective vae --seed 0"),
        ("beta-tcvae/beta_6/seed_3", "--objective beta-tcvae --beta 6 --seed 3"),
        ("beta-tcvae/alpha_0/estimator_mss/seed_3", "--objective beta-tcvae --alpha 0 --estimator mss --seed 3"),
        ("beta-vae/batch-size_256/learning-rate_1e-4", "--objective beta-vae --batch-size 256 --learning-rate 1e-4"),
    ],
)
def test_the_path_is_the_command_line(workshop: Workshop, path: str, flags: str) -> None:
    recipe = (ROOT / "recipes/paper/dsprites.flags").read_text().strip()
    run = f"out/paper/dsprites/{path}/run.safetensors"
    assert f"./fake train --data out/data/dsprites.h5 {recipe} {flags} --checkpoint " in workshop.make("-n", run)


def test_scores_stand_beside_their_run(workshop: Workshop) -> None:
    folder = "out/smoke/dsprites/beta-vae/beta_4/seed_0"
    workshop.make(f"{folder}/mig.json")
    assert sorted(file.name for file in (workshop.folder / folder).iterdir()) == [
        "mig.json",
        "run.safetensors",
        "seconds",
    ]
    assert (workshop.folder / "out/data/dsprites.h5").exists()
    assert workshop.make(f"{folder}/mig.json") == f"make: '{folder}/mig.json' is up to date.\n"


def test_a_new_seed_trains_only_new_runs(workshop: Workshop) -> None:
    workshop.make("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1")
    assert workshop.planned("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1") == []
    assert workshop.planned("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1 2") == [
        "smoke/dsprites-small/vae/seed_2",
        "smoke/dsprites-small/beta-vae/beta_4/seed_2",
        "smoke/dsprites-small/infogan/architecture_conv/latents_5/batch-size_64/steps_48/seed_2",
        "smoke/dsprites-small/factorvae/beta_35/steps_48/seed_2",
        "smoke/dsprites-small/beta-tcvae/beta_6/seed_2",
    ]


def test_new_flags_retrain_only_their_profile_and_data_set(workshop: Workshop) -> None:
    shutil.copy(workshop.folder / "recipes/smoke/dsprites.flags", workshop.folder / "recipes/smoke/faces.flags")
    runs = [f"out/{path}/vae/seed_0/run.safetensors" for path in ("smoke/dsprites", "smoke/faces", "laptop/dsprites")]
    workshop.make(*runs)
    assert workshop.planned(*runs) == []
    workshop.touch("recipes/smoke/faces.flags")
    assert workshop.planned(*runs) == ["smoke/faces/vae/seed_0"]


def test_a_failed_encode_leaves_no_score(workshop: Workshop) -> None:
    workshop.install(FAKE.replace("content = open(rest[0]).read()", "print(open(rest[0]).read()); sys.exit(1)"))
    folder = "out/smoke/dsprites/vae/seed_0"
    workshop.make(f"{folder}/mig.json", status=2)
    assert [file.name for file in (workshop.folder / folder).glob("*.*")] == ["run.safetensors"]


def test_figure3_leaves_lines_picture_and_page(workshop: Workshop) -> None:
    workshop.make("reproduce-figure3", "PROFILE=smoke", "-j2")
    figures = workshop.folder / "out/smoke/figures"
    assert len((figures / "figure3.jsonl").read_text().splitlines()) == 10
    assert (figures / "figure3.png").read_text() == "plot\n"
    page = (figures / "figure3.md").read_text()
    assert "Profile smoke. Data: dsprites (rendered). Seeds: 0-1." in page
    assert page.count("**too few runs**") == 2
    assert "| beta-TCVAE (6) | 2 | 0.600 | 0.605 | 0.610 |" in page


def test_a_failed_run_stops_make_unless_it_is_to_keep_going(workshop: Workshop) -> None:
    workshop.install(
        FAKE.replace(
            'if verb == "train":', 'if verb == "train" and "vae" in rest:\n    sys.exit(1)\nelif verb == "train":'
        )
    )
    page = workshop.folder / "out/smoke/figures/figure3.md"
    workshop.make("reproduce-figure3", "PROFILE=smoke", status=2)
    assert not page.exists()
    workshop.make("-k", "reproduce-figure3", "PROFILE=smoke")
    assert (
        "**2 of the results are missing**, the first being `out/smoke/dsprites-small/vae/seed_0/mig.json`"
        in page.read_text()
    )


def test_a_training_goes_on_from_its_checkpoint_unless_its_flags_are_newer(workshop: Workshop) -> None:
    folder = "out/smoke/dsprites/vae/seed_0"
    checkpoint = workshop.folder / folder / "checkpoint"
    checkpoint.parent.mkdir(parents=True)
    for resumed in (True, False):
        checkpoint.touch()
        workshop.touch("recipes/smoke/dsprites.flags" if not resumed else str(checkpoint))
        workshop.make(f"{folder}/run.safetensors")
        assert ("--resume" in workshop.calls("train")[-1]) == resumed
        assert not checkpoint.exists()


def test_launch_stands_once_before_each_heavy_step(workshop: Workshop) -> None:
    plan = workshop.make("-n", "reproduce-figure3", "PROFILE=smoke", "SEEDS=0", "LAUNCH=srun -n1").splitlines()
    heavy = [line for line in plan if " train " in line or " encode " in line]
    assert len(heavy) == 10
    # Twice in one pipe would deadlock: encode holds the lock that mig waits for, and waits for mig to read.
    assert all(line.startswith("srun -n1 ") and line.count("srun") == 1 for line in heavy)


def test_thousands_of_runs_fit_no_command_line_and_need_none(workshop: Workshop) -> None:
    seeds = " ".join(map(str, range(1000)))
    lines = workshop.make("-n", "reproduce-figure3", "PROFILE=smoke", f"SEEDS={seeds}").splitlines()
    assert len(lines) > 10_000
    assert max(map(len, lines)) < 1000


def recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names in a recipe of a page."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return runpy.run_path(str(ROOT / "recipes" / name))


@pytest.mark.parametrize(
    ("vae", "beta_vae", "beta_tcvae", "expected"),
    [
        ([0.1, 0.1, 0.9], [0.2, 0.2, 0.9], [0.0, 0.3, 0.3], "held"),
        ([0.1, 0.1, 0.1], [0.3, 0.3, 0.3], [0.2, 0.2, 0.9], "not held"),
        ([0.1, 0.1, 0.1], [0.3, 0.3, 0.3], [0.3, 0.3, 0.3], "not held"),
        ([0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [0.3, 0.3], "too few runs"),
    ],
)
def test_verdict(
    vae: list[float], beta_vae: list[float], beta_tcvae: list[float], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = recipe("figure3.py", monkeypatch)
    assert (
        page["highest"]("d", {"VAE": vae, "beta-VAE (4)": beta_vae, "beta-TCVAE (6)": beta_tcvae}).verdict == expected
    )


@pytest.mark.parametrize(
    ("factorvae", "beta_vae", "expected"),
    [
        ([0.1, 0.1, 0.9], [0.2, 0.2, 0.2], "held"),
        ([0.3, 0.3, 0.1], [0.2, 0.2, 0.9], "not held"),
        ([0.1, 0.1], [0.2, 0.2, 0.2], "too few runs"),
    ],
)
def test_second_verdict(
    factorvae: list[float], beta_vae: list[float], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = recipe("figure3.py", monkeypatch)
    assert page["below"]("d", {"FactorVAE (35)": factorvae, "beta-VAE (4)": beta_vae}).verdict == expected


def test_a_second_demo_only_reads_the_results_again(workshop: Workshop) -> None:
    assert "1/6" in workshop.make("demo")
    again = workshop.make("demo")
    assert "1/6" not in again
    assert "6/6" in again
    assert [len(workshop.calls(verb)) for verb in ("prepare", "train", "encode", "traverse")] == [1, 1, 1, 1]
    assert [len(workshop.calls(verb)) for verb in ("estimate-tc", "mig")] == [2, 2]


def test_help_is_the_default_and_names_every_target(workshop: Workshop) -> None:
    listed = workshop.make()
    for target in ("help", "demo", "test", "check", "wheel", "clean", "reproduce-figure3"):
        assert f"\n  {target} " in listed


def test_set_up_starts_from_nothing(workshop: Workshop) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, workshop.folder)
    plan = workshop.make("-n", "test", "VENV=.venv", "TCVAE=.venv/bin/tcvae")
    steps = ["python3 -m venv .venv", "-e '.[figures,scores]'", "-e '.[figures,scores,dev]'", ".venv/bin/pytest"]
    assert [plan.index(step) for step in steps] == sorted(plan.index(step) for step in steps)
