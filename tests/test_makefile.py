"""The Makefile, with a fake tcvae: the path is the command line, and only what is missing is made."""

import re
import shutil

import pytest

from helpers.makefile import ROOT, Workshop


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        ("vae/seed_0", "--objective vae --seed 0"),
        ("beta-tcvae/beta_6/seed_3", "--objective beta-tcvae --beta 6 --seed 3"),
        ("beta-tcvae/alpha_0/estimator_mss/seed_3", "--objective beta-tcvae --alpha 0 --estimator mss --seed 3"),
        ("beta-vae/batch-size_256/learning-rate_1e-4", "--objective beta-vae --batch-size 256 --learning-rate 1e-4"),
    ],
)
def test_the_path_is_the_command_line(make_folder: Workshop, path: str, flags: str) -> None:
    recipe = (ROOT / "recipes/paper/dsprites.flags").read_text().strip()
    run = f"out/paper/dsprites/{path}/run.safetensors"
    make_folder.make(run)
    given, wanted = (dict(re.findall("(--[a-z-]+) ([^ ]+)", text)) for text in (f"{recipe} {flags}", flags))
    (trained,) = make_folder.calls("train")
    assert dict(re.findall("(--[a-z-]+) ([^ ]+)", trained)) == given
    assert make_folder.calls("sweep") == [f"sweep --data out/data/dsprites.h5 {recipe} -o out/paper/dsprites --from -"]
    assert wanted.items() <= given.items()


def test_results_stand_beside_their_run(make_folder: Workshop) -> None:
    folder = "out/smoke/dsprites/beta-vae/beta_4/seed_0"
    make_folder.make(f"{folder}/mig.json")
    files = sorted(file.name for file in (make_folder.folder / folder).iterdir())
    assert files == ["estimate-tc.json", "mig.json", "run.safetensors"]
    assert (make_folder.folder / "out/data/dsprites.h5").exists()
    assert make_folder.make(f"{folder}/mig.json") == f"make: '{folder}/mig.json' is up to date.\n"


def test_a_new_seed_trains_only_new_runs(drawn_folder: Workshop) -> None:
    drawn_folder.trained()
    drawn_folder.make("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1")
    assert drawn_folder.trained() == []
    drawn_folder.make("reproduce-figure3", "PROFILE=smoke", "SEEDS=0 1 2")
    assert drawn_folder.trained() == [
        "smoke/dsprites-small/beta-tcvae/beta_6/seed_2",
        "smoke/dsprites-small/beta-vae/beta_4/seed_2",
        "smoke/dsprites-small/factorvae/beta_35/steps_48/seed_2",
        "smoke/dsprites-small/infogan/architecture_conv/latents_5/batch-size_64/steps_48/seed_2",
        "smoke/dsprites-small/vae/seed_2",
    ]


def test_new_flags_retrain_only_their_profile_and_data_set(make_folder: Workshop) -> None:
    shutil.copy(make_folder.folder / "recipes/smoke/dsprites.flags", make_folder.folder / "recipes/smoke/faces.flags")
    runs = [f"out/{path}/vae/seed_0/run.safetensors" for path in ("smoke/dsprites", "smoke/faces", "laptop/dsprites")]
    make_folder.make(*runs)
    make_folder.trained()
    (make_folder.folder / "recipes/smoke/faces.flags").write_text("--steps 7\n")
    make_folder.touch("recipes/smoke/faces.flags")
    make_folder.make(*runs)
    assert make_folder.trained() == ["smoke/faces/vae/seed_0"]


def test_all_figures_that_are_asked_for_share_one_sweep(make_folder: Workshop) -> None:
    both = sorted({*make_folder.listed("figure2", "PROFILE=smoke"), *make_folder.listed("figure3", "PROFILE=smoke")})
    make_folder.make("sweep-reproduce-figure2", "sweep-reproduce-figure3", "PROFILE=smoke")
    assert len(make_folder.calls("sweep")) == 1
    assert make_folder.trained() == both
    assert set(both) < set(make_folder.listed("all", "PROFILE=smoke"))


def test_a_share_is_a_part_of_the_runs(make_folder: Workshop) -> None:
    """And nothing is drawn, by a target that only trains."""
    runs, parts = make_folder.listed("figure3", "PROFILE=smoke"), []
    for share in ("1/3", "2/3", "3/3"):
        make_folder.make("sweep-reproduce-figure3", "PROFILE=smoke", f"SHARE={share}")
        parts.append(make_folder.trained())
    assert parts == [runs[number::3] for number in range(3)]
    assert make_folder.listed("figure3", "PROFILE=smoke", "SHARE=2/3") == parts[1]
    assert not list((make_folder.folder / "out/smoke/figures").glob("figure3*"))


def test_data_can_be_made_alone(make_folder: Workshop) -> None:
    make_folder.make("data-reproduce-figure3", "PROFILE=smoke")
    assert sorted(file.name for file in (make_folder.folder / "out").glob("*/*")) == (
        ["dsprites-small.h5", "dsprites.h5"]
    )
    make_folder.make("-q", "data-reproduce-figure3", "PROFILE=smoke")


def test_codes_are_made_where_more_is_measured_than_a_sweep_does(make_folder: Workshop) -> None:
    make_folder.make("-n", "sweep-reproduce-appendix-metric-L", "reproduce-appendix-representations", "PROFILE=smoke")
    make_folder.make("-k", "reproduce-appendix-representations", "PROFILE=smoke", "SEEDS=0", status=2)
    assert len(make_folder.calls("encode")) == len(make_folder.calls("score")) == 5
    codes = "out/smoke/dsprites-small/beta-tcvae/beta_6/seed_0/codes.safetensors"
    flags = "--measure higgins,kim-mnih --train 500 --test 200 --format json"
    assert make_folder.calls("score")[0] == f"score {codes} {flags}"


def test_figure3_leaves_lines_picture_and_page(drawn_folder: Workshop) -> None:
    figures = drawn_folder.folder / "out/smoke/figures"
    assert len((figures / "figure3.jsonl").read_text().splitlines()) == 10
    assert (figures / "figure3.png").read_text() == "plot\n"
    page = (figures / "figure3.md").read_text()
    assert "| dsprites (rendered) |  | none | 0-1 |" in page
    assert page.count("**too few runs**") == 5  # four claims, the first of which is also what the page begins with
    assert "| beta-TCVAE (6) | 2 | 0.060 | 0.065 | 0.070 |" in page


def test_thousands_of_runs_fit_no_command_line_and_need_none(make_folder: Workshop) -> None:
    seeds = f"SEEDS={' '.join(map(str, range(1000)))}"
    lines = make_folder.make("-n", "reproduce-figure3", "PROFILE=smoke", seeds).splitlines()
    assert max(map(len, lines)) < 1000
    assert len((make_folder.folder / "out/smoke/figures/dsprites-small.runs").read_text().split()) == 5000


def test_a_second_demo_only_reads_the_results_again(make_folder: Workshop) -> None:
    assert "1/5" in make_folder.make("demo")
    again = make_folder.make("demo")
    assert "1/5" not in again
    assert again.endswith("\nNow open out/demo/page.html in a browser: each slider moves one latent.\n")
    calls = [len(make_folder.calls(verb)) for verb in ("prepare", "subset", "train", "encode", "report", "mig")]
    assert calls == [1, 1, 1, 1, 1, 2]


def test_help_is_the_default_and_names_every_target(make_folder: Workshop) -> None:
    listed = make_folder.make()
    for target in ("help", "demo", "test", "check", "wheel", "clean", "reproduce-figure3"):
        assert f"\n  {target} " in listed


def test_set_up_starts_from_nothing(make_folder: Workshop) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, make_folder.folder)
    plan = make_folder.make("-n", "test", "VENV=.venv", "TCVAE=.venv/bin/tcvae", "PYTHON=python3")
    steps = [f"tools/install.sh 'python3' .venv {part}\n" for part in ("tcvae", "dev")] + [".venv/bin/pytest -n 2"]
    assert [plan.index(step) for step in steps] == sorted(plan.index(step) for step in steps)


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("PROFILE=laptpo", "PROFILE=laptpo is none: give paper, laptop or smoke"),
        ("PROFILE=*", "PROFILE=* is none"),
        ("PROFILE=laptop smoke", "PROFILE=laptop smoke is none"),
        ("PROFILE=../recipes/laptop", "PROFILE=../recipes/laptop is none"),
        ("SEEDS=", "SEEDS is empty"),
        ("SEEDS=0,1", "SEEDS=0,1: give whole numbers"),
        ("SEEDS=0 -1", "SEEDS=0 -1: give whole numbers"),
        ("SEEDS=*", "SEEDS=*: give whole numbers"),
        ("SEEDS=0'; touch out; '", "SEEDS=0'; touch out; ': give whole numbers"),
        ("SEEDS=0\n1", "SEEDS=0 1: give whole numbers"),
        ("SHARE=0/3", "SHARE=0/3: give a share such as SHARE=3/8"),
        ("SHARE=10/9", "SHARE=10/9: give a share such as SHARE=3/8"),
        ("DATA_SETS=faces; touch out", "DATA_SETS=faces; touch out: give names"),
        ("VENV=it's", "VENV=it's: give names"),
        ("FACES=faces\ttouch out\n", "FACES=faces\ttouch out : give the path of a file"),
    ],
)
def test_wrong_variables_stop_make_at_once(make_folder: Workshop, variable: str, said: str) -> None:
    make_folder.make("reproduce-figure3", variable, status=2)
    assert said in make_folder.stderr
    assert not (make_folder.folder / "out").exists()


def test_any_name_of_a_file_is_one_word(make_folder: Workshop) -> None:
    name = 'it\'s; touch out * "$$(touch out)`touch out`" a,b)c(#d.tar'
    home = make_folder.make("-n", "FACES=~/it's.pth", "out/data/faces-basel.h5")
    assert "--source ~/'it'\\''s.pth' " in home
    variables = [f"{variable}={name}" for variable in ("FACES", "CHAIRS", "CELEBA", "ATTRIBUTES")]
    make_folder.make(*variables, *(f"out/data/{data}.h5" for data in ("faces-basel", "chairs", "celeba")))
    meant = name.replace("$$", "$")
    assert make_folder.calls("prepare") == [
        f"prepare faces --source {meant} -o out/data/faces-basel.h5",
        f"prepare chairs --colour --source {meant} -o out/data/chairs.h5",
        f"prepare celeba --source {meant} --labels {meant} -o out/data/celeba.h5",
    ]
