"""The Makefile, with a fake tcvae: the path is the command line, and only what is missing is made."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from helpers.makefile import FAKE, ROOT, Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, "DATA_SETS=dsprites-small")


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
    assert page.count("**too few runs**") == 4
    assert "| beta-TCVAE (6) | 2 | 0.600 | 0.605 | 0.610 |" in page


def fail(condition: str) -> str:
    """A fake whose training fails where CONDITION holds of its flags, `rest`."""
    return FAKE.replace(
        'if verb == "train":', f'if verb == "train" and {condition}:\n    sys.exit(1)\nelif verb == "train":'
    )


@pytest.mark.parametrize("harmless", ["LAUNCH=env k=-k", "-s", "--no-keep-going"])
def test_a_failed_run_stops_make(workshop: Workshop, harmless: str) -> None:
    workshop.install(fail('"vae" in rest'))
    workshop.make("reproduce-figure3", "PROFILE=smoke", harmless, status=2)
    assert not (workshop.folder / "out/smoke/figures/figure3.md").exists()


@pytest.mark.parametrize("keep", [["-k"], ["-sk", "-j2"], ["--keep-going", "-j2"]])
def test_make_k_draws_what_there_is_and_fails(workshop: Workshop, keep: list[str]) -> None:
    workshop.install(fail('"vae" in rest'))
    workshop.make(*keep, "reproduce-figure3", "PROFILE=smoke", status=2)
    first = "out/smoke/dsprites-small/vae/seed_0/mig.json"
    missing = f"**2 of the results are missing**, the first being `{first}`"
    assert missing in (workshop.folder / "out/smoke/figures/figure3.md").read_text()
    assert f"figures/figure3: 2 of the results are missing, the first being {first}\n" in workshop.stderr
    assert (workshop.folder / "out/smoke/figures/figure3.png").exists()
    workshop.install(FAKE)
    workshop.make(*keep, "reproduce-figure3", "PROFILE=smoke")
    assert "missing" not in (workshop.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_goes_on_to_the_next_figure(workshop: Workshop) -> None:
    recipes = workshop.folder / "recipes"
    other = (recipes / "figure3.mk").read_text().replace("figure3", "other").replace("FIGURE3", "OTHER")
    (recipes / "other.mk").write_text(other.replace("other_settings =", "other_settings = vae/latents_2 #"))
    shutil.copy(recipes / "figure3.py", recipes / "other.py")
    workshop.install(fail('"2" in rest'))
    workshop.make("-k", "reproduce-other", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "recipes/other.py: out/smoke/figures/other: has none of its results" in workshop.stderr
    assert "missing" not in (workshop.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_takes_no_result_of_older_flags_for_a_new_one(workshop: Workshop) -> None:
    workshop.make("reproduce-figure3", "PROFILE=smoke")
    workshop.install(fail('"vae" in rest'))
    os.utime(workshop.folder / "recipes/smoke/dsprites.flags")
    workshop.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (workshop.folder / "out/smoke/figures/figure3.md").read_text()
    assert (workshop.folder / "out/smoke/dsprites-small/vae/seed_0/run.safetensors.old").exists()
    workshop.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (workshop.folder / "out/smoke/figures/figure3.md").read_text()


@pytest.mark.parametrize("verb", ["train", "encode"])
def test_a_launcher_that_hides_a_failure_does_not_hide_it_from_make(workshop: Workshop, verb: str) -> None:
    launch = workshop.folder / "launch"  # as srun does when its node dies
    launch.write_text(f'#!/bin/sh\ncase "$*" in *" {verb} "*) exit 0; esac\nexec "$@"\n')
    launch.chmod(0o755)
    folder = "out/smoke/dsprites/vae/seed_0"
    workshop.make(f"{folder}/mig.json", "LAUNCH=./launch", status=2)
    assert f"{folder}/{'run.safetensors' if verb == 'train' else 'mig.json'}] Error 1" in workshop.stderr
    workshop.make(f"{folder}/mig.json")


def test_each_figure_fails_at_its_end_if_it_is_not_complete() -> None:
    for recipe in ROOT.glob("recipes/*.mk"):
        for rule in re.findall(r"^reproduce-.*\n(?:\t.*\n)+", recipe.read_text(), re.MULTILINE):
            if recipe.name != "pages.mk":
                assert rule.endswith("\t$(complete)\n") or (rule.count("\n") == 2 and "\t$(call figure," in rule)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_signal_to_make_reaches_the_training_and_the_next_make_resumes_it(workshop: Workshop) -> None:
    workshop.install(
        FAKE.replace(
            'if verb == "train":',
            'if verb == "train" and "--resume" not in rest:\n'
            "    import signal, time\n"
            "    def end(*_):\n"
            '        open(rest[rest.index("--checkpoint") + 1], "w").write("half")\n'
            "        sys.exit(143)\n"
            "    signal.signal(signal.SIGTERM, end)\n"
            '    open("training", "w").close()\n'
            "    time.sleep(60)\n"
            'elif verb == "train":',
        )
    )
    folder = workshop.folder / "out/smoke/dsprites/vae/seed_0"
    target = "out/smoke/dsprites/vae/seed_0/mig.json"
    make = subprocess.Popen(["make", "TCVAE=./fake", f"VENV={sys.prefix}", target], cwd=workshop.folder)
    while not (workshop.folder / "training").exists():
        time.sleep(0.05)
    make.terminate()
    assert make.wait(10) != 0
    assert [file.name for file in folder.iterdir()] == ["checkpoint"]
    workshop.make(target)
    assert "--resume out/smoke/dsprites/vae/seed_0/checkpoint" in workshop.calls("train")[-1]
    # How long the whole of it took is not known.
    assert sorted(file.name for file in folder.iterdir()) == ["mig.json", "run.safetensors"]


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
    assert all(line.count("srun") == 1 and line.index("srun -n1 ") < line.index("./fake ") for line in heavy)


def test_the_plan_comes_before_all_else(workshop: Workshop) -> None:
    planner = workshop.folder / "recipes/plan.py"
    planner.write_text(planner.read_text() + '    print("plan", file=open("calls", "a"))\n')
    for parallel in ("-j1", "-j4"):
        workshop.make("reproduce-figure3", "PROFILE=smoke", parallel)
        verbs = [line.split()[0] for line in (workshop.folder / "calls").read_text().splitlines()]
        assert verbs[:2] == ["plan", "prepare"]
        assert verbs.count("plan") == 1
        assert "10 of 10 runs are new: about " in workshop.stderr
        assert "(rate of another machine: " in workshop.stderr
        shutil.rmtree(workshop.folder / "out")
        (workshop.folder / "calls").unlink()


def test_the_plan_goes_by_the_runs_of_this_machine(workshop: Workshop) -> None:
    workshop.make("reproduce-figure3", "PROFILE=smoke")
    for file in workshop.folder.glob("out/**/seconds"):
        file.write_text("60\n")
    more = ["reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1 2"]
    workshop.make("-n", *more)
    assert workshop.stderr == "5 of 15 runs are new: about 5 min of training (rate of this machine, 10 runs measured)\n"
    workshop.make("-n", "-j5", *more)
    assert "about 1 min of training with -j5" in workshop.stderr
    workshop.make("-n", "reproduce-figure3", "PROFILE=smoke")
    assert workshop.stderr == "0 new runs: all 10 are there\n"
    assert len(workshop.calls("train")) == 10


def test_the_plan_is_no_reason_to_stop(workshop: Workshop) -> None:
    (workshop.folder / "recipes/plan.py").write_text("raise SystemExit(1)\n")
    workshop.make("reproduce-figure3", "PROFILE=smoke")


def test_the_time_of_an_unknown_kind_is_that_of_the_table_at_the_speed_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = recipe("plan.py", monkeypatch)
    work = plan["Work"]
    rates = plan["Rates"]("m", 10.0, {("mlp", "vae"): 0.1, ("conv", "vae"): 1.0, ("conv", "infogan"): 2.0})
    finished = [(work("dsprites", "vae", "mlp", 900), 200.0)]  # by the table 10 + 90 seconds: half the speed
    wanted = [
        work("dsprites", "vae", "mlp", 1800),  # the same kind: 400
        work("dsprites", "vae", "mlp", 90_000),  # too long to tell from that one: 2 x 9,010
        work("faces", "infogan", "conv", 45),  # another kind: 2 x (10 + 90)
    ]
    assert plan["estimate"](wanted, finished, rates) == [400, 18_020, 200]
    assert plan["estimate"](wanted, [], rates) == [190, 9_010, 100]


def test_the_work_of_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    work_of = recipe("plan.py", monkeypatch)["work_of"]
    assert work_of("dsprites-thin", "--steps 10 --batch-size 4 --objective vae --batch-size 8") == (
        ("dsprites", "vae", "mlp", 80)
    )
    assert work_of("faces", "--epochs 2 --objective beta-vae") == ("faces", "beta-vae", "conv", 254_100)


def test_the_jobs_of_make(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = recipe("plan.py", monkeypatch)["jobs"]
    cases = {"kr -j12 -Otarget --jobserver-auth=3,4": 12, "r -Otarget -- A=x -j3": 1, "": 1, " -j --x": 1, "-j2": 2}
    assert {flags: jobs(flags) for flags in cases} == cases


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (90, "2 min"),
        (3599, "1 h"),
        (6000, "1 h 40 min"),
        (86_000, "23 h 50 min"),
        (100_000, "28 h"),
        (273_600, "3 days 4 h"),
    ],
)
def test_durations(seconds: float, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recipe("plan.py", monkeypatch)["duration"](seconds) == words


def test_thousands_of_runs_fit_no_command_line_and_need_none(workshop: Workshop) -> None:
    seeds = " ".join(map(str, range(1000)))
    lines = workshop.make("-n", "reproduce-figure3", "PROFILE=smoke", f"SEEDS={seeds}").splitlines()
    assert len(lines) > 10_000
    assert max(map(len, lines)) < 1000


def recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names in a recipe of a page."""
    monkeypatch.syspath_prepend(str(ROOT / "recipes"))
    return runpy.run_path(str(ROOT / "recipes" / name))


def scores(**changed: list[float]) -> dict[str, list[float]]:
    """MIG of runs of figure 3's settings."""
    settings = {"vae": "VAE", "beta_vae": "beta-VAE (4)", "infogan": "InfoGAN", "factorvae": "FactorVAE (35)"}
    settings["beta_tcvae"] = "beta-TCVAE (6)"
    return {name: changed.get(key, [0.1, 0.1, 0.1]) for key, name in settings.items()}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"beta_vae": [0.2, 0.2, 0.2], "beta_tcvae": [0.3, 0.3, 0.4]}, "held"),
        ({"beta_vae": [0.2, 0.2, 0.9], "beta_tcvae": [0.0, 0.3, 0.3]}, "too few runs"),  # higher, perhaps by chance
        ({"beta_vae": [0.3, 0.3, 0.3], "beta_tcvae": [0.2, 0.2, 0.25]}, "not held"),
        ({"beta_vae": [0.3, 0.3, 0.3], "beta_tcvae": [0.3, 0.3, 0.3]}, "too few runs"),
        ({"beta_vae": [0.2, 0.2, 0.2], "beta_tcvae": [0.3, 0.3]}, "too few runs"),
    ],
)
def test_the_highest_median(changed: dict[str, list[float]], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    highest = recipe("figure3.py", monkeypatch)["highest"]
    assert highest("d", scores(**changed)).verdict == expected
    others = {name: values for name, values in scores(**changed).items() if name != "InfoGAN"}
    assert highest("d", others).verdict == "too few runs"  # "of all" is of all five
    del others["beta-TCVAE (6)"]
    assert highest("d", others).verdict == "too few runs"


@pytest.mark.parametrize(
    ("beta_tcvae", "vae", "near", "poor"),
    [
        ([0.31, 0.32, 0.33], [0.1, 0.1, 0.3], "held", "too few runs"),  # none poor, of three
        ([0.1, 0.3, 0.32], [0.1, 0.1, 0.3], "too few runs", "held"),
        ([0.1, 0.3], [0.1, 0.1, 0.3], "too few runs", "too few runs"),
        ([0.3] * 12, [0.5] * 3, "not held", "not held"),
        ([0.0, 0.0, 0.0], [0.1, 0.1, 0.1], "not held", "held"),
    ],
)
def test_where_the_median_and_the_lowest_run_stand(
    beta_tcvae: list[float], vae: list[float], near: str, poor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, of_all = recipe("figure3.py", monkeypatch), scores(beta_tcvae=beta_tcvae, vae=vae)
    assert (page["near"]("d", of_all).verdict, page["poor"]("d", of_all).verdict) == (near, poor)


@pytest.mark.parametrize(
    ("factorvae", "beta_vae", "expected"),
    [
        ([0.1, 0.1, 0.1], [0.2, 0.2, 0.2], "held"),
        ([0.1, 0.1, 0.9], [0.2, 0.2, 0.2], "too few runs"),  # lower, perhaps by chance
        ([0.3, 0.3, 0.3], [0.2, 0.2, 0.2], "not held"),
        ([0.1, 0.1], [0.2, 0.2, 0.2], "too few runs"),
        ([], [0.2, 0.2, 0.2], "too few runs"),
    ],
)
def test_second_verdict(
    factorvae: list[float], beta_vae: list[float], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = recipe("figure3.py", monkeypatch)
    assert page["below"]("d", scores(factorvae=factorvae, beta_vae=beta_vae)).verdict == expected


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


def test_a_failed_training_leaves_nothing(workshop: Workshop) -> None:
    workshop.install(fail('"vae" in rest'))
    run = "out/smoke/dsprites/vae/seed_0"
    workshop.make(f"{run}/run.safetensors", status=2)
    assert list((workshop.folder / run).iterdir()) == []


def test_a_figure_without_results_leaves_no_page_of_older_ones(workshop: Workshop) -> None:
    workshop.make("reproduce-figure3", "PROFILE=smoke")
    workshop.install(fail("True"))
    workshop.touch("recipes/smoke/dsprites.flags")
    workshop.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert [file.name for file in (workshop.folder / "out/smoke/figures").iterdir()] == ["figure3.list"]
