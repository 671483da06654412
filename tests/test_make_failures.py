"""What make does when a step fails, with a fake tcvae: it stops, or under `make -k` draws what there is."""

import re
import shutil
import subprocess
import sys

import pytest

from helpers.makefile import FAKE, ROOT, Workshop, failing
from helpers.waiting import PATIENCE, until


def test_what_fails_leaves_no_result(make_folder: Workshop) -> None:
    """Neither a part of one nor an older one."""
    folder = "out/smoke/dsprites/vae/seed_0"
    made = (make_folder.folder / folder).iterdir
    for _ in range(2):
        make_folder.install(FAKE)
        make_folder.make(f"{folder}/method_exact.mig.json")
        assert (make_folder.folder / folder / "method_exact.mig.json").exists()
        make_folder.install(FAKE.replace("note(verb, *rest)", 'verb == "mig" and sys.exit(print("half") or 1)'))
        make_folder.touch(f"{folder}/run.safetensors")
        make_folder.make(f"{folder}/method_exact.mig.json", status=2)
        assert [file.name for file in made() if "exact" in file.name and file.suffix != ".part"] == []


def test_a_sweep_that_gives_way_leaves_what_another_make_writes_meanwhile(make_folder: Workshop) -> None:
    make_folder.install(FAKE.replace("sys.exit(any(", "sys.exit(2 * bool("))
    results = [f"out/smoke/dsprites/vae/seed_0/{name}" for name in ("run.safetensors", "mig.json", "estimate-tc.json")]
    make_folder.make(results[1], status=2)
    assert [(make_folder.folder / result).exists() for result in results] == [True] * 3


@pytest.mark.parametrize("harmless", ["SEEDS=0 1", "-s", "--no-keep-going"])
def test_a_failed_run_stops_make(make_folder: Workshop, harmless: str) -> None:
    make_folder.install(failing('"vae" in flags.values()'))
    make_folder.make("reproduce-figure3", "PROFILE=smoke", harmless, status=2)
    assert not (make_folder.folder / "out/smoke/figures/figure3.md").exists()


@pytest.mark.parametrize("keep", [["-k"], ["-sk", "-j2"], ["--keep-going", "-j2"]])
def test_make_k_draws_what_there_is_and_fails(drawn_folder: Workshop, keep: list[str]) -> None:
    shutil.rmtree(drawn_folder.folder / "out/smoke/dsprites-small/vae")
    drawn_folder.install(failing('"vae" in flags.values()'))
    drawn_folder.make(*keep, "reproduce-figure3", "PROFILE=smoke", status=2)
    first = "out/smoke/dsprites-small/vae/seed_0/mig.json"
    missing = "2 of 10 results are missing", "VAE on dsprites-small, seeds 0-1"
    assert "**{}**: {}.".format(*missing) in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()
    assert f"figures/figure3: {': '.join(missing)}; the first is {first}\n" in drawn_folder.stderr
    assert (drawn_folder.folder / "out/smoke/figures/figure3.png").exists()
    drawn_folder.install(FAKE)
    drawn_folder.make(*keep, "reproduce-figure3", "PROFILE=smoke")
    assert "missing" not in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_goes_on_to_the_next_figure(make_folder: Workshop) -> None:
    recipes = make_folder.folder / "recipes"
    other = (recipes / "figure3.mk").read_text().replace("figure3", "other")
    (recipes / "other.mk").write_text(other.replace("other_settings =", "other_settings = vae/latents_2 #"))
    shutil.copy(recipes / "figure3.py", recipes / "other.py")
    make_folder.install(failing('"2" in flags.values()'))
    make_folder.make("-k", "reproduce-other", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "recipes/other.py: out/smoke/figures/other: has none of its results" in make_folder.stderr
    assert "missing" not in (make_folder.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_takes_no_result_of_older_flags_for_a_new_one(drawn_folder: Workshop) -> None:
    drawn_folder.install(failing('"vae" in flags.values()'))
    (drawn_folder.folder / "recipes/smoke/dsprites.flags").write_text("--architecture mlp --steps 25\n")
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of 10 results are missing**" in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()
    assert (drawn_folder.folder / "out/smoke/dsprites-small/vae/seed_0/run.safetensors.old").exists()
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of 10 results are missing**" in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()


def test_each_figure_fails_at_its_end_if_it_is_not_complete() -> None:
    for recipe in ROOT.glob("recipes/*.mk"):
        for rule in re.findall(r"^reproduce-.*\n(?:\t.*\n)+", recipe.read_text(), re.MULTILINE):
            if recipe.name != "pages.mk":
                assert rule.endswith("\t$(complete)\n") or (rule.count("\n") == 2 and "\t$(call figure," in rule)


def test_a_figure_without_results_leaves_no_page_of_older_ones(drawn_folder: Workshop) -> None:
    drawn_folder.install(failing("True"))
    (drawn_folder.folder / "recipes/smoke/dsprites.flags").write_text("--learning-rate 1e-4\n")
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    left = sorted(file.name for file in (drawn_folder.folder / "out/smoke/figures").iterdir())
    assert left == ["dsprites-small.runs", "figure3.list"]


@pytest.mark.parametrize("goal", ["reproduce-figure3", "out/smoke/dsprites/vae/seed_0/mig.json"])
def test_a_signal_to_make_reaches_the_sweep(make_folder: Workshop, goal: str) -> None:
    make_folder.install(
        FAKE.replace(
            'if verb == "sweep":',
            'if verb == "sweep":\n'
            "    import signal, time\n"
            '    signal.signal(signal.SIGTERM, lambda *_: (open("told", "w").close(), sys.exit(143)))\n'
            '    open("sweeping", "w").close()\n'
            "    time.sleep(300)\n",
        )
    )
    command = ["make", "TCVAE=./fake", f"VENV={sys.prefix}", "PROFILE=smoke", "DATA_SETS=dsprites-small"]
    make = subprocess.Popen([*command, goal], cwd=make_folder.folder, stderr=subprocess.DEVNULL)
    until(lambda: (make_folder.folder / "sweeping").exists() or make.poll() is not None)
    make.terminate()
    assert make.wait(PATIENCE) != 0
    assert (make_folder.folder / "told").exists()
