"""`walk` in Python: arrays of a run's decoder, what is known of each latent, and files that hold a walk."""

import dataclasses
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch

import tcvae_cli
from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.figures.pages.walk_parts import notes
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.headers import CodesHeader, DataHeader
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.tensors import tensors_to_bytes
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.progress import TcvaeWarning
from tcvae_cli.verbs.inputs import run_in
from tcvae_cli.verbs.latents_told import most_told
from tcvae_cli.verbs.walk import walk, walk_bytes

Verb = Callable[..., tuple[int, bytes, str]]
SHARES = [0.9, 0.02, 0.0, 0.011, 0.01, 0.5, 0.3, 1.0, 0.004, 0.2]


def rewritten(path: Path, final: Callable[[dict[str, Any]], dict[str, Any] | None]) -> str:
    """Write the workshop's run with another `final` to a path, and return the path."""
    run = read_run("run.safetensors")
    header = dataclasses.replace(run.header, final=final(dict(run.header.final or {})))
    path.write_bytes(tensors_to_bytes(header.record(), run.tensors))
    return str(path)


def test_a_walk_is_what_the_decoder_draws(tcvae: Verb) -> None:
    found = walk("run.safetensors", extent=(-1, 3), frames=5)
    assert isinstance(found.frames, np.ndarray)
    assert found.frames.shape == (10, 5, 64, 64)
    assert found.values.tolist() == [-1, 0, 1, 2, 3]
    assert sorted(found.latents) == list(range(10))
    assert list(found.kl) == sorted(found.kl, reverse=True)
    assert found.start == "from the prior mean"
    assert found.original is found.reconstruction is None
    run = run_in("run.safetensors", "cpu")
    for row, latent in enumerate(found.latents):
        code = torch.zeros(5, 10)
        code[:, latent] = torch.tensor([-1.0, 0, 1, 2, 3])
        np.testing.assert_allclose(found.frames[row], run.decode(code), atol=1e-6)


def test_a_walk_from_an_image_starts_at_its_code(tcvae: Verb) -> None:
    found = walk("run.safetensors", image=7, data=Path("tiny.h5"), latent=[4], frames=3)
    assert found.latents == (4,)
    assert found.frames.shape == (1, 3, 64, 64)
    assert found.original is not None
    assert found.reconstruction is not None
    assert found.original.shape == found.reconstruction.shape == (64, 64)
    assert set(np.unique(found.original)) == {0, 1}
    codes = safetensors.numpy.load_file("run_codes.safetensors")["mean"][7]
    code = torch.from_numpy(np.tile(codes, (3, 1)))
    code[:, 4] = torch.tensor([-2.0, 0, 2])
    np.testing.assert_allclose(found.frames[0], run_in("run.safetensors", "cpu").decode(code), atol=1e-4)


def test_a_loaded_run_can_be_walked_in_any_order(tcvae: Verb) -> None:
    run = run_in("run.safetensors", "cpu")
    first, image, again = walk(run), walk(run, image=0), walk("run.safetensors")
    np.testing.assert_array_equal(first.frames, again.frames)
    assert (image.frames != first.frames).any()


def test_latents_are_active_by_the_share_that_the_run_remembers(tcvae: Verb, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "run", lambda final: {**final, "mean_share": SHARES})
    for least in (0.01, 0.25):
        found = walk(path, active=least, frames=3)
        assert found.active == tuple(SHARES[latent] > least for latent in found.latents)
    status, picture, errors = tcvae("traverse", path, "--frames", "3", "--active", "0.25")
    assert (status, picture) == (0, walk_bytes(found, ".png")), errors
    assert picture != tcvae("traverse", path, "--frames", "3")[1]


def test_runs_that_do_not_tell_show_nothing_as_inactive_without_images(tcvae: Verb, tmp_path: Path) -> None:
    without = {"mean_share": None}
    old = rewritten(tmp_path / "old", lambda final: {k: v for k, v in final.items() if k not in without})
    checkpoint = rewritten(tmp_path / "checkpoint", lambda final: None)
    assert walk(old, named=False).active is None
    assert walk(checkpoint, named=False).active is None
    assert np.isnan(walk(checkpoint, named=False).kl).all()


def test_images_tell_of_a_checkpoint_what_the_run_remembers(tcvae: Verb, tmp_path: Path) -> None:
    whole = walk("run.safetensors", frames=3)
    seen = walk(rewritten(tmp_path / "checkpoint", lambda final: None), frames=3)  # of all 192 images, as the run
    assert (seen.latents, seen.active, seen.factors) == (whole.latents, whole.active, whole.factors)
    assert seen.sample == 192
    np.testing.assert_allclose(seen.kl, whole.kl, rtol=1e-3)
    assert any("KL and order are those of 192 images" in note for note in notes(seen, moving=False))


def test_a_checkpoint_whose_images_are_not_here_says_why_it_has_no_order(tcvae: Verb, tmp_path: Path) -> None:
    run = read_run("run.safetensors")
    moved = dataclasses.replace(run.header, final=None, data=dataclasses.replace(run.header.data, path="gone.h5"))
    (tmp_path / "moved").write_bytes(tensors_to_bytes(moved.record(), run.tensors))
    status, picture, errors = tcvae("traverse", str(tmp_path / "moved"), "--frames", "3")
    assert status == 0
    assert "note: latents are not named by factors, as the data set of the run is not here" in errors
    with pytest.warns(TcvaeWarning, match="latents are not named by factors"):
        found = walk(tmp_path / "moved", frames=3)
    assert picture == walk_bytes(found, ".png")
    assert found.latents == tuple(range(10))
    assert any("which stand in their own order" in note for note in notes(found, moving=False))


def test_latents_are_named_by_the_factor_that_they_tell_most_of() -> None:
    draw = np.random.default_rng(0)
    classes = np.stack(
        [*(draw.integers(0, size, 2000) for size in (4, 3, 50)), np.arange(2000), np.zeros(2000)], axis=1
    )
    mean = np.stack([classes[:, 2] / 10, classes[:, 1] + 0.1 * classes[:, 0], draw.normal(size=2000)], axis=1)
    names = ("shape", "scale", "posX", "number", "colour")
    described = DataHeader(factor_names=names, scored_factors=("scale", "posX"), rows=2000)
    codes = Codes.of(mean, np.full(mean.shape, -2.0), classes.astype(int))
    codes = dataclasses.replace(codes, header=CodesHeader(data=described))
    assert most_told(codes) == ["posX", "scale", ""]
    alike = dataclasses.replace(codes, factor_classes=np.zeros_like(codes.factor_classes))
    assert most_told(alike) is None


def test_several_images_give_an_axis_in_front(tcvae: Verb, tmp_path: Path) -> None:
    single = [walk("run.safetensors", image=row, frames=3, latent=[2, 5]) for row in (7, 100)]
    found = walk("run.safetensors", image=[7, 100], frames=3, latent=[2, 5])
    for name in ("frames", "original", "reconstruction", "own"):
        np.testing.assert_allclose(getattr(found, name), np.stack([getattr(one, name) for one in single]), atol=1e-4)
    codes = safetensors.numpy.load_file("run_codes.safetensors")["mean"][[7, 100]]
    np.testing.assert_allclose(found.own, codes[:, found.latents], atol=1e-4)
    assert (found.start, found.images) == ("from images 7 and 100", (7, 100))
    flags, output = (
        ("--image", "7", "--image", "100", "--frames", "3", "--latent", "z2", "--latent", "5"),
        tmp_path / "w",
    )
    for extension in (".safetensors", ".svg"):
        assert tcvae("traverse", "run.safetensors", *flags, "-o", f"{output}{extension}")[0] == 0
        assert Path(f"{output}{extension}").read_bytes() == walk_bytes(found, extension)
    with safetensors.safe_open(f"{output}.safetensors", "np") as file:
        assert json.loads(file.metadata()["tcvae"])["images"] == [7, 100]


def test_all_latents_are_drawn_if_asked_for(tcvae: Verb, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "run", lambda final: {**final, "mean_share": SHARES})
    folded, whole = walk(path, frames=3), walk(path, frames=3, latent="all")
    assert folded.latents == whole.latents
    assert any(note.startswith("3 unused: z2, z4, z8 (") for note in notes(folded, moving=False))
    assert any(note.startswith("pale: unused") for note in notes(whole, moving=False))
    assert tcvae("traverse", path, "--frames", "3", "--latent", "all")[1] == walk_bytes(whole, ".png")


def test_a_run_whose_numbers_are_not_of_its_latents_is_refused(tcvae: Verb, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "run", lambda final: {**final, "mean_share": [0.5]})
    with pytest.raises(TcvaeError, match="has 10 latents and 1 numbers under 'mean_share'"):
        walk(path)


@pytest.mark.parametrize("extension", [".png", ".gif", ".safetensors"])
def test_the_verb_writes_what_python_does(tcvae: Verb, tmp_path: Path, extension: str) -> None:
    output = tmp_path / f"walk{extension}"
    assert tcvae("traverse", "run.safetensors", "--frames", "3", "--latent", "z2", "-o", str(output))[0] == 0
    found = walk("run.safetensors", frames=3, latent=[2])
    assert output.read_bytes() == walk_bytes(found, extension)
    tcvae_cli.save(found, tmp_path / f"saved{extension}")
    assert (tmp_path / f"saved{extension}").read_bytes() == output.read_bytes()
    if extension == ".safetensors":
        arrays = safetensors.numpy.load_file(output)
        np.testing.assert_array_equal(arrays["frames"], found.frames)
        with safetensors.safe_open(str(output), "np") as file:
            header = json.loads(file.metadata()["tcvae"])
        assert header["kind"] == "traversal"
        assert header["settings"] == read_run("run.safetensors").header.settings


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"extent": (1, 1)}, "extent: is from 1 to 1"),
        ({"frames": 1}, "frames: is 1"),
        ({"active": 2}, "active: is 2"),
        ({"image": 192}, "image: there is no image 192; choose from 0 to 191"),
        ({"image": -1}, "image: there is no image -1"),
        ({"image": [3, 192]}, "image: there is no image 192"),
        ({"image": []}, "image: is 0; give"),
        ({"latent": [3, 10]}, "latent: there is no latent 10; choose from z0 to z9"),
        ({"latent": "z12"}, "latent: there is no latent z12; choose from z0 to z9"),
        ({"latent": ["y3"]}, "latent: there is no latent y3"),
    ],
)
def test_what_cannot_be_walked(tcvae: Verb, options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ArgumentError, match=fault):
        walk("run.safetensors", **options)


def test_images_of_another_shape_are_refused_by_all_who_look_at_them(tcvae: Verb, tmp_path: Path) -> None:
    description = Description("small", 4, (32, 32), "binary", (), (), (), "made by a test")
    write_data_set(tmp_path / "small.h5", Source(description, iter([np.zeros((4, 32, 32), dtype=np.uint8)])))
    run, data = "run.safetensors", tmp_path / "small.h5"
    for look in (tcvae_cli.encode, tcvae_cli.sample_run, functools.partial(tcvae_cli.match_walks, run)):
        with open_data_set(data) as opened:
            for given in (data, opened):
                with pytest.raises(TcvaeError, match="its images are 32 x 32, the run takes 64 x 64; name the run's"):
                    look(run, data=given)


def test_a_walk_is_not_saved_as_what_it_cannot_be(tcvae: Verb, tmp_path: Path) -> None:
    found = walk("run.safetensors", frames=2, latent=[0])
    with pytest.raises(ArgumentError, match=r"cannot make a \.mp4 film; end the name in \.webp"):
        tcvae_cli.save(found, tmp_path / "walk.mp4")
    with pytest.raises(ArgumentError, match=r"cannot draw a \.bmp file; end the name in \.png, \.gif, \.webp"):
        tcvae_cli.save(found, tmp_path / "walk.bmp")
    assert not (tmp_path / "walk.bmp").exists()
