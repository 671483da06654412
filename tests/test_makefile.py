"""The Makefile, with a fake tcvae: the path is the command line, and only what is missing is made."""

import shutil
from pathlib import Path

import pytest

from helpers.makefile import ROOT, Workshop, draw_figure3
from helpers.once import once


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, "DATA_SETS=dsprites-small")


@pytest.fixture
def drawn(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop in which figure 3 of the smoke profile is finished."""
    return Workshop(tmp_path, "DATA_SETS=dsprites-small", like=once(tmp_path_factory, "figure3", draw_figure3))


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


def test_a_new_seed_trains_only_new_runs(drawn: Workshop) -> None:
    assert drawn.planned("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1") == []
    assert drawn.planned("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1 2") == [
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


def test_figure3_leaves_lines_picture_and_page(drawn: Workshop) -> None:
    figures = drawn.folder / "out/smoke/figures"
    assert len((figures / "figure3.jsonl").read_text().splitlines()) == 10
    assert (figures / "figure3.png").read_text() == "plot\n"
    page = (figures / "figure3.md").read_text()
    assert "Profile smoke. Data: dsprites (rendered). Seeds: 0-1." in page
    assert page.count("**too few runs**") == 4
    assert "| beta-TCVAE (6) | 2 | 0.600 | 0.605 | 0.610 |" in page


def test_launch_stands_once_before_each_heavy_step(workshop: Workshop) -> None:
    plan = workshop.make("-n", "reproduce-figure3", "PROFILE=smoke", "SEEDS=0", "LAUNCH=srun -n1").splitlines()
    heavy = [line for line in plan if " train " in line or " encode " in line]
    assert len(heavy) == 10
    # Twice in one pipe would deadlock: encode holds the lock that mig waits for, and waits for mig to read.
    assert all(line.count("srun") == 1 and line.index("srun -n1 ") < line.index("./fake ") for line in heavy)


def test_thousands_of_runs_fit_no_command_line_and_need_none(workshop: Workshop) -> None:
    seeds = " ".join(map(str, range(1000)))
    lines = workshop.make("-n", "reproduce-figure3", "PROFILE=smoke", f"SEEDS={seeds}").splitlines()
    assert len(lines) > 10_000
    assert max(map(len, lines)) < 1000


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
    plan = workshop.make("-n", "test", "VENV=.venv", "TCVAE=.venv/bin/tcvae", "PYTHON=python3")
    steps = ["python3 -m venv .venv", "-e '.[figures,scores]'", "-e '.[figures,scores,dev]'", ".venv/bin/pytest"]
    assert [plan.index(step) for step in steps] == sorted(plan.index(step) for step in steps)


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("PROFILE=laptpo", "PROFILE=laptpo is none: give paper, laptop or smoke"),
        ("SEEDS=", "SEEDS is empty"),
        ("SEEDS=0,1", "SEEDS=0,1: give whole numbers"),
        ("SEEDS=0 -1", "SEEDS=0 -1: give whole numbers"),
    ],
)
def test_wrong_variables_stop_make_at_once(workshop: Workshop, variable: str, said: str) -> None:
    workshop.make("reproduce-figure3", variable, status=2)
    assert said in workshop.stderr
    assert not (workshop.folder / "out").exists()
