"""A trained model in Python: images to posteriors and codes to images, as the verbs have them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import read_run
from tcvae_cli.training.trained import Run

CPU = torch.device("cpu")


@pytest.fixture
def run(workshop: Path) -> Run:
    return Run.from_stored(read_run(str(workshop / "run.safetensors")), CPU)


@pytest.fixture
def images(workshop: Path) -> np.ndarray:
    with open_data_set(str(workshop / "tiny.h5")) as data:
        return np.asarray(data.rows(slice(0, 192)))


def test_posteriors_are_those_of_encode(
    tcvae: Callable[..., Any], tmp_path: Path, run: Run, images: np.ndarray
) -> None:
    assert tcvae("encode", "run.safetensors", "-o", str(tmp_path / "codes"))[0] == 0
    codes = read_codes(str(tmp_path / "codes"))
    found = run.posterior(images)
    np.testing.assert_array_equal(found.mean, codes.mean)
    np.testing.assert_array_equal(found.log_std, codes.log_std)
    floats = run.posterior(torch.from_numpy(images / 1.0))
    assert isinstance(floats.mean, torch.Tensor)
    np.testing.assert_array_equal(floats.mean.numpy(), codes.mean)


def test_codes_are_decoded_to_images_of_the_data_sets_shape(run: Run, images: np.ndarray) -> None:
    mean = run.posterior(images[:9]).mean
    decoded = run.decode(mean)
    assert isinstance(decoded, np.ndarray)
    assert decoded.shape == (9, 64, 64)
    assert decoded.min() >= 0
    assert decoded.max() <= 1
    tensor = run.decode(torch.as_tensor(mean))
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_array_equal(tensor.numpy(), decoded)


def test_what_is_not_an_image_or_a_code_is_refused(run: Run, images: np.ndarray) -> None:
    for wrong in (images[0], images[:0], images[:, :32], images + 1, images * np.float32("nan")):
        with pytest.raises(ArgumentError) as caught:
            run.posterior(wrong)
        assert caught.value.where == "images"
    latents = run.settings.latents
    for codes in (np.zeros(latents), np.zeros((2, latents + 1)), np.full((2, latents), np.nan), np.zeros((0, latents))):
        with pytest.raises(ArgumentError) as caught:
            run.decode(codes)
        assert caught.value.where == "z"


def test_what_comes_back_can_be_trained_on(run: Run, images: np.ndarray) -> None:
    layer = torch.nn.Linear(run.settings.latents, 1)
    layer(run.posterior(torch.from_numpy(images[:2] / 1.0)).mean).sum().backward()
    assert layer.weight.grad is not None
