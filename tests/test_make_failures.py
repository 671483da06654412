"""What make does when a step fails, with a fake tcvae: it stops, or under `make -k` draws what there is."""

import os
import re
import shutil

import pytest

from helpers.makefile import FAKE, ROOT, Workshop, failing


def test_a_failed_encode_leaves_no_score(make_folder: Workshop) -> None:
    make_folder.install(FAKE.replace("content = open(rest[0]).read()", "print(open(rest[0]).read()); sys.exit(1)"))
    folder = "out/smoke/dsprites/vae/seed_0"
    make_folder.make(f"{folder}/mig.json", status=2)
    assert [file.name for file in (make_folder.folder / folder).glob("*.*")] == ["run.safetensors"]


@pytest.mark.parametrize("harmless", ["LAUNCH=env k=-k", "-s", "--no-keep-going"])
def test_a_failed_run_stops_make(make_folder: Workshop, harmless: str) -> None:
    make_folder.install(failing('"vae" in rest'))
    make_folder.make("reproduce-figure3", "PROFILE=smoke", harmless, status=2)
    assert not (make_folder.folder / "out/smoke/figures/figure3.md").exists()


@pytest.mark.parametrize("keep", [["-k"], ["-sk", "-j2"], ["--keep-going", "-j2"]])
def test_make_k_draws_what_there_is_and_fails(drawn_folder: Workshop, keep: list[str]) -> None:
    shutil.rmtree(drawn_folder.folder / "out/smoke/dsprites-small/vae")
    drawn_folder.install(failing('"vae" in rest'))
    drawn_folder.make(*keep, "reproduce-figure3", "PROFILE=smoke", status=2)
    first = "out/smoke/dsprites-small/vae/seed_0/mig.json"
    missing = f"**2 of the results are missing**, the first being `{first}`"
    assert missing in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()
    assert f"figures/figure3: 2 of the results are missing, the first being {first}\n" in drawn_folder.stderr
    assert (drawn_folder.folder / "out/smoke/figures/figure3.png").exists()
    drawn_folder.install(FAKE)
    drawn_folder.make(*keep, "reproduce-figure3", "PROFILE=smoke")
    assert "missing" not in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_goes_on_to_the_next_figure(make_folder: Workshop) -> None:
    recipes = make_folder.folder / "recipes"
    other = (recipes / "figure3.mk").read_text().replace("figure3", "other").replace("FIGURE3", "OTHER")
    (recipes / "other.mk").write_text(other.replace("other_settings =", "other_settings = vae/latents_2 #"))
    shutil.copy(recipes / "figure3.py", recipes / "other.py")
    make_folder.install(failing('"2" in rest'))
    make_folder.make("-k", "reproduce-other", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "recipes/other.py: out/smoke/figures/other: has none of its results" in make_folder.stderr
    assert "missing" not in (make_folder.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_takes_no_result_of_older_flags_for_a_new_one(drawn_folder: Workshop) -> None:
    drawn_folder.install(failing('"vae" in rest'))
    os.utime(drawn_folder.folder / "recipes/smoke/dsprites.flags")
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()
    assert (drawn_folder.folder / "out/smoke/dsprites-small/vae/seed_0/run.safetensors.old").exists()
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (drawn_folder.folder / "out/smoke/figures/figure3.md").read_text()


@pytest.mark.parametrize("verb", ["train", "encode"])
def test_a_launcher_that_hides_a_failure_does_not_hide_it_from_make(make_folder: Workshop, verb: str) -> None:
    launch = make_folder.folder / "launch"  # as srun does when its node dies
    launch.write_text(f'#!/bin/sh\ncase "$*" in *" {verb} "*) exit 0; esac\nexec "$@"\n')
    launch.chmod(0o755)
    folder = "out/smoke/dsprites/vae/seed_0"
    make_folder.make(f"{folder}/mig.json", "LAUNCH=./launch", status=2)
    assert f"{folder}/{'run.safetensors' if verb == 'train' else 'mig.json'}] Error 1" in make_folder.stderr
    make_folder.make(f"{folder}/mig.json")


def test_each_figure_fails_at_its_end_if_it_is_not_complete() -> None:
    for recipe in ROOT.glob("recipes/*.mk"):
        for rule in re.findall(r"^reproduce-.*\n(?:\t.*\n)+", recipe.read_text(), re.MULTILINE):
            if recipe.name != "pages.mk":
                assert rule.endswith("\t$(complete)\n") or (rule.count("\n") == 2 and "\t$(call figure," in rule)


def test_a_figure_without_results_leaves_no_page_of_older_ones(drawn_folder: Workshop) -> None:
    drawn_folder.install(failing("True"))
    drawn_folder.touch("recipes/smoke/dsprites.flags")
    drawn_folder.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert [file.name for file in (drawn_folder.folder / "out/smoke/figures").iterdir()] == ["figure3.list"]
