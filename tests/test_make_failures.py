"""What make does when a step fails, with a fake tcvae: it stops, or under `make -k` draws what there is."""

import os
import re
import shutil
from pathlib import Path

import pytest

from helpers.makefile import FAKE, ROOT, Workshop, draw_figure3, failing
from helpers.once import once


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, "DATA_SETS=dsprites-small")


@pytest.fixture
def drawn(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop in which figure 3 of the smoke profile is finished."""
    return Workshop(tmp_path, "DATA_SETS=dsprites-small", like=once(tmp_path_factory, "figure3", draw_figure3))


def test_a_failed_encode_leaves_no_score(workshop: Workshop) -> None:
    workshop.install(FAKE.replace("content = open(rest[0]).read()", "print(open(rest[0]).read()); sys.exit(1)"))
    folder = "out/smoke/dsprites/vae/seed_0"
    workshop.make(f"{folder}/mig.json", status=2)
    assert [file.name for file in (workshop.folder / folder).glob("*.*")] == ["run.safetensors"]


@pytest.mark.parametrize("harmless", ["LAUNCH=env k=-k", "-s", "--no-keep-going"])
def test_a_failed_run_stops_make(workshop: Workshop, harmless: str) -> None:
    workshop.install(failing('"vae" in rest'))
    workshop.make("reproduce-figure3", "PROFILE=smoke", harmless, status=2)
    assert not (workshop.folder / "out/smoke/figures/figure3.md").exists()


@pytest.mark.parametrize("keep", [["-k"], ["-sk", "-j2"], ["--keep-going", "-j2"]])
def test_make_k_draws_what_there_is_and_fails(drawn: Workshop, keep: list[str]) -> None:
    shutil.rmtree(drawn.folder / "out/smoke/dsprites-small/vae")
    drawn.install(failing('"vae" in rest'))
    drawn.make(*keep, "reproduce-figure3", "PROFILE=smoke", status=2)
    first = "out/smoke/dsprites-small/vae/seed_0/mig.json"
    missing = f"**2 of the results are missing**, the first being `{first}`"
    assert missing in (drawn.folder / "out/smoke/figures/figure3.md").read_text()
    assert f"figures/figure3: 2 of the results are missing, the first being {first}\n" in drawn.stderr
    assert (drawn.folder / "out/smoke/figures/figure3.png").exists()
    drawn.install(FAKE)
    drawn.make(*keep, "reproduce-figure3", "PROFILE=smoke")
    assert "missing" not in (drawn.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_goes_on_to_the_next_figure(workshop: Workshop) -> None:
    recipes = workshop.folder / "recipes"
    other = (recipes / "figure3.mk").read_text().replace("figure3", "other").replace("FIGURE3", "OTHER")
    (recipes / "other.mk").write_text(other.replace("other_settings =", "other_settings = vae/latents_2 #"))
    shutil.copy(recipes / "figure3.py", recipes / "other.py")
    workshop.install(failing('"2" in rest'))
    workshop.make("-k", "reproduce-other", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "recipes/other.py: out/smoke/figures/other: has none of its results" in workshop.stderr
    assert "missing" not in (workshop.folder / "out/smoke/figures/figure3.md").read_text()


def test_make_k_takes_no_result_of_older_flags_for_a_new_one(drawn: Workshop) -> None:
    drawn.install(failing('"vae" in rest'))
    os.utime(drawn.folder / "recipes/smoke/dsprites.flags")
    drawn.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (drawn.folder / "out/smoke/figures/figure3.md").read_text()
    assert (drawn.folder / "out/smoke/dsprites-small/vae/seed_0/run.safetensors.old").exists()
    drawn.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert "**2 of the results are missing**" in (drawn.folder / "out/smoke/figures/figure3.md").read_text()


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


def test_a_figure_without_results_leaves_no_page_of_older_ones(drawn: Workshop) -> None:
    drawn.install(failing("True"))
    drawn.touch("recipes/smoke/dsprites.flags")
    drawn.make("-k", "reproduce-figure3", "PROFILE=smoke", status=2)
    assert [file.name for file in (drawn.folder / "out/smoke/figures").iterdir()] == ["figure3.list"]
