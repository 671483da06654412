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
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.tensors import tensors_to_bytes
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.verbs.inputs import run_in
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


def test_runs_that_do_not_tell_show_nothing_as_inactive(tcvae: Verb, tmp_path: Path) -> None:
    without = {"mean_share": None}
    old = rewritten(tmp_path / "old", lambda final: {k: v for k, v in final.items() if k not in without})
    checkpoint = rewritten(tmp_path / "checkpoint", lambda final: None)
    assert walk(old).active is None
    assert walk(checkpoint).active is None
    assert np.isnan(walk(checkpoint).kl).all()
    plain, choosy = (tcvae("traverse", old, "--frames", "3", *more)[1] for more in ((), ("--active", "0.99")))
    assert plain == choosy


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
        ({"data": "tiny.h5"}, "data: is only read with image"),
        ({"image": 192}, "image: there is no image 192; choose from 0 to 191"),
        ({"image": -1}, "image: there is no image -1"),
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
    with pytest.raises(ArgumentError, match=r"cannot draw a \.bmp file; end the name in \.png, \.gif, \.safetensors"):
        tcvae_cli.save(found, tmp_path / "walk.bmp")
    assert not (tmp_path / "walk.bmp").exists()
