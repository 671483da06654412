"""How many runs are new and how long they take: recipes/plan.py."""

import shutil

import pytest

from helpers.makefile import Workshop, recipe


def test_the_plan_comes_before_all_else(make_folder: Workshop) -> None:
    planner = make_folder.folder / "recipes/plan.py"
    planner.write_text(planner.read_text() + '    print("plan", file=open("calls", "a"))\n')
    for parallel in ("-j1", "-j4"):
        make_folder.make("reproduce-figure3", "PROFILE=smoke", "SEEDS=0", parallel)
        verbs = [line.split()[0] for line in (make_folder.folder / "calls").read_text().splitlines()]
        assert verbs[:2] == ["plan", "prepare"]
        assert verbs.count("plan") == 1
        assert "5 of 5 runs are new: about " in make_folder.stderr
        assert "(rate of another machine: " in make_folder.stderr
        shutil.rmtree(make_folder.folder / "out")
        (make_folder.folder / "calls").unlink()


def test_the_plan_goes_by_the_runs_of_this_machine(drawn_folder: Workshop) -> None:
    for file in drawn_folder.folder.glob("out/**/seconds"):
        file.write_text("60\n")
    more = ["reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1 2"]
    drawn_folder.make("-n", *more)
    assert (
        drawn_folder.stderr
        == "5 of 15 runs are new: about 5 min of training (rate of this machine, 10 runs measured)\n"
    )
    drawn_folder.make("-n", "-j5", *more)
    assert "about 1 min of training with -j5" in drawn_folder.stderr
    drawn_folder.make("-n", "reproduce-figure3", "PROFILE=smoke")
    assert drawn_folder.stderr == "0 new runs: all 10 are there\n"
    assert len(drawn_folder.calls("train")) == 10


def test_the_plan_is_no_reason_to_stop(drawn_folder: Workshop) -> None:
    (drawn_folder.folder / "recipes/plan.py").write_text("raise SystemExit('no plan')\n")
    drawn_folder.make("reproduce-figure3", "PROFILE=smoke")
    assert drawn_folder.stderr == "no plan\n"


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
