"""What the recipes of figures 2, 4 and 5 and of the ablations plan, with a fake tcvae."""

import re
from pathlib import Path

import pytest

from helpers.makefile import Workshop


@pytest.fixture
def full_folder(tmp_path: Path) -> Workshop:
    """Return a folder with the Makefile and a fake tcvae, for all data sets."""
    return Workshop(tmp_path)


def test_figures_2_and_4_share_their_runs(full_folder: Workshop) -> None:
    listed = full_folder.listed("figure2", "PROFILE=paper", "SEEDS=0")
    assert listed == full_folder.listed("figure4", "PROFILE=paper", "SEEDS=0")
    assert listed == sorted(
        f"paper/{data}/{method}/beta_{beta}/seed_0"
        for data in ("dsprites", "faces")
        for method in ("beta-vae", "beta-tcvae")
        for beta in range(1, 11)
    )
    plan = full_folder.make("-n", "reproduce-figure2", "PROFILE=paper", "SEEDS=0")
    assert re.findall(r"./fake sweep --data out/data/(\w+).h5 .*--architecture (\w+)", plan) == (
        [("dsprites", "mlp"), ("faces", "conv")]
    )


def test_figure_3_is_of_two_data_sets_each_for_as_long_as_its_own(full_folder: Workshop) -> None:
    listed = full_folder.listed("figure3", "PROFILE=laptop", "SEEDS=0")
    settings = ("vae", "beta-vae/beta_4", "infogan/architecture_conv/latents_5/batch-size_64", "factorvae/beta_35")
    settings = (*settings, "beta-tcvae/beta_6")
    longer = {
        "dsprites-small": {"infogan": "/steps_2000", "factorvae": "/steps_2000"},
        "faces-thin": {"infogan": "/steps_800", "factorvae": "/steps_800"},
    }
    assert listed == sorted(
        f"laptop/{data}/{setting}{longer[data].get(setting.split('/')[0], '')}/seed_0"
        for data in longer
        for setting in settings
    )
    alone = full_folder.listed("figure3", "PROFILE=laptop", "SEEDS=0", "DATA_SETS=faces-thin")
    assert alone == listed[5:]


def test_figure_5_trains_on_each_biased_set(full_folder: Workshop) -> None:
    listed = full_folder.listed("figure5", "PROFILE=laptop", "SEEDS=0 1 2")
    assert len(listed) == 4 * 3 * 3
    assert {path.split("/")[1] for path in listed} == {f"faces231-{bias}" for bias in "ABCD"}
    arguments = ("data-reproduce-figure5", "PROFILE=laptop")
    plan = full_folder.make("-n", *arguments)
    assert "./fake prepare faces --identities 1 --lightings 1 -o out/data/faces231.h5" in plan
    assert "./fake subset out/data/faces231.h5 --bias D --factors azimuth,elevation -o out/data/faces231-D.h5" in plan
    theirs = full_folder.make("-n", *arguments, "FACES=theirs.pth")
    assert "./fake prepare faces --source 'theirs.pth' -o out/data/faces-basel.h5" in theirs
    fixed = "--where identity=0 --where lighting=5"
    assert f"./fake subset out/data/faces-basel.h5 {fixed} -o out/data/faces231-basel.h5" in theirs


def test_ablations_add_to_the_runs_of_the_figures(full_folder: Workshop) -> None:
    def listed(name: str) -> set[str]:
        paths = full_folder.listed(name, "PROFILE=paper", "SEEDS=0")
        return {path.removeprefix("paper/dsprites/beta-tcvae") for path in paths}

    figure = listed("figure2")
    names = ("alpha", "flow", "estimators", "batch-size")
    added = {name: listed(f"appendix-{name}") - figure for name in names}
    assert added == {
        "alpha": {f"/beta_{beta}/alpha_0/seed_0" for beta in range(1, 11)},
        "flow": {f"/beta_{beta}/prior_flow/seed_0" for beta in range(1, 11)},
        "estimators": {f"/beta_{beta}/estimator_mss/seed_0" for beta in (2, 4, 6, 10)},
        "batch-size": {f"/beta_6/batch-size_{size}/seed_0" for size in (64, 256, 512, 1024)},
    }


@pytest.mark.parametrize("profile", ["paper", "laptop", "smoke"])
def test_no_batch_size_is_trained_twice(full_folder: Workshop, profile: str) -> None:
    """A path without a batch size has that of the .flags file, which no other path may name again."""
    flags = (Path(__file__).parents[1] / f"recipes/{profile}/dsprites.flags").read_text()
    usual = re.findall(r"--batch-size (\d+)", flags)
    listed = full_folder.listed("appendix-batch-size", f"PROFILE={profile}", "SEEDS=0")
    sizes = [(re.findall(r"batch-size_(\d+)", path) or usual)[0] for path in listed]
    assert len(sizes) == len(set(sizes)) >= 3


@pytest.mark.parametrize("profile", ["paper", "laptop", "smoke"])
def test_every_family_has_flags_for_every_profile(profile: str) -> None:
    folder = Path(__file__).parents[1] / "recipes" / profile
    assert {path.stem for path in folder.glob("*.flags")} >= {"dsprites", "faces", "faces231"}
