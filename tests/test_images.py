"""Pixels in memory and from the file are the same pixels; networks of every size take them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch.distributions import Normal

from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.writer import Source, write_data_set
from tcvae_cli.machine import memory_budget
from tcvae_cli.models.likelihoods import gaussian_log_likelihood
from tcvae_cli.models.networks import CONV_WIDTHS
from tcvae_cli.models.vae import build_vae
from tcvae_cli.training.images import StoredImages, load_images, rows_shuffled_together, unpack_bits
from tcvae_cli.verbs.train import train

CPU = torch.device("cpu")
Verb = Callable[..., Any]


def write_colour(path: Path, side: int = 32, rows: int = 60) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (rows, side, side, 3), dtype=np.uint8)
    none: tuple[str, ...] = ()
    description = Description("noise", rows, (side, side, 3), "rgb", none, (), none, "drawn at random")
    empty = np.empty((rows, 0))
    write_data_set(path, Source(description, iter([pixels]), empty.astype(np.int64), empty))


def rechunked(source: Path, target: Path) -> None:
    """Return a copy whose images are in chunks of seven."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        for name, value in old.attrs.items():
            new.attrs[name] = value
        for name in old:
            if name != "imgs":
                old.copy(name, new)
        new.create_dataset("imgs", data=old["imgs"][:], chunks=(7, *old["imgs"].shape[1:]), compression="gzip")


@pytest.mark.parametrize("kind", ["binary", "rgb"])
def test_stored_images_are_the_images(workshop: Path, tmp_path: Path, kind: str) -> None:
    write_colour(tmp_path / "colour.h5")
    rechunked(workshop / "tiny.h5" if kind == "binary" else tmp_path / "colour.h5", tmp_path / "data.h5")
    with open_data_set(str(tmp_path / "data.h5")) as data:
        whole, stored = load_images(data), load_images(data, 20, block_bytes=1)
        assert isinstance(stored, StoredImages)
        assert stored.block_rows == 7
        for rows in (slice(3, 40), torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))[:50]):
            assert torch.equal(stored.batch(rows, CPU), whole.batch(rows, CPU))
        assert len(stored.blocks) <= stored.most_blocks
        order = stored.order(torch.Generator().manual_seed(1))
        assert torch.equal(order.sort().values, torch.arange(len(whole)))
        assert not torch.equal(order, stored.order(torch.Generator().manual_seed(2)))
        for batch in order.split(5):  # near one another in the file
            assert len((batch // 7).unique()) <= 2 * stored.group_blocks


def test_what_fits_in_memory_is_shuffled_whole(workshop: Path) -> None:
    with open_data_set(str(workshop / "tiny.h5")) as data:
        assert rows_shuffled_together(data, 192 * 512) is None
        assert rows_shuffled_together(data, 192 * 512 - 1) is not None


def test_training_from_disk_resumes_to_the_same_bytes(tcvae: Verb, tmp_path: Path) -> None:
    rechunked(Path("small.h5"), tmp_path / "small.h5")
    whole, resumed, checkpoint = (str(tmp_path / name) for name in ("whole", "resumed", "checkpoint"))
    data, told = str(tmp_path / "small.h5"), list[str]()
    kept = {"checkpoint": checkpoint, "checkpoint_every": 3}
    chunks = {"block_bytes": 1}  # of one chunk, so that a tiny data set has many
    train(data, memory="12K", batch_size=40, steps=7, output=whole, note=told.append, **kept, **chunks)
    assert "stay on disk" in told[0]
    assert read_run(whole).header.settings["shuffle_rows"] < 192
    train(resume=checkpoint, memory="4G", output=resumed, note=told.append, **chunks)
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()


def test_biased_data_must_fit_in_memory(tcvae: Verb, tmp_path: Path) -> None:
    status, _, errors = tcvae("train", "--data", "biased.h5", "--memory", "1K", "-o", str(tmp_path / "run"))
    assert (status, errors.count("\n")) == (2, 1)
    assert "--memory" in errors


@pytest.mark.parametrize(("text", "size"), [("500M", 500 << 20), ("4g", 4 << 30), ("1K", 1024)])
def test_sizes(text: str, size: int) -> None:
    assert memory_budget(text) == size
    assert memory_budget() > 1 << 20


@pytest.mark.parametrize("text", ["", "4", "G", "-1G", "0M", "1.5G", "4GB", "viel"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="memory: is "):
        memory_budget(text)


@pytest.mark.parametrize("side", CONV_WIDTHS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_convolutional_networks_of_every_size(side: int, channels: int, likelihood: str) -> None:
    vae = build_vae("conv", 6, (channels, side, side), 0, likelihood=likelihood)
    batch = torch.rand(3, channels, side, side, generator=torch.Generator().manual_seed(0))
    mean, log_std = vae.posterior(batch)
    assert mean.shape == log_std.shape == (3, 6)
    logits = vae.logits(mean)
    assert logits.shape == batch.shape
    assert vae.log_likelihood(batch, logits).shape == (3,)


def test_gaussian_likelihood_is_that_of_torch_distributions() -> None:
    images, means = torch.rand(2, 4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    log_std = torch.tensor(-1.2)
    wanted = Normal(means, log_std.exp()).log_prob(images).flatten(1).sum(1)
    torch.testing.assert_close(gaussian_log_likelihood(images, means, log_std), wanted)


@pytest.mark.parametrize("side", [32, 128])
def test_a_learned_standard_deviation_fits_colour_images(tcvae: Verb, tmp_path: Path, side: int) -> None:
    write_colour(tmp_path / "colour.h5", side)
    run, flags = str(tmp_path / "run"), ("--batch-size", "30", "--steps", "12", "--learning-rate", "0.02")
    data = ("--data", str(tmp_path / "colour.h5"), "--likelihood", "gaussian", "--objective", "vae")
    assert tcvae("train", *data, *flags, "-o", run)[0] == 0
    assert read_run(run).header.settings["architecture"] == "conv"
    assert float(read_run(run).tensors["pixel_log_std"]) < -0.1
    assert tcvae("encode", run, "-o", str(tmp_path / "codes"))[0] == 0
    assert tcvae("traverse", run, "--image", "3", "-o", str(tmp_path / "walk.png"))[0] == 0


def test_bits_unpack_on_a_device_as_in_numpy() -> None:
    packed = np.random.default_rng(0).integers(0, 256, (5, 9), dtype=np.uint8)
    wanted = np.unpackbits(packed, axis=1, count=70)
    assert np.array_equal(unpack_bits(torch.from_numpy(packed), 70).numpy(), wanted)
